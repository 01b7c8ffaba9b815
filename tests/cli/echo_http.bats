#!/usr/bin/env bats
# anet echo --http: describes a request, for a browser and for programs.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2317 # $0 is meant, each test is a function, load sets

bats_require_minimum_version 1.5.0
load ../lib/http_helpers

# The options: $url is where it echoes, without the last slash.
echo_http() {
  serve echo anet echo --http "$@" 0
  url=${address[echo]%/}
}

# PROGRAM ARGUMENT...: what curl gets with these, as JSON in `it`, is as the Python PROGRAM asserts.
json() {
  local program=$1
  shift
  ask -H 'Accept: application/json' "$@" >"$T/json"
  "$PYTHON" - "$T/json" "$program" <<'PY' || show "$(cat "$T/json")"
import json, sys
it = json.load(open(sys.argv[1], encoding="utf-8"))
def pairs(name):
    return [(p["name"], p["value"]) for p in it[name]]
def header(name):
    return [v for n, v in pairs("headers") if n.lower() == name]
exec(sys.argv[2])
PY
}

raw() {
  # shellcheck disable=SC2059
  printf "$1" | timeout 20 socat -t20 - "TCP:${url#http://}"
}

@test "the address that is printed can be opened" {
  echo_http
  [[ ${address[echo]} =~ ^http://127\.0\.0\.1:[0-9]+/$ ]]
  [ "$(code "${address[echo]}")" = 200 ]
}

@test "several addresses, also a unix socket, are listened on" {
  serve echo anet echo --http 0 "unix:$T/sock" 127.0.0.2:0
  within 10 test -n "$(line_of echo 3)"
  [ "$(line_of echo 2)" = "unix:$T/sock" ]
  [ "$(code "$(line_of echo 1)")" = 200 ]
  [ "$(code --unix-socket "$T/sock" http://a/)" = 200 ]
  [ "$(code "$(line_of echo 3)")" = 200 ]
}

@test "a browser finds a form at /, and what it sends of it is shown" {
  echo_http
  ask "$url/" >"$T/page"
  grep -q '<form method="post" action="/"' "$T/page"
  grep -q '<input name="name"' "$T/page"
  grep -q '<input name="mail"' "$T/page"
  [ "$(field content-type "$url/")" = 'text/html; charset=utf-8' ]
  ask --data-urlencode 'name=Jürgen & Söhne' --data-urlencode 'mail=a+b@example.com' "$url/" >"$T/page"
  grep -q 'Jürgen &amp; Söhne' "$T/page"
  grep -q 'a+b@example.com' "$T/page"
}

@test "nothing of a request becomes part of the page" {
  echo_http
  local evil='"><script>alert(1)</script><b onload='"'x'"
  {
    ask --data-urlencode "name=$evil" -A "$evil" -e "$evil" -H "X: $evil" "$url/"
    ask -d '%3Cscript%3E=%3Cscript%3E' "$url/?%22%3E%3Cscript%3E=%3Cscript%3E"
    ask --data-binary "$evil" -H 'Content-Type: text/html' "$url/a"
    raw 'GET /"><script>x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: "><script>\r\n\r\n'
  } >"$T/page"
  grep -q '&lt;script&gt;' "$T/page"
  not grep -qi '<script' "$T/page"
  not grep -q '"><b' "$T/page"
  [[ $(field content-security-policy "$url/") == *"default-src 'none'"* ]]
  [ "$(field x-content-type-options "$url/")" = nosniff ]
}

@test "a program that accepts JSON gets method, URL, headers, query and form fields" {
  echo_http
  json '
assert it["method"] == "POST" and it["url"] == "/a%20b/c?x=1&y=%C3%A4&x=2&flag&=&e=", it
assert pairs("query")[:4] == [("x", "1"), ("y", "\u00e4"), ("x", "2"), ("flag", "")], pairs("query")
assert pairs("form") == [("name", "a b"), ("mail", "x+y=z")], pairs("form")
assert it["body"] == "name=a+b&mail=x%2By%3Dz"
assert header("x-own") == ["one", "two"] and header("user-agent") == ["me"], pairs("headers")
' -A me -H 'X-Own: one' -H 'x-own: two' -d 'name=a+b&mail=x%2By%3Dz' \
    "$url/a%20b/c?x=1&y=%C3%A4&x=2&flag&=&e="
}

@test "--json is JSON, whatever the client accepts" {
  echo_http --json
  [ "$(field content-type -H 'Accept: text/html' "$url/")" = application/json ]
  ask "$url/x" | "$PYTHON" -c 'import json, sys; assert json.load(sys.stdin)["url"] == "/x"'
}

@test "the weights in Accept are respected" {
  echo_http
  type_for() {
    field content-type -H "Accept: $1" "$url/"
  }
  [ "$(type_for 'application/json')" = application/json ]
  [ "$(type_for 'application/json, text/html;q=0.5')" = application/json ]
  [ "$(type_for 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8')" = 'text/html; charset=utf-8' ]
  [ "$(type_for '*/*')" = 'text/html; charset=utf-8' ]
  [ "$(type_for 'text/html, application/json;q=0.9')" = 'text/html; charset=utf-8' ]
  [ "$(type_for 'application/json;q=0')" = 'text/html; charset=utf-8' ]
}

@test "any method is answered" {
  echo_http
  for method in GET POST PUT DELETE PATCH OPTIONS QUERY brew; do
    json 'assert it["method"] == "'"$method"'"' -X "$method" "$url/any"
  done
  json 'assert it["method"] == "PUT" and it["body"] == "text"' -X PUT -d text "$url/any"
}

@test "HEAD is answered without a body, CONNECT not as a proxy would" {
  echo_http
  raw 'HEAD / HTTP/1.0\r\n\r\n' >"$T/answer"
  [ "$(head -n 1 "$T/answer")" = $'HTTP/1.1 200 OK\r' ]
  [ "$(tail -n 1 "$T/answer")" = $'\r' ]
  raw 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n' >"$T/answer"
  [[ $(head -n 1 "$T/answer") == 'HTTP/1.1 '[45]* ]]
}

@test "escapes in a form are decoded, malformed ones stay" {
  echo_http
  json '
assert pairs("form") == [("a", "1 2+3"), ("\u00e4", "%zz%"), ("<", "\"\\\n"), ("empty", ""), ("twice", "x=y")], pairs("form")
' -d 'a=1+2%2B3&%c3%A4=%zz%&%3C=%22%5c%0a&empty&twice=x=y' "$url/"
}

@test "bytes that are not text do no harm" {
  echo_http
  printf 'a=%%ff%%00%%1b[2J&b=\xff\x00\x1b' >"$T/body"
  json '
assert pairs("form")[0] == ("a", "\ufffd\0\x1b[2J"), pairs("form")
assert pairs("form")[1] == ("b", "\ufffd\0\x1b"), pairs("form")
' --data-binary "@$T/body" "$url/"
  ask --data-binary "@$T/body" "$url/" >"$T/page"
  not grep -qP '\x00|\x1b' "$T/page"
  "$PYTHON" -c 'import sys; open(sys.argv[1], encoding="utf-8").read()' "$T/page"
  raw 'GET /\xff\xfe?\xff=\xfe HTTP/1.1\r\nHost: a\r\nX: \x80\xff\r\nAccept: application/json\r\nConnection: close\r\n\r\n' |
    sed '1,/^\r$/d' | "$PYTHON" -c 'import json, sys; json.loads(sys.stdin.buffer.read().decode())'
}

@test "a body that is not a form is shown as it is" {
  echo_http
  json 'assert it["body"] == "{\"a\": 1}" and "form" not in it' -H 'Content-Type: application/json' -d '{"a": 1}' "$url/"
  json 'assert pairs("form") == [("a", "1")]' -H 'Content-Type: Application/X-WWW-Form-URLencoded; charset=UTF-8' -d a=1 "$url/"
  json 'assert "form" not in it' -H 'Content-Type: application/x-www-form-urlencoded2' -d a=1 "$url/"
}

@test "a body may come in chunks, and after 100 Continue" {
  echo_http
  json 'assert it["body"] == "in chunks"' -H 'Transfer-Encoding: chunked' -d 'in chunks' "$url/"
  ask -v -H 'Expect: 100-continue' --expect100-timeout 20 -d waits -o /dev/null "$url/" 2>"$T/talk"
  grep -q 'HTTP/1.1 100 Continue' "$T/talk"
}

@test "a body of 1 MiB is taken, and not a byte more" {
  echo_http
  head -c 1M /dev/zero | tr '\0' x >"$T/exact"
  cat "$T/exact" <(printf x) >"$T/over"
  json 'assert len(it["body"]) == 1 << 20' --data-binary "@$T/exact" "$url/"
  [ "$(code --data-binary "@$T/over" "$url/")" = 413 ]
  [ "$(code -H 'Transfer-Encoding: chunked' --data-binary "@$T/over" "$url/")" = 413 ]
  [ "$(code -H 'Expect:' --data-binary "@$T/over" "$url/")" = 413 ]
  json 'assert len(it["body"]) == 1 << 20' -H 'Transfer-Encoding: chunked' --data-binary "@$T/exact" "$url/"
}

@test "connections are kept, and pipelined requests answered in order" {
  echo_http
  [ "$(ask -w '%{num_connects} ' "$url/1" "$url/2" -o /dev/null -o /dev/null)" = '1 0 ' ]
  raw 'POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\noneGET /2 HTTP/1.1\r\nHost: a\r\n\r\nPUT /3 HTTP/1.0\r\n\r\n' >"$T/answers"
  [ "$(grep -ao '<h1>[^<]*' "$T/answers" | tr '\n' ' ')" = '<h1>POST /1 <h1>GET /2 <h1>PUT /3 ' ]
}

@test "a request that is not HTTP is refused" {
  echo_http
  for request in 'GARBAGE' 'GET / HTTP/1.1' 'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked' \
    'GET / HTTP/1.1\r\nHost: a\r\nHost: b' 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5'; do
    raw "$request"'\r\n\r\n' >"$T/answer"
    [ "$(head -n 1 "$T/answer")" = $'HTTP/1.1 400 Bad Request\r' ] || show "$request" "$(head -n 1 "$T/answer")"
  done
}

@test "--reply is the answer, whatever the request" {
  echo_http --reply 'Hallo'
  [ "$(ask "$url/")" = Hallo ]
  [ "$(ask -d body "$url/x")" = Hallo ]
  [ -z "$(ask --head "$url/" | sed '1,/^\r$/d')" ]
}

@test "options that --http excludes are refused" {
  for options in '--discard' '--chargen' '--greet x' '--close' '--dump=text' '-c 9'; do
    # shellcheck disable=SC2086
    run --separate-stderr anet echo --http $options
    [ "$status" -eq 2 ] || show "$options"
    [ -z "$output" ]
    [ "${#stderr_lines[@]}" -eq 2 ]
  done
  refuses 'anet: echo: --json needs --http' "try 'anet echo --help'" echo --json
}

@test "each request leaves a line in the log" {
  echo_http -v
  ask -A agent -e 'http://from.example/' -d a=1 -o /dev/null "$url/x?y"
  logs echo '^127\.0\.0\.1 - - \[[^]]+\] "POST /x\?y HTTP/1\.1" 200 [0-9]+ "http://from\.example/" "agent" [0-9.]+$'
  logs echo '^anet: echo: ended from '
  serve quiet anet echo --http -q 0
  ask -o /dev/null "${address[quiet]}"
  tell TERM quiet
  ends quiet 10
  [ "$status" -eq 0 ]
  [ ! -s "$T/quiet.err" ]
}

@test "it ends as every server does" {
  echo_http --grace 30s
  exec {wire}<>"/dev/tcp/127.0.0.1/${url##*:}"
  printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' >&"$wire"
  read -rt 10 _ <&"$wire"
  tell TERM echo
  ends echo 10
  [ "$status" -eq 0 ]
  serve once anet echo --http --once 0
  [ "$(code "${address[once]}")" = 200 ]
  ends once 10
  [ "$status" -eq 0 ]
}
