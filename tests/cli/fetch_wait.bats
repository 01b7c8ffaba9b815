#!/usr/bin/env bats
# What anet fetch waits for, how long, and when it tries again.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # eval is meant, each test is a function, load sets

bats_require_minimum_version 1.5.0
load ../lib/fetch_helpers

# MILLISECONDS MILLISECONDS COMMAND...: it takes no less and no more than these. The second is far
# more than it should need, since others may have the machine.
takes() {
  local from=$1 to=$2 begun
  shift 2
  begun=${EPOCHREALTIME/[.,]/}
  "$@"
  local spent=$(((${EPOCHREALTIME/[.,]/} - begun) / 1000))
  ((spent >= from && spent <= to)) || show "$spent ms"
}

# --- names and connections ---

@test "a name that does not resolve is 6, and the error names it" {
  fails 6 'nothing\.invalid' http://nothing.invalid/
  fails 6 'nothing\.invalid' nothing.invalid /
}

@test "a refused connection is 7, and the error says where" {
  serve none peer server refuses
  fails 7 "${address[none]}: connection refused" "http://${address[none]}/"
  fails 7 "${address[none]}: connection refused" "${address[none]}" /
}

@test "--connect-timeout ends the wait for a connection with 28" {
  serve full peer server full
  takes 300 15000 fails 28 'timed out' --connect-timeout 300ms "http://${address[full]}/"
}

@test "--stall-timeout ends the wait for a response, or for more of it, with 28" {
  serve silent peer server silent
  takes 300 15000 fails 28 'timed out|nothing' --stall-timeout 300ms "http://${address[silent]}/"
  script
  mkdir "$T/came"
  takes 300 15000 fails 28 'timed out|nothing' --stall-timeout 300ms -o "$T/came/file" "$url/?size=1000&stall=500"
  has_only came
}

@test "--stall-timeout does not end a slow transfer, and --timeout does" {
  script
  mkdir "$T/came"
  takes 2200 20000 anet fetch --stall-timeout 2s -o "$T/came/file" "$url/?size=48&drip=50"
  bytes 48 | cmp - "$T/came/file"
  rm "$T/came/file"
  takes 300 15000 fails 28 'timed out|took' --timeout 300ms -o "$T/came/file" "$url/?size=1000&drip=50"
  has_only came
}

@test "--stall-timeout does not count while the reader of stdout stalls" {
  script
  bytes 3000000 >"$T/bytes"
  timeout 20 "$ANET" fetch --stall-timeout 1s "$url/?size=3000000" | {
    read -rt 1.5 _ <&"$never" || true
    cmp - "$T/bytes"
  }
  [ "${PIPESTATUS[0]}" -eq 0 ]
}

@test "--stall-timeout ends an upload that the server does not read" {
  serve silent peer server silent
  bytes 20000000 >"$T/file"
  takes 300 15000 fails 28 'timed out|nothing' --stall-timeout 300ms -T "$T/file" "http://${address[silent]}/"
}

# --- trying again ---

@test "--retry retries after 503, with growing delays, at most N times" {
  script
  takes 150 5000 anet fetch --retry 2 --retry-delay 100ms -o "$T/file" "$url/a?status=503,503,200"
  [ "$(cat "$T/file")" = hello ]
  [ "$(asked)" -eq 3 ]
  fails 22 503 -q --retry 1 --retry-delay 10ms "$url/b?status=503,503,200"
  [ "$(asked)" -eq 5 ]
  [ "$(anet fetch --retry 3 --retry-delay 10ms -w '%{num_retries}' "$url/c?status=429,500,502,200")" = $'hello\n3' ]
}

@test "a failure that would repeat is not retried" {
  script
  fails 22 404 --retry 3 --retry-delay 10ms "$url/a?status=404,200"
  fails 22 401 --retry 3 --retry-delay 10ms "$url/b?status=401,200"
  fails 22 501 --retry 3 --retry-delay 10ms "$url/c?status=501,200"
  [ "$(asked)" -eq 3 ]
  serve raw peer raw_replies
  fails 56 length --retry 3 --retry-delay 10ms "http://${address[raw]}/two-lengths/x"
}

@test "Retry-After is waited for" {
  script
  takes 1000 8000 anet fetch --retry 1 --retry-delay 10ms -o "$T/file" "$url/?status=503,200&field=Retry-After:1"
  [ "$(cat "$T/file")" = hello ]
}

@test "--retry waits for a server that is not there yet" {
  start fetch anet fetch --retry 100 --retry-delay 20ms -w '%{num_retries}' --unix-socket "$T/socket" http://host/
  # It has been tried once, since that has been said.
  logs fetch 'no such file'
  serve script peer web_script "$T/asked" "unix:$T/socket"
  ends fetch 20
  [ "$status" -eq 0 ]
  [ "$(head -n 1 "$T/fetch.out")" = hello ]
  [ "$(tail -n 1 "$T/fetch.out")" -ge 1 ]
  serve none peer server refuses
  takes 30 5000 fails 7 refused -q --retry 2 --retry-delay 30ms "http://${address[none]}/"
}

@test "a cut body is retried if nothing of it was written to a pipe" {
  script
  mkdir "$T/came"
  anet fetch --retry 1 --retry-delay 10ms -o "$T/came/file" "$url/?size=100000&cut=70000,"
  bytes 100000 | cmp - "$T/came/file"
  has_only came file
  [ "$(asked)" -eq 2 ]
  run --separate-stderr anet fetch --retry 3 --retry-delay 10ms "$url/?body=0123456789&cut=4,"
  [ "$status" -eq 18 ]
  [ "$output" = 0123 ]
  [ "$(asked)" -eq 3 ]
  # Nothing was said yet: this can be had once more.
  [ "$(anet fetch --retry 3 --retry-delay 10ms "$url/x?body=0123456789&cut=0,")" = 0123456789 ]
}

@test "with -c a retry resumes the partial file" {
  script
  anet fetch -c --retry 2 --retry-delay 10ms -o "$T/file" "$url/?body=0123456789&tag=a&cut=4,"
  [ "$(cat "$T/file")" = 0123456789 ]
  [ "$(sent Range)" = bytes=4- ]
}

@test "a request the server may have acted on is not sent again (RFC 9110 9.2.2)" {
  script
  run --separate-stderr anet fetch -d x=1 --retry 3 --retry-delay 10ms -o "$T/file" "$url/?size=100&cut=50,"
  [ "$status" -eq 18 ]
  [ "$(asked)" -eq 1 ]
  # PUT twice is PUT once.
  anet fetch -T "$T/script.out" --retry 3 --retry-delay 10ms -o "$T/file" "$url/x?size=100&cut=50,"
  [ "$(asked)" -eq 3 ]
}

@test "a POST redirected to a host that refuses is retried, as it was not sent there" {
  script
  serve none peer server refuses
  run --separate-stderr anet fetch -d x=1 --retry 2 --retry-delay 10ms -w '%{num_retries}' \
    "$url/?status=307&to=http://${address[none]}/"
  [ "$status" -eq 7 ] || show "$status" "$stderr"
  [ "$output" = 2 ]
  [ "$(asked)" -eq 1 ]
}

# --- several addresses ---

# SCRIPT [ARGUMENT]...: bash runs it in a network and with a hosts file of its own.
in_own_network() {
  [ "$(id -u)" -eq 0 ] || skip 'not root'
  unshare --net --mount true 2>/dev/null || skip 'no namespaces'
  printf '127.0.0.1 localhost\n' >"$T/hosts"
  export T PYTHON ANET PEERS=$BATS_TEST_DIRNAME/../peers
  timeout 60 unshare --net --mount bash -euc '
    ip link set lo up
    mount --bind "$T/hosts" /etc/hosts
    listen() { # NAME COMMAND...: it runs, and $at is its address
      "$PYTHON" "$PEERS/$2.py" "${@:3}" >"$T/$1.out" 2>"$T/$1.err" &
      until [ -s "$T/$1.out" ]; do
        kill -0 $!
        read -rt 0.02 _ <>"$T/never" || true
      done
      read -r at <"$T/$1.out"
    }
    trap "kill \$(jobs -p) 2>/dev/null || true" EXIT
    '"$1" -- "${@:2}"
}

# $T/spent has the milliseconds of several runs in order. None took less than this.
spends_at_least() {
  [ "$(head -n 1 "$T/spent")" -ge "$1" ] || show "$(cat "$T/spent")"
}

# The quickest took no more: the others may have waited for the processor.
spends_at_best() {
  [ "$(head -n 1 "$T/spent")" -le "$1" ] || [ -n "$ANET_SANITIZED" ] || show "$(cat "$T/spent")"
}

@test "if IPv6 leads nowhere, a host is reached by IPv4 within 0.4 s (RFC 8305)" {
  in_own_network '
    # What goes to a network of lo but to its own address comes back there, and is dropped.
    ip -6 address add 2001:db8::1/64 dev lo nodad
    printf "2001:db8::dead two.example\n127.0.0.1 two.example\n" >>/etc/hosts
    getent ahosts two.example | head -n 1 | grep -q 2001:db8::dead
    listen script web_script "$T/asked" 127.0.0.1:8080
    for _ in {1..8}; do
      begun=${EPOCHREALTIME/[.,]/}
      "$ANET" fetch -w "%{remote_ip}\n" http://two.example:8080/ >>"$T/responses"
      echo $(((${EPOCHREALTIME/[.,]/} - begun) / 1000))
    done | sort -n >"$T/spent"'
  yes $'hello\n127.0.0.1' | head -n 16 | cmp - "$T/responses"
  # Both were tried, each time.
  spends_at_least 200
  spends_at_best 400
}

@test "if no address of a host can be connected, the error names all of them" {
  in_own_network '
    printf "::1 two.example\n127.0.0.1 two.example\n127.0.0.2 two.example\n" >>/etc/hosts
    "$ANET" fetch http://two.example:8080/ 2>"$T/error" && exit 1 || echo $? >"$T/code"'
  [ "$(cat "$T/code")" = 7 ]
  [ "$(wc -l <"$T/error")" -eq 1 ]
  local where
  for where in '\[::1\]:8080' '127\.0\.0\.1:8080' '127\.0\.0\.2:8080'; do
    grep -q "$where" "$T/error" || show "$(cat "$T/error")"
  done
}

@test "after an address that refuses, the next is tried at once" {
  in_own_network '
    printf "::1 two.example\n127.0.0.1 two.example\n" >>/etc/hosts
    listen script web_script "$T/asked" 127.0.0.1:8080
    for _ in {1..8}; do
      begun=${EPOCHREALTIME/[.,]/}
      "$ANET" fetch http://two.example:8080/ >>"$T/responses"
      echo $(((${EPOCHREALTIME/[.,]/} - begun) / 1000))
    done | sort -n >"$T/spent"'
  yes hello | head -n 8 | cmp - "$T/responses"
  spends_at_best 240
}

@test "the line of a retry reads as a sentence" {
  script
  run --separate-stderr anet fetch --retry 1 --retry-delay 100ms "$url/?status=503,200"
  [ "$output" = hello ]
  grep -qE "^anet: fetch: retry of $url/\?status=503,200 in 0\.[0-9]+ s after HTTP 503 Service Unavailable$" <<<"$stderr" || show "$stderr"
  run --separate-stderr anet fetch --log-format=json --retry 1 --retry-delay 100ms "$url/j?status=503,200"
  [ "$(jq -r 'select(.event == "retry") | .in_seconds < 1 and .in_seconds > 0' <<<"$stderr")" = true ] || show "$stderr"
}
