#!/usr/bin/env bats
# anet daytime: the line it serves, and the client that asks for it.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # eval is meant, each test is a function, load sets

bats_require_minimum_version 1.5.0
load ../lib/helpers

daytime() {
  serve daytime anet daytime "$@" 0
}

# The whole answer of the server, to be compared byte for byte.
ask() {
  socat -t10 -T10 -u "TCP:${address[daytime]}" - >"$T/answer"
}

# The answer is what Python makes of one of the last seconds, with CRLF: is_time EXPRESSION, `t`
# being the second.
is_time() {
  "$PYTHON" -c '
import sys, time
answer = open(sys.argv[1], "rb").read()
now = int(time.time())
expected = [(eval(sys.argv[2]) + "\r\n").encode() for t in range(now - 3, now + 1)]
assert answer in expected, (answer, expected[-1])
' "$T/answer" "$1"
}

# --- the server ---

@test "the line has the format of ctime and ends in CRLF, then the server closes" {
  daytime
  ask
  is_time 'time.ctime(t)'
}

@test "the line is the local time" {
  export TZ=Asia/Kathmandu
  daytime
  ask
  is_time 'time.ctime(t)'
  not env TZ=UTC0 "$PYTHON" -c 'import sys, time; sys.exit(time.ctime()[:16] not in open(sys.argv[1]).read())' "$T/answer"
}

@test "--utc serves UTC in another time zone" {
  TZ=Asia/Kathmandu daytime --utc
  ask
  is_time 'time.asctime(time.gmtime(t))'
}

@test "--format writes the time in another way" {
  daytime --utc --format '%FT%TZ'
  ask
  is_time 'time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(t))'
}

@test "a format with too long a result is refused, an empty one gives an empty line" {
  local format
  format=$(printf '%%c%.0s' {1..400})
  run --separate-stderr anet daytime --format "$format" 0
  [ "$status" -eq 2 ]
  [ -z "$output" ]
  [[ ${stderr_lines[0]} == "anet: daytime: --format '%c%c"*"': the result is empty or too long" ]]
  daytime --format ''
  ask
  [ "$(od -An -c <"$T/answer" | tr -d ' ')" = '\r\n' ]
}

@test "a client that talks first still gets the line" {
  daytime --format '%Y'
  local year
  year=$(date +%Y)
  run peer client talks-first "${address[daytime]}" 100000 50
  [ "$status" -eq 0 ]
  [ "$output" = "$(yes "b'$year\\r\\n'" | head -n 50)" ] || show "$output"
}

@test "a client that never stops sending is disconnected" {
  daytime -v
  start client peer client pushes "${address[daytime]}" 4000000000000
  prints client '^cut after [0-9]+$'
  logs daytime 'ended from '
}

@test "each connection is logged" {
  daytime
  ask
  logs daytime '^anet: daytime: connected from 127\.0\.0\.1:[0-9]+$'
  [ "$(wc -l <"$T/daytime.err")" -eq 1 ]
}

@test "one server listens on several addresses" {
  serve daytime anet daytime --format same 0 "unix:$T/socket" 127.0.0.2:0
  within 10 test -n "$(line_of daytime 3)"
  for where in "TCP:${address[daytime]}" "UNIX-CONNECT:$T/socket" "TCP:$(line_of daytime 3)"; do
    [ "$(socat -t10 -T10 -u "$where" -)" = $'same\r' ]
  done
}

@test "the help names the default ports" {
  run anet daytime --help
  [[ $output == *"127.0.0.1:8888"* ]]
  [[ $output == *"port is 13"* ]]
}

@test "without an address it serves on 8888 of the loopback" {
  start daytime anet daytime --once
  # Another program may use the port: then it says so.
  said() { [ -s "$T/daytime.out" ] || [ -s "$T/daytime.err" ]; }
  within 10 said
  [ "$(cat "$T/daytime.out")" = 127.0.0.1:8888 ] ||
    [ "$(cat "$T/daytime.err")" = "anet: daytime: listen on 127.0.0.1:8888: address already in use" ]
}

@test "--once serves one, closes the door at once and exits 0" {
  daytime --once
  ask
  is_time 'time.ctime(t)'
  ends daytime 10
  [ "$status" -eq 0 ]
}

@test "SIGTERM ends it, exit 0" {
  daytime
  tell TERM daytime
  ends daytime 10
  [ "$status" -eq 0 ]
  [ ! -s "$T/daytime.err" ]
}

# --- the client ---

@test "the client prints the line of anet's own server" {
  daytime
  anet daytime -c "${address[daytime]}" >"$T/answer"
  [ "$(wc -l <"$T/answer")" -eq 1 ]
  sed -i 's/$/\r/' "$T/answer"
  is_time 'time.ctime(t)'
}

@test "the client prints the line of any server, with the end of line that is usual here" {
  serve other peer server greet 'Thursday, June 12'
  run --separate-stderr anet daytime -c "${address[other]}"
  [ "$status" -eq 0 ]
  [ "$output" = 'Thursday, June 12' ]
  [ -z "$stderr" ]
}

@test "the client shows a server's escape sequences escaped" {
  serve evil peer server greet $'noon\e[2J\a'
  [ "$(anet daytime -c "${address[evil]}")" = 'noon\x1b[2J\x07' ]
}

@test "the client's default port is 13" {
  run --separate-stderr anet daytime --timeout 2s -c 127.0.0.254
  [ "$status" -eq 7 ]
  [ "$stderr" = "anet: daytime: connect 127.0.0.254:13: connection refused" ] || show "$stderr"
}

@test "the client's exit code tells what failed" {
  serve refused peer server refuses
  serve full peer server full
  serve silent peer server silent
  serve empty peer server ends
  serve reset peer server resets-at-once 5
  serve long peer server early 100000
  daytime
  fails() {
    local expected=$1 words=$2
    shift 2
    run --separate-stderr anet daytime "$@"
    [ "$status" -eq "$expected" ] || show "$* gave $status"
    [ -z "$output" ]
    [[ $stderr == "anet: daytime: $words"* ]] || show "$stderr"
    [ "${#stderr_lines[@]}" -eq 1 ]
  }
  fails 6 'resolve nosuch.invalid: ' -c nosuch.invalid
  fails 7 "connect ${address[refused]}: connection refused" -c "${address[refused]}"
  for _ in {1..10}; do
    fails 28 "connect ${address[full]}: " --timeout 50ms -c "${address[full]}"
  done
  fails 28 "receive from ${address[silent]}: " --timeout 200ms -c "${address[silent]}"
  fails 56 "receive from ${address[reset]}: connection reset by peer" -c "${address[reset]}"
  fails 56 "receive from ${address[long]}: the answer is longer than " -c "${address[long]}"
  fails 52 "receive from ${address[empty]}: empty answer" -c "${address[empty]}"
  run timeout 20 bash -c '"$0" daytime -c "$1" 2>&1 >/dev/full' "$ANET" "${address[daytime]}"
  [ "$status" -eq 23 ]
  [ "$output" = "anet: daytime: write stdout: no space left on device" ]
  run timeout 20 bash -c '"$0" daytime -c "$1" 2>&1 >&-' "$ANET" "${address[daytime]}"
  [ "$status" -eq 23 ]
  [[ $output == "anet: daytime: write stdout: "* ]]
}
