#!/usr/bin/env bats
# anet serve: the lines of its log, and how it ends.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154,SC2317 # $0 is meant, each test is a function, load uses and sets

bats_require_minimum_version 1.5.0

load ../lib/serve_helpers

# --- the log ---

# HEAD: sends it as it stands (printf escapes), and shows what comes until the server ends.
raw() {
  # shellcheck disable=SC2059
  printf "$1" | timeout 20 socat -t20 - "TCP:${url#http://}"
}

# The lines that requests have left.
requests() {
  grep -v '^anet: serve:' "$T/web.err"
}

@test "each request is logged in the Common Log Format, with referer, user agent and seconds" {
  TZ=XYZ-5:30 web
  ask -A 'agent/1 (x)' -e 'http://from.example/?a=b' "$url/hello.txt?q=1"
  ask -A '' --head "$url/hello.txt"
  ask -0 -A a "$url/nothing" --output /dev/null
  logs web '"GET /nothing '
  local date='\[[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9]{2}:[0-9]{2}:[0-9]{2} \+0530\]' seconds='[0-9]+\.[0-9]{3}'
  requests >"$T/lines"
  [ "$(wc -l <"$T/lines")" -eq 3 ]
  matches() {
    sed -n "$1p" "$T/lines" | grep -qE "^127\.0\.0\.1 - - $date $2 $seconds\$" || show "$(cat "$T/lines")"
  }
  matches 1 '"GET /hello\.txt\?q=1 HTTP/1\.1" 200 6 "http://from\.example/\?a=b" "agent/1 \(x\)"'
  matches 2 '"HEAD /hello\.txt HTTP/1\.1" 200 - "-" "-"'
  matches 3 '"GET /nothing HTTP/1\.0" 404 [0-9]+ "-" "a"'
}

@test "the log has the current date" {
  web
  local before after at
  before=$(date +%s)
  ask "$url/hello.txt"
  after=$(date +%s)
  logs web '"GET '
  at=$(requests | sed -E 's|.*\[(..)/(...)/(....):(..:..:..) (.....)\].*|\1 \2 \3 \4 \5|')
  at=$(date -d "$at" +%s)
  [ "$at" -ge "$before" ]
  [ "$at" -le "$after" ]
}

@test "the log has the status and bytes of every response" {
  web --upload
  line() {
    local wanted=$1
    shift
    ask -o /dev/null "$@"
    within 20 eval 'requests | tail -n 1 | grep -qE "$wanted"' || show "$(requests | tail -n 1)"
  }
  line '"GET /hello.txt HTTP/1.1" 304 - ' -H "If-None-Match: $(field etag "$url/hello.txt")" "$url/hello.txt"
  line '"GET /hello.txt HTTP/1.1" 206 2 ' -r 1-2 "$url/hello.txt"
  line '"GET /hello.txt HTTP/1.1" 416 [0-9]+ ' -r 99- "$url/hello.txt"
  line '"PUT /new HTTP/1.1" 201 [0-9]+ ' -T "$T/site/hello.txt" "$url/new"
  line '"PUT /new HTTP/1.1" 409 [0-9]+ ' -T "$T/site/hello.txt" "$url/new"
  line '"BREW / HTTP/1.1" 501 [0-9]+ ' -X BREW "$url/"
}

@test "the log names users that are let in, and no others" {
  PASSWORD=word web --auth 'me you:PASSWORD'
  ask --user 'me you:word' "$url/hello.txt"
  ask -o /dev/null --user 'mallory:word' "$url/hello.txt"
  logs web '" 401 '
  requests | sed -n 1p | grep -q '^127\.0\.0\.1 - me\\x20you \['
  requests | sed -n 2p | grep -q '^127\.0\.0\.1 - - \['
}

@test "bad requests are logged, too" {
  web
  raw 'GARBAGE\r\n\r\n' >"$T/answer"
  raw 'GET / HTTP/1.1\r\n\r\n' >"$T/answer"
  logs web '"GET / HTTP/1.1" 400 '
  requests | sed -n 1p | grep -qE '^127\.0\.0\.1 - - \[.*\] "GARBAGE" 400 [0-9]+ "-" "-" [0-9.]+$'
}

@test "nothing in a request can reach the terminal, or end its field or line" {
  web
  raw 'GET /a"b HTTP/1.1\r\nHost: a\r\nUser-Agent: "q" 1 \\back\r\nConnection: close\r\n\r\n' >"$T/answer"
  raw 'GET /\xff\xfe\xe2\x80\xae HTTP/1.1\r\nHost: a\r\nReferer: \x9b2J\tx\xc3\xa4\xc2\x9b\r\nConnection: close\r\n\r\n' >"$T/answer"
  raw 'GET /\x1b[2J\x07\x7f HTTP/1.1\r\nHost: a\r\n\r\n' >"$T/answer"
  raw 'GET /x\r127.0.0.1 - - "GET /forged HTTP/1.1" 200 HTTP/1.1\r\nHost: a\r\n\r\n' >"$T/answer"
  raw 'GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: \x1b]0;title\x07\r\n\r\n' >"$T/answer"
  raw '\x00\x01\x02\n\n' >"$T/answer"
  raw 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nUser-Agent: last\r\n\r\n' >"$T/answer"
  logs web '"last"'
  [ "$(requests | wc -l)" -eq 7 ] || show "$(requests)"
  "$PYTHON" -c 'import sys; assert open(sys.argv[1], encoding="utf-8").read().replace("\n", "").isprintable()' "$T/web.err"
  requests | sed -n 1p | grep -qF '"GET /a\x22b HTTP/1.1" '
  requests | sed -n 1p | grep -qF '"\x22q\x22 1 \\back" '
  requests | sed -n 2p | grep -qF '/\xff\xfe\xe2\x80\xae HTTP/1.1" '
  requests | sed -n 2p | grep -qF '"\x9b2J\txä\xc2\x9b" '
  requests | sed -n 3p | grep -qF '"GET /\x1b[2J\x07\x7f HTTP/1.1" 400 '
  requests | sed -n 4p | grep -qF '"GET /x\r127.0.0.1 - - \x22GET /forged'
  # Each has the fields it should have, whatever was in them.
  [ "$(requests | grep -cE '^127\.0\.0\.1 - - \[[^]]+\] "[^"]*" [0-9]{3} [0-9-]+ "[^"]*" "[^"]*" [0-9.]+$')" -eq 7 ]
}

@test "--log-format=json logs one object per line" {
  web --log-format=json -v
  ask -A 'agent "x"' -e 'http://from.example/' "$url/hello.txt?q=1"
  raw 'GET /\xff\x1b HTTP/1.1\r\n\r\n' >"$T/answer"
  raw 'GARBAGE "\n\n' >"$T/answer"
  raw 'GET /last HTTP/1.0\r\n\r\n' >"$T/answer"
  logs web /last
  tell TERM web
  ends web 20
  "$PYTHON" - "$T/web.err" "$url/" <<'PY'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
assert all(isinstance(line, dict) for line in lines)
assert any(sys.argv[2] in line.values() for line in lines), lines
requests = [line for line in lines if "status" in line]
assert len(requests) == 4, requests
first, second, third, last = requests
assert (first["method"], first["target"], first["version"]) == ("GET", "/hello.txt?q=1", "HTTP/1.1"), first
assert (first["host"], first["status"], first["bytes"]) == ("127.0.0.1", 200, 6), first
assert (first["referer"], first["agent"]) == ("http://from.example/", 'agent "x"'), first
assert 0 <= first["seconds"] < 20, first
assert second["status"] == 400 and "agent" not in second, second
assert (third["line"], third["status"]) == ('GARBAGE "', 400), third
assert (last["target"], last["status"], last["version"]) == ("/last", 404, "HTTP/1.0"), last
PY
}

@test "-q logs no requests, good or bad" {
  web -q
  ask "$url/hello.txt"
  ask -o /dev/null "$url/nothing"
  raw 'GARBAGE\r\n\r\n' >"$T/answer"
  tell TERM web
  ends web 20
  [ "$status" -eq 0 ]
  [ ! -s "$T/web.err" ] || show "$(cat "$T/web.err")"
}

@test "-v logs the sandbox, and how each connection ended" {
  web -v
  ask "$url/hello.txt" "$url/hello.txt" "$url/nothing" -o /dev/null -o /dev/null -o /dev/null
  logs web '^anet: serve: ended from 127\.0\.0\.1:[0-9]+ received [0-9]+ sent [0-9]+ seconds [0-9.]+ reason the peer ended$'
  grep -qE '^anet: serve: (sandboxed to the folder \(Landlock ABI [0-9]+\)|no sandbox: the kernel has no Landlock)$' "$T/web.err"
  [ "$(grep -c ' ended from ' "$T/web.err")" -eq 1 ]
  [ "$(requests | wc -l)" -eq 3 ]
}

@test "--no-sandbox runs without the sandbox" {
  local said='sandboxed to the folder|no sandbox'
  web -v
  logs web "$said"
  serve open anet serve -v -l 0 --no-sandbox "$T/site"
  [ "$(ask "${address[open]}hello.txt")" = hello ]
  logs open '"GET /hello.txt '
  not grep -qE "$said" "$T/open.err"
  grep -qE '^NoNewPrivs:\s0$' "/proc/${pid[open]}/status"
  grep -q 'no sandbox' "$T/web.err" || grep -qE '^NoNewPrivs:\s1$' "/proc/${pid[web]}/status"
}

@test "the URLs to open are logged at the start" {
  cd "$T"
  serve web anet serve -l 0 -l "unix:$T/sock" site
  logs web '^anet: serve: site at unix:'
  grep -qxF "anet: serve: site at ${address[web]}" "$T/web.err"
}

@test "on every interface, the URLs for the LAN are logged, too" {
  serve web anet serve -l :0 "$T/site"
  local port=${address[web]##*:} told=0
  port=${port%/}
  logs web "http://127\.0\.0\.1:$port/"
  for ip in $(hostname -I); do
    [[ $ip != 169.254.* ]] || continue
    [[ $ip != *:* ]] || ip="[$ip]"
    grep -qF " at http://$ip:$port/" "$T/web.err" || show "no $ip" "$(cat "$T/web.err")"
    told=$((told + 1))
  done
  [ "$(grep -c ' at http://' "$T/web.err")" -eq $((told + 1)) ] || show "$(cat "$T/web.err")"
  not grep -qE 'at http://(0\.0\.0\.0|\[::\])' "$T/web.err"
}

# --- the end ---

@test "a download that is under way on SIGTERM is finished" {
  head -c 1M /dev/urandom >"$T/site/large"
  web --limit-rate 512K --grace 30s
  start client curl -s --max-time 20 "$url/large" -o "$T/came"
  within 10 test -s "$T/came"
  tell TERM web
  logs web 'stopping, still open: connections 1'
  refused() { not ask -o /dev/null "$url/" 2>"$T/curl.err"; }
  within 20 refused
  ends client 20
  [ "$status" -eq 0 ]
  cmp "$T/came" "$T/site/large"
  ends web 20
  [ "$status" -eq 0 ]
}

@test "an idle kept connection does not delay the end" {
  web --grace 30s
  exec {silent}<>"/dev/tcp/127.0.0.1/${url##*:}"
  exec {wire}<>"/dev/tcp/127.0.0.1/${url##*:}"
  printf 'HEAD /hello.txt HTTP/1.1\r\nHost: a\r\n\r\n' >&"$wire"
  local line
  until [ "$line" = $'\r' ]; do read -rt 10 line <&"$wire"; done
  tell TERM web
  ends web 20
  [ "$status" -eq 0 ]
  run timeout 20 cat <&"$wire"
  [ "$status" -eq 0 ]
  [ -z "$output" ]
}

@test "--grace limits the time to finish, and a second signal ends at once" {
  truncate -s 100M "$T/site/large"
  web --grace 300ms
  serve slow anet serve -l 0 --limit-rate 1K --grace 60s "$T/site"
  start one curl -s --max-time 30 "$url/large" --limit-rate 10K -o /dev/null
  start two curl -sN --max-time 30 "${address[slow]}large" -o "$T/came"
  within 10 test -s "$T/came"
  tell TERM web
  ends web 20
  [ "$status" -eq 0 ]
  tell TERM slow
  logs slow 'stopping'
  not gone "${pid[slow]}"
  tell TERM slow
  ends slow 20
  [ "$status" -eq 0 ]
  ends two 20
  [ "$status" -eq 18 ] || [ "$status" -eq 56 ]
}

@test "SIGUSR1 logs the counters, even with -q" {
  web -q
  ask "$url/hello.txt" "$url/hello.txt"
  ask "$url/hello.txt"
  counted() {
    tell USR1 web
    grep -qE '^anet: serve: counters open 0 accepted 2 failed 0 received [0-9]+ sent [0-9]+ seconds [0-9]+$' "$T/web.err"
  }
  within 20 counted || show "$(cat "$T/web.err")"
}

@test "--once serves one connection, all its requests, and ends" {
  web --once
  [ "$(ask "$url/hello.txt" "$url/hello.txt")" = $'hello\nhello' ]
  ends web 20
  [ "$status" -eq 0 ]
}

@test "the exit code of --once shows that the connection was cut" {
  truncate -s 100M "$T/site/large"
  web --once
  timeout 20 curl -s "$url/large" | head -c 1000 >"$T/came" || true
  ends web 20
  [ "$status" -eq 56 ]
}
