#!/usr/bin/env bats
# anet forward in front of real programs, and of peers that behave badly.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # eval is meant, each test is a function, load sets

bats_require_minimum_version 1.5.0
load ../lib/helpers

# anet forward in front of ${address[target]}, with these options.
forward() {
  serve front anet forward "$@" 0 "${address[target]}"
}

# --- real programs ---

@test "curl gets the same page through the forwarder" {
  mkdir "$T/site"
  head -c 3000000 /dev/urandom >"$T/site/page"
  start web "$PYTHON" -u -m http.server --bind 127.0.0.1 --directory "$T/site" 0
  prints web 'port [0-9]+'
  address[target]=127.0.0.1:$(sed -n 's/.* port \([0-9]*\) .*/\1/p' "$T/web.out")
  forward
  curl --silent --show-error --max-time 20 "http://${address[front]}/page" -o "$T/page"
  cmp "$T/page" "$T/site/page"
}

@test "git clones a repository through the forwarder" {
  export HOME=$T GIT_CONFIG_NOSYSTEM=1
  git init -q -b main "$T/repo"
  head -c 2000000 /dev/urandom >"$T/repo/file"
  git -C "$T/repo" add file
  git -C "$T/repo" -c user.name=a -c user.email=a@example.com commit -qm first
  start daemon socat "UNIX-LISTEN:$T/git.sock,fork" \
    "EXEC:git daemon --inetd --export-all --base-path=$T"
  within 10 test -S "$T/git.sock"
  address[target]=unix:$T/git.sock
  forward
  timeout 30 git clone -q "git://${address[front]}/repo" "$T/clone"
  cmp "$T/clone/file" "$T/repo/file"
}

@test "redis-cli talks to its server through the forwarder" {
  start redis redis-server --port 0 --unixsocket "$T/redis.sock" --save '' --dir "$T"
  within 10 test -S "$T/redis.sock"
  address[target]=unix:$T/redis.sock
  forward
  redis() { timeout 30 redis-cli -h 127.0.0.1 -p "$(port_of front)" "$@"; }
  [ "$(redis set name value)" = OK ]
  [ "$(redis get name)" = value ]
  head -c 500000 /dev/urandom | base64 -w0 >"$T/big"
  redis -x set big <"$T/big"
  [ "$(redis strlen big)" = "$(wc -c <"$T/big")" ]
  redis get big | cmp - <(cat "$T/big" && echo)
  seq -f 'SET key:%.0f value' 5000 | redis --pipe | grep -q 'errors: 0, replies: 5000'
}

# --- addresses ---

@test "every LISTEN leads to its own TARGET" {
  serve one peer server greet one
  serve two peer server greet two
  serve front anet forward 0 "${address[one]}" 127.0.0.1:0 "${address[two]}"
  within 10 test -n "$(line_of front 2)"
  [ "$(socat -t10 -T10 - "TCP:$(line_of front 1)" </dev/null)" = one ]
  [ "$(socat -t10 -T10 - "TCP:$(line_of front 2)" </dev/null)" = two ]
}

@test "a unix socket leads to a TCP port, a TCP port to a unix socket, an abstract one to another" {
  local abstract=@anet-test-$BASHPID
  serve tcp peer server echo
  serve path peer server echo "unix:$T/target"
  serve abstract peer server echo "unix:$abstract-target"
  serve front anet forward "unix:$T/front" "${address[tcp]}" 0 "unix:$T/target" \
    "unix:$abstract" "unix:$abstract-target"
  [ "$(line_of front 1)" = "unix:$T/front" ]
  [ "$(line_of front 3)" = "unix:$abstract" ]
  [ "$(echo a | socat -t10 -T10 - "UNIX-CONNECT:$T/front")" = a ]
  [ "$(echo b | socat -t10 -T10 - "TCP:$(line_of front 2)")" = b ]
  [ "$(echo c | socat -t10 -T10 - "ABSTRACT-CONNECT:${abstract#@}")" = c ]
  tell TERM front
  ends front 10
  [ "$status" -eq 0 ]
  [ ! -e "$T/front" ]
}

@test "a name, [::1] and every interface can be listened on" {
  has_ipv6 || skip "this machine has no IPv6"
  serve target peer server greet hello
  serve front anet forward localhost:0 "${address[target]}" '[::1]:0' "${address[target]}" \
    :0 "localhost:$(port_of target)"
  local where
  while read -r where; do
    where=${where/#'[::]'/127.0.0.1}
    if [[ $where == \[* ]]; then where=TCP6:$where; else where=TCP4:$where; fi
    [ "$(socat -t10 -T10 - "$where" </dev/null)" = hello ]
  done <"$T/front.out"
  grep -qF '[::1]:' "$T/front.out"
}

# --- both directions end on their own ---

@test "a half-closed client still gets the whole answer" {
  serve target peer server late 1000011 300
  forward
  run peer client half-close "${address[front]}" 100000 5
  [ "$status" -eq 0 ]
  [ "$output" = "$(yes "1000011 $(sum_of 1000011 1) end" | head -n 5)" ]
  [ "$(sed 1d "$T/target.out")" = "$(yes "100000 $(sum_of 100000 0) end" | head -n 5)" ]
}

@test "a server that ends first still gets all that the client sends after" {
  serve target peer server early 1000011
  forward
  run peer client answers-late "${address[front]}" 3000000
  [ "$output" = "1000011 $(sum_of 1000011 1) end" ]
  prints target "^3000000 $(sum_of 3000000 0) end$"
}

@test "a client that only ends its side gets the answer of a server that waits for the end" {
  serve target peer server late 10 0
  serve front anet forward "unix:$T/front" "${address[target]}"
  run peer client half-close "unix:$T/front" 0 1
  [ "$output" = "10 $(sum_of 10 1) end" ]
}

@test "--half-close-timeout ends a connection whose other half goes on" {
  serve target peer server silent
  forward -v --half-close-timeout 200ms
  run peer client half-close "${address[front]}" 10 1
  [ "$status" -eq 0 ]
  logs front 'ended .* received 10 sent 0 .* reason half-close timeout$'
}

# --- resets ---

@test "a client's reset reaches the server, after what the client sent before" {
  serve target peer server observe
  forward
  peer client resets "${address[front]}" 20000 20
  within 10 eval '[ "$(grep -c "20000 reset" "$T/target.out")" -eq 20 ]' ||
    show "$(sort "$T/target.out" | uniq -c)"
}

@test "a server's reset reaches the client, after what the server sent before" {
  serve target peer server resets 20000
  forward
  for _ in 1 2 3 4 5; do
    run peer client observe "${address[front]}"
    [ "$output" = "20000 $(sum_of 20000 1) reset" ] || show "$output"
  done
}

@test "data and a reset from a server that was sent nothing are passed on" {
  serve target peer server resets-at-once 5
  forward -q
  for _ in 1 2 3; do
    run peer client listens "${address[front]}" 300
    [ "$output" = "$(yes "5 $(sum_of 5 1) reset" | head -n 300)" ] || show "$(sort <<<"$output" | uniq -c)"
  done
}

# --- back-pressure ---

@test "a server that does not read blocks the client in little memory, and gets everything later" {
  serve target peer server stalls
  forward
  start client peer client pushes "${address[front]}" 400000000
  within 30 grep -q 'blocked after' "$T/client.out"
  sanitized || [ "$(memory_of front)" -lt 8192 ] || show "$(memory_of front) kB"
  rests front
  tell USR1 target
  tell KILL client
  local sent
  sent=$(grep -oE '[0-9]+' "$T/client.out")
  prints target "^$sent $(sum_of "$sent" 0) end$"
}

@test "a client that does not read blocks the server, in little memory" {
  serve target peer server pushes 400000000
  forward
  start client peer client pushes "${address[front]}" 1
  within 30 grep -q 'blocked after' "$T/target.out"
  sanitized || [ "$(memory_of front)" -lt 8192 ] || show "$(memory_of front) kB"
  rests front
}

# --- sizes ---

@test "one byte at a time goes through as it comes" {
  serve target peer server echo
  forward
  run peer client drip "${address[front]}" 3000
  [ "$output" = "3000 came back one by one" ]
}

@test "a message in two halves goes through without a pause" {
  serve target peer server wholes 200
  forward
  run peer client halves "${address[front]}" 200 100
  # With Nagle's algorithm the second half waits 40 ms for an acknowledgement of the first.
  [[ $output =~ ^"100 rounds in "([0-9]+)" ms"$ ]]
  [ "${BASH_REMATCH[1]}" -lt 2500 ] || show "$output"
}

@test "256 MiB in both directions at once arrive whole" {
  local size=$((256 * 1024 * 1024))
  serve target peer server both "$size"
  forward
  run peer client both "${address[front]}" "$size"
  [ "$output" = "$size $(sum_of "$size" 1) end" ]
  prints target "^$size $(sum_of "$size" 0) end$"
}

@test "50 connections at once each get their own bytes" {
  serve target peer server echo
  forward
  seq 200000 >"$T/sent"
  local n jobs=()
  for n in {1..50}; do
    (sed "s/$/-$n/" "$T/sent" | socat -t20 -T20 - "TCP:${address[front]}" | cksum >"$T/sum.$n") 3>&- &
    jobs+=($!)
  done
  wait "${jobs[@]}"
  for n in {1..50}; do
    [ "$(cat "$T/sum.$n")" = "$(sed "s/$/-$n/" "$T/sent" | cksum)" ]
  done
}

# --- targets that are not there ---

@test "a target that refuses resets the client and is logged" {
  serve target peer server refuses
  forward
  start client peer client holds "${address[front]}"
  prints client '^reset after'
  logs front "^anet: forward: connect ${address[target]}: connection refused$"
  [ "$(wc -l <"$T/front.err")" -eq 1 ]
}

@test "the first client after a target's address has changed gets to the new one" {
  ! sanitized || skip "a sanitizer must be loaded first"
  local shim=${UNIT_TESTS:-$BATS_TEST_DIRNAME/../../build/tests}/fail_call.so
  serve old peer server greet old
  local port
  port=$(port_of old)
  echo 127.0.0.1 >"$T/moves"
  MOVES=$T/moves LD_PRELOAD=$shim serve front anet forward 0 "moves.test:$port"
  [ "$(socat -t10 -T10 - "TCP:${address[front]}" </dev/null)" = old ]
  tell KILL old
  ends old 10
  serve new peer server greet new "127.0.0.2:$port"
  echo 127.0.0.2 >"$T/moves"
  for _ in 1 2 3; do
    [ "$(socat -t10 -T10 - "TCP:${address[front]}" </dev/null)" = new ]
  done
  [ ! -s "$T/front.err" ] || ! grep -v 'connected from' "$T/front.err"
}

@test "a target that comes up later is found" {
  serve front anet forward -q 0 "unix:$T/later"
  run peer client observe "${address[front]}"
  [[ $output == "0 "* ]]
  serve later peer server greet here "unix:$T/later"
  [ "$(socat -t10 -T10 - "TCP:${address[front]}" </dev/null)" = here ]
}

@test "a target name that does not resolve is an error at once, exit 6" {
  run --separate-stderr anet forward 0 nosuch.invalid:80
  [ "$status" -eq 6 ]
  [ -z "$output" ]
  [ "${#stderr_lines[@]}" -eq 1 ]
  [[ ${stderr_lines[0]} == "anet: forward: resolve nosuch.invalid: "* ]]
}

@test "a target that does not answer is given up after --connect-timeout" {
  serve target peer server full
  forward --connect-timeout 300ms
  start client peer client holds "${address[front]}"
  logs front "^anet: forward: connect ${address[target]}: .*timed out"
  prints client '^(end|reset) after (2[5-9][0-9]|[3-9][0-9]{2}|[1-9][0-9]{3}) ms$'
}

# --- dead and idle peers ---

@test "TCP keep-alive watches both sides, and asks within two minutes" {
  serve target peer server echo
  forward
  start client peer client asks "${address[front]}"
  prints client hello
  # In /proc/net/tcp: timer 02 is keep-alive, and the time it has left is in hundredths of a second.
  watched() {
    local port where timer rest seen=0
    port=$(printf '%04X' "$2")
    while read -r _ where timer rest; do
      [[ $where == *":$port" && $timer == 02:* ]] || continue
      timer=${timer#*:}
      [ "$((16#$timer))" -le 12000 ] && seen=1
    done < <(awk -v side="$1" '$4 == "01" { print $1, $side, $6 }' /proc/net/tcp)
    [ "$seen" -eq 1 ]
  }
  within 10 watched 2 "$(port_of front)"
  within 10 watched 3 "$(port_of target)"
}

@test "--idle-timeout closes an idle connection, not one in use" {
  serve target peer server echo
  forward -v --idle-timeout 1s
  start busy peer client busy "${address[front]}" 2500
  run peer client asks "${address[front]}"
  [ "${lines[0]}" = hello ]
  [ "${lines[1]}" = reset ]
  logs front 'ended .* received 6 sent 6 .* reason idle$'
  prints busy '^was served$'
}

# --- the end of the server ---

@test "SIGTERM closes the listener at once and waits for what is in flight" {
  serve target peer server late 1000011 800
  forward
  start client peer client half-close "${address[front]}" 1000 1
  logs front 'connected'
  tell TERM front
  logs front 'stopping, still open: connections 1$'
  run socat -t5 -T5 - "TCP:${address[front]}"
  [[ $output == *"Connection refused"* ]]
  ends front 10
  [ "$status" -eq 0 ]
  prints client "^1000011 $(sum_of 1000011 1) end$"
}

@test "SIGINT with nothing in flight ends it at once, exit 0" {
  serve target peer server echo
  forward --grace 1m
  tell INT front
  ends front 10
  [ "$status" -eq 0 ]
}

@test "a connection that takes longer than --grace is cut, exit 0" {
  serve target peer server silent
  forward -v --grace 300ms
  start client peer client holds "${address[front]}"
  prints target 'holds 1'
  tell TERM front
  ends front 10
  [ "$status" -eq 0 ]
  grep -q 'reason grace period over$' "$T/front.err"
  prints client '^(end|reset) after'
}

@test "a second signal ends it at once, exit 0" {
  serve target peer server silent
  forward --grace 1m
  start client peer client holds "${address[front]}"
  prints target 'holds 1'
  tell TERM front
  logs front stopping
  not gone "${pid[front]}"
  tell INT front
  ends front 10
  [ "$status" -eq 0 ]
}

# --- limits ---

@test "with --max-conns new connections wait until one ends" {
  serve target peer server echo
  forward --max-conns 2
  start first peer client asks "${address[front]}"
  start second peer client asks "${address[front]}"
  prints first hello
  prints second hello
  logs front 'connection limit reached, new ones wait: connections 2$'
  start third peer client asks "${address[front]}"
  run timeout 1 tail -f --pid="${pid[third]}" "$T/third.out"
  [ -z "$output" ]
  tell KILL first
  prints third hello
}

@test "200 clients with 64 descriptors are all served, with little CPU and few log lines" {
  serve target peer server echo
  serve front bash -c 'ulimit -n 64 && exec "$@"' - "$ANET" forward 0 "${address[target]}"
  local began=$SECONDS
  run peer client crowd "${address[front]}" 200 2000
  [ "$output" = "200 served" ]
  local lines cpu
  lines=$(grep -vc ' connected from ' "$T/front.err")
  cpu=$(cpu_of front)
  [ "$lines" -ge 1 ]
  [ "$lines" -le $((SECONDS - began + 2)) ] || show "$(grep -v ' connected from ' "$T/front.err")"
  sanitized || [ "$cpu" -lt 50 ] || show "$cpu hundredths of a second of CPU"
}

# --- the log and the counters ---

@test "each connection is logged, its end only with -v, and neither with -q" {
  serve target peer server late 5 0
  forward -v
  peer client half-close "${address[front]}" 7 1
  local client='127\.0\.0\.1:[0-9]+' target=${address[target]//./\\.}
  logs front "^anet: forward: connected from $client to $target$"
  logs front "^anet: forward: ended from $client to $target received 7 sent 5 seconds 0\.[0-9]{3} reason both ended$"
  [ "$(wc -l <"$T/front.err")" -eq 2 ]

  serve plain anet forward 0 "${address[target]}"
  peer client half-close "${address[plain]}" 7 1
  serve quiet anet forward -q 0 "${address[target]}"
  peer client half-close "${address[quiet]}" 7 1
  tell TERM plain
  tell TERM quiet
  ends plain 10
  ends quiet 10
  [[ $(cat "$T/plain.err") =~ ^"anet: forward: connected from "[0-9.:]+" to ${address[target]}"$ ]]
  [ ! -s "$T/quiet.err" ]
}

@test "--log-format=json gives an object a line" {
  serve target peer server late 5 0
  forward -v --log-format=json
  peer client half-close "${address[front]}" 7 1
  logs front '"ended"'
  "$PYTHON" -c '
import json, sys
connected, ended = map(json.loads, sys.stdin)
assert connected["event"] == "connected" and connected["level"] == "info", connected
assert connected["to"] == ended["to"] == sys.argv[1], connected
assert connected["from"] == ended["from"], ended
assert (ended["received"], ended["sent"], ended["reason"]) == (7, 5, "both ended"), ended
' "${address[target]}" <"$T/front.err"
}

@test "SIGUSR1 logs the counters, even with -q" {
  serve target peer server late 5 0
  forward -q
  peer client half-close "${address[front]}" 7 3
  counted() {
    tell USR1 front
    logs front "counters"
    tail -n 1 "$T/front.err" |
      grep -qE '^anet: forward: counters open 0 accepted 3 failed 0 received 21 sent 15 seconds [0-9]+$'
  }
  within 10 counted || show "$(cat "$T/front.err")"
}

# --- --once ---

@test "--once serves one connection and exits with its result" {
  serve good peer server late 5 0
  serve reset peer server resets 5
  serve refused peer server refuses
  serve full peer server full
  once() {
    address[target]=${address[$1]}
    forward --once --connect-timeout 200ms
    peer client "${@:3:1}" "${address[front]}" "${@:4}"
    ends front 10
    [ "$status" -eq "$2" ] || show "$1: $status"
  }
  once good 0 half-close 10 1
  once reset 56 observe
  once refused 7 observe
  once full 28 observe
}

# --- what it cannot do ---

@test "a busy port is one line and exit 1, and nothing else is left listening" {
  serve target peer server echo
  run --separate-stderr anet forward "unix:$T/first" "${address[target]}" \
    "${address[target]}" "${address[target]}"
  [ "$status" -eq 1 ]
  [ -z "$output" ]
  [ "$stderr" = "anet: forward: listen on ${address[target]}: address already in use" ] || show "$stderr"
  [ ! -e "$T/first" ]
}

@test "a unix socket in use is refused, a stale one replaced" {
  serve live peer server echo "unix:$T/live"
  run --separate-stderr anet forward "unix:$T/live" 127.0.0.1:9
  [ "$status" -eq 1 ]
  [ "$stderr" = "anet: forward: listen on unix:$T/live: address already in use" ] || show "$stderr"
  tell KILL live
  ends live 10
  serve target peer server greet new
  serve front anet forward "unix:$T/live" "${address[target]}"
  [ "$(socat -t10 -T10 - "UNIX-CONNECT:$T/live" </dev/null)" = new ]
}

@test "a unix path that is too long is refused" {
  local long
  long=unix:/tmp/$(printf 'x%.0s' {1..120})
  for where in "$long 127.0.0.1:9" "0 $long"; do
    # shellcheck disable=SC2086
    run --separate-stderr anet forward $where
    [ "$status" -eq 2 ]
    [ -z "$output" ]
    [[ ${stderr_lines[0]} == "anet: forward: address 'unix:/tmp/xxx"* ]]
  done
}

@test "stdout that is closed or full is exit 23" {
  run timeout 20 bash -c '"$0" forward 0 127.0.0.1:9 2>&1 >&-' "$ANET"
  [ "$status" -eq 23 ]
  [[ $output == "anet: forward: write stdout: "* ]]
  run timeout 20 bash -c '"$0" forward 0 127.0.0.1:9 2>&1 >/dev/full' "$ANET"
  [ "$status" -eq 23 ]
  [ "$output" = "anet: forward: write stdout: no space left on device" ]
}
