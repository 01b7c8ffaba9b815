#!/usr/bin/env bats
# What anet fetch sends for what is typed.
# shellcheck disable=SC2030,SC2031,SC2154 # each test is a function, load sets

bats_require_minimum_version 1.5.0
load ../lib/fetch_helpers

# --- the line and the URL ---

@test "HOST PATH sends the request line of the asyncore client, Host, and nothing else" {
  script
  anet fetch "${address[script]}" '/some/path?status=200' >"$T/out"
  printf 'GET /some/path?status=200 HTTP/1.0\r\nHost: %s\r\n\r\n' "${address[script]}" | cmp - <(last)
  anet fetch --raw "$url/some/path?status=200"
  printf 'GET /some/path?status=200 HTTP/1.0\r\nHost: %s\r\n\r\n' "${address[script]}" | cmp - <(last)
}

@test "a URL is requested in HTTP/1.1, with the usual fields" {
  script
  anet fetch "$url/a/b?c=d"
  [ "$(line)" = 'GET /a/b?c=d HTTP/1.1' ]
  [ "$(sent Host)" = "${address[script]}" ]
  [ "$(sent Connection)" = close ]
  [ "$(sent Accept)" = '*/*' ]
  [[ $(sent User-Agent) == anet/[0-9]* ]]
  [[ $(sent Accept-Encoding) == *gzip* ]]
  [ -z "$(body)" ]
}

@test "a URL may lack its scheme or path, and may have a fragment" {
  script
  local typed
  for typed in "${address[script]}" "$url" "$url/" "HTTP://${address[script]}" "$url/#part" "$url#part"; do
    [ "$(anet fetch "$typed")" = hello ] || show "$typed"
    [ "$(line)" = 'GET / HTTP/1.1' ] || show "$typed: $(line)"
    [ "$(sent Host)" = "${address[script]}" ]
  done
  anet fetch "$url?body=x"
  [ "$(line)" = 'GET /?body=x HTTP/1.1' ]
}

@test "characters not allowed in a target are escaped, and dot segments are removed" {
  script
  asks() {
    anet fetch "$url$1"
    [ "$(line)" = "GET $2 HTTP/1.1" ] || show "$(line)"
  }
  asks '/a b' /a%20b
  anet fetch "$url/grün?ß"
  [ "$(line)" = 'GET /gr%C3%BCn?%C3%9F HTTP/1.1' ]
  asks '/a"b<c>' /a%22b%3Cc%3E
  asks /a%2fb%2Fc /a%2fb%2Fc
  asks /a/../b/./c /b/c
  asks '/a?b=../c' '/a?b=../c'
}

@test "an IPv6 address stands in brackets" {
  has_ipv6 || skip 'no IPv6'
  serve script peer web_script "$T/asked" '[::1]:0'
  [ "$(anet fetch "http://${address[script]}/")" = hello ]
  [ "$(sent Host)" = "${address[script]}" ]
  anet fetch "${address[script]}" / | tail -n 1 | grep -qx hello
}

@test "a malformed URL is wrong usage, and so is none" {
  local typed
  is_refused
  for typed in '' http:// http:///path http://:80/ ftp://host/ file:///etc/passwd http://host:port/ http://host:65536/ \
    http://host:-1/ 'http://[::1/' 'http://[x]/' 'http://ho st/' 'http://host/'$'\n' 'http://host/'$'\t' $'http://ho\x7fst/'; do
    is_refused "$typed"
  done
  is_refused $'ho\nst' /
  is_refused host $'/a\r\nX: b'
  is_refused --no-such-option http://host/
}

@test "a host name that is not ASCII is sent in its IDNA form" {
  serve script peer web_script "$T/asked" "unix:$T/socket"
  anet fetch --unix-socket "$T/socket" http://Bücher.example/
  [ "$(sent Host)" = xn--bcher-kva.example ]
  anet fetch --unix-socket "$T/socket" http://straße.EXAMPLE:8080/
  [ "$(sent Host)" = xn--strae-oqa.example:8080 ]
}

@test "--unix-socket connects to that socket for any URL" {
  serve script peer web_script "$T/asked" "unix:$T/socket"
  [ "$(anet fetch --unix-socket "$T/socket" http://any.example/x)" = hello ]
  [ "$(sent Host)" = any.example ]
  [ "$(line)" = 'GET /x HTTP/1.1' ]
  anet fetch --unix-socket "$T/socket" any.example /x >"$T/out"
  [ "$(line)" = 'GET /x HTTP/1.0' ]
  fails 7 "unix:$T/nothing: no such file" --unix-socket "$T/nothing" http://any.example/
}

@test "however long a URL is, the reason of the failure is seen" {
  script
  serve none peer server refuses
  local long form
  printf -v long 'a%.0s' {1..5000}
  for form in text json; do
    run --separate-stderr anet fetch --log-format=$form "http://${address[none]}/$long"
    [ "$status" -eq 7 ]
    [ "${#stderr_lines[@]}" -eq 1 ]
    [[ $stderr == *"http://${address[none]}/aaaa"*"connection refused"* ]] || show "$stderr"
    run --separate-stderr anet fetch --log-format=$form "$url/$long?status=404"
    [ "$status" -eq 22 ]
    [ "${#stderr_lines[@]}" -eq 1 ]
    [[ $stderr == *"$url/aaaa"*"HTTP 404"* ]] || show "$stderr"
  done
}

# --- fields ---

@test "-X sets the method, -I requests only the head, and --http1.0 sets the version" {
  script
  anet fetch -X FROB "$url/"
  [ "$(line)" = 'FROB / HTTP/1.1' ]
  anet fetch -I "$url/" >"$T/head"
  [ "$(line)" = 'HEAD / HTTP/1.1' ]
  printf 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n' | cmp - "$T/head"
  anet fetch --http1.0 "$url/"
  [ "$(line)" = 'GET / HTTP/1.0' ]
  [ "$(sent Host)" = "${address[script]}" ]
}

@test "-H adds a field, replaces one, and takes one away" {
  script
  anet fetch -H 'X-One: 1' -H 'X-Two:2' -H 'X-One: 3' -H 'user-agent: me' -H 'Host: other.example' "$url/"
  [ "$(sent X-One)" = $'1\n3' ]
  [ "$(sent X-Two)" = 2 ]
  [ "$(sent User-Agent)" = me ]
  [ "$(sent Host)" = other.example ]
  anet fetch -H User-Agent: -H 'accept:' -H Accept-Encoding: "$url/"
  [ -z "$(sent User-Agent)$(sent Accept)$(sent Accept-Encoding)" ]
  not grep -qi 'user-agent\|accept' <(last)
  # In the raw form, too.
  anet fetch -H 'X-One: 1' "${address[script]}" / >"$T/out"
  printf 'GET / HTTP/1.0\r\nHost: %s\r\nX-One: 1\r\n\r\n' "${address[script]}" | cmp - <(last)
}

@test "-A sets the User-Agent" {
  script
  anet fetch -A 'me/1.0 (here)' "$url/"
  [ "$(sent User-Agent)" = 'me/1.0 (here)' ]
}

@test "-u and the user information of a URL are sent as credentials" {
  script
  anet fetch -u 'me:a:b c' "$url/"
  [ "$(sent Authorization)" = "Basic $(printf 'me:a:b c' | base64)" ]
  anet fetch "http://m%65:p%40ss@${address[script]}/"
  [ "$(sent Authorization)" = "Basic $(printf 'me:p@ss' | base64)" ]
  [ "$(sent Host)" = "${address[script]}" ]
  anet fetch "http://me@${address[script]}/"
  [ "$(sent Authorization)" = "Basic $(printf 'me:' | base64)" ]
  anet fetch -u 'grün:ß' "$url/"
  [ "$(sent Authorization)" = "Basic $(printf 'grün:ß' | base64)" ]
  [ "$(anet fetch -u 'me:secret' "$url/?auth=me:secret")" = hello ]
  fails 22 401 -u me:wrong "$url/?auth=me:secret"
}

@test "no message shows a password" {
  script
  fails 22 404 "http://me:secret@${address[script]}/?status=404"
  [[ $stderr != *secret* ]] || show "$stderr"
  run --separate-stderr anet fetch "http://me:secret@${address[script]}:x/"
  [ "$status" -eq 2 ]
  [[ $stderr != *secret* ]] || show "$stderr"
  anet fetch -w '%{url_effective}\n' "http://me:secret@${address[script]}/" >"$T/out"
  not grep secret "$T/out"
}

@test "-r requests a range" {
  script
  [ "$(anet fetch -r 2-4 "$url/?tag=a&body=0123456789")" = 234 ]
  [ "$(sent Range)" = bytes=2-4 ]
  [ "$(anet fetch -r 7- "$url/?tag=a&body=0123456789")" = 789 ]
  [ "$(sent Range)" = bytes=7- ]
  [ "$(anet fetch -r -3 "$url/?tag=a&body=0123456789")" = 789 ]
  [ "$(sent Range)" = bytes=-3 ]
  # A length of the part is no length of the whole.
  [ -z "$(sent Accept-Encoding)" ] || [ "$(sent Accept-Encoding)" = identity ]
}

@test "a server that sends the whole file or another range is an error" {
  script
  fails 1 'range' -r 2-4 "$url/?body=0123456789"
  fails 22 416 -r 10- "$url/?tag=a&body=0123456789"
  fails 56 'range|part' -r 2-4 -o "$T/file" "$url/?status=206&body=012&field=Content-Range:bytes%200-2/10"
  [ ! -e "$T/file" ]
}

@test "a line break in anything that goes into the request head is wrong usage" {
  local end
  for end in $'\r\n' $'\n' $'\r'; do
    is_refused -X "GET${end}X" http://host/
    is_refused -H "X-A: b${end}X-C: d" http://host/
    is_refused -H "X-A${end}: b" http://host/
    is_refused -A "a${end}b" http://host/
    is_refused -u "a:b${end}c" http://host/
    is_refused -r "0-${end}1" http://host/
    is_refused "http://host/${end}X"
    is_refused "http://host${end}/"
    is_refused host "/${end}X"
  done
  is_refused -X 'G ET' http://host/
  is_refused -X '' http://host/
  is_refused -H 'no colon' http://host/
  is_refused -H ': no name' http://host/
  is_refused -H 'sp ace: x' http://host/
}

# --- bodies ---

@test "-d sends a form, and several -d are joined" {
  script
  anet fetch -d name=Ada -d 'mail=a%40b' -d rest "$url/"
  [ "$(line)" = 'POST / HTTP/1.1' ]
  [ "$(body)" = 'name=Ada&mail=a%40b&rest' ]
  [ "$(sent Content-Type)" = application/x-www-form-urlencoded ]
  [ "$(sent Content-Length)" = 24 ]
  anet fetch -d x=1 -X PATCH -H 'Content-Type: text/plain' "$url/"
  [ "$(line)" = 'PATCH / HTTP/1.1' ]
  [ "$(sent Content-Type)" = text/plain ]
  anet fetch -d '' "$url/"
  [ "$(line)" = 'POST / HTTP/1.1' ]
  [ "$(sent Content-Length)" = 0 ]
}

@test "-d @FILE sends a file, and -d @- sends stdin" {
  script
  bytes 300000 >"$T/file"
  anet fetch -d "@$T/file" "$url/"
  last | tail -c 300000 | cmp - "$T/file"
  [ "$(sent Content-Length)" = 300000 ]
  printf name=Ada >"$T/name"
  printf rest | anet fetch -d "@$T/name" -d a=b -d @- "$url/"
  [ "$(body)" = 'name=Ada&a=b&rest' ]
  anet fetch -d @- "$url/" < <(cat "$T/file")
  last | tail -c 300000 | cmp - "$T/file"
  local before
  before=$(asked)
  run --separate-stderr anet fetch -d "@$T/nothing" "$url/"
  [ "$status" -ne 0 ]
  [[ $stderr == *"$T/nothing"* ]]
  [ "$(asked)" -eq "$before" ]
}

@test "--json sends JSON and asks for it" {
  script
  anet fetch --json '{"a": "ü"}' "$url/"
  [ "$(line)" = 'POST / HTTP/1.1' ]
  [ "$(body)" = '{"a": "ü"}' ]
  [ "$(sent Content-Type)" = application/json ]
  [ "$(sent Accept)" = application/json ]
  echo '[1, 2]' >"$T/file"
  anet fetch --json "@$T/file" "$url/"
  body | cmp - "$T/file"
}

# The last request's form as Python reads it: a line for each part, NAME FILENAME TYPE SHA256.
parts() {
  last | "$PYTHON" -c '
import email, hashlib, sys
head, body = sys.stdin.buffer.read().split(b"\r\n\r\n", 1)
message = email.message_from_bytes(head.split(b"\r\n", 1)[1] + b"\r\n\r\n" + body)
assert message.get_content_type() == "multipart/form-data", message.get_content_type()
assert not message.defects, message.defects
for part in message.get_payload():
    print(part.get_param("name", header="content-disposition"), part.get_filename(), part["Content-Type"],
          hashlib.sha256(part.get_payload(decode=True)).hexdigest()[:8])'
}

@test "-F sends a multipart form of values and files" {
  script
  bytes 200000 >"$T/a file.bin"
  anet fetch -F name=Ada -F "file=@$T/a file.bin" -F empty= -F $'lines=two\nlines' "$url/"
  [ "$(line)" = 'POST / HTTP/1.1' ]
  sum() { sha256sum | head -c 8; }
  [ "$(parts | sed 's/bin [^ ]* /bin TYPE /')" = "name None None $(printf Ada | sum)
file a file.bin TYPE $(sum <"$T/a file.bin")
empty None None $(printf '' | sum)
lines None None $(printf 'two\nlines' | sum)" ] || show "$(parts)"
  [ "$(sent Content-Length)" -eq "$(body | wc -c)" ]
  is_refused -F 'no equals sign' "$url/"
}

@test "echo --http shows the fields that -d sends" {
  serve echo anet echo --http --json 0
  anet fetch -d 'name=Ada%20L' -d x= "${address[echo]}" >"$T/json"
  [ "$(jq -r '.method + "|" + .form[0].value + "|" + .form[1].name' "$T/json")" = 'POST|Ada L|x' ] || show "$(cat "$T/json")"
}

@test "-F sends files to serve --upload" {
  mkdir "$T/site"
  bytes 3000000 >"$T/file"
  serve web anet serve -l 0 --upload "$T/site"
  anet fetch -F "file=@$T/file" "${address[web]}" >"$T/out"
  cmp "$T/file" "$T/site/file"
}

@test "-T uploads a file, under its own name if the URL ends in a slash" {
  mkdir "$T/site"
  bytes 3000000 >"$T/the file"
  : >"$T/empty"
  serve web anet serve -l 0 --upload "$T/site"
  anet fetch -T "$T/the file" "${address[web]}other" >"$T/out"
  cmp "$T/the file" "$T/site/other"
  anet fetch -T "$T/the file" "${address[web]}" >"$T/out"
  cmp "$T/the file" "$T/site/the file"
  anet fetch -T "$T/empty" "${address[web]}" >"$T/out"
  [ -f "$T/site/empty" ] && [ ! -s "$T/site/empty" ]
  anet fetch -T - "${address[web]}piped" >"$T/out" < <(cat "$T/the file")
  cmp "$T/the file" "$T/site/piped"
  # It is there already.
  fails 22 409 -T "$T/empty" "${address[web]}other"
  cmp "$T/the file" "$T/site/other"
  is_refused -T "$T/empty" -d x "${address[web]}x"
  run --separate-stderr anet fetch -T "$T/nothing" "${address[web]}x"
  [ "$status" -ne 0 ]
  [[ $stderr == *"$T/nothing"* ]]
}

@test "-T sends PUT, the length and the bytes" {
  script
  bytes 100000 >"$T/file"
  anet fetch -T "$T/file" "$url/x"
  [ "$(line)" = 'PUT /x HTTP/1.1' ]
  [ "$(sent Content-Length)" = 100000 ]
  last | tail -c 100000 | cmp - "$T/file"
  anet fetch -T "$T/file" "$url/folder/"
  [ "$(line)" = 'PUT /folder/file HTTP/1.1' ]
  anet fetch -T "$T/file" -X POST "$url/x"
  [ "$(line)" = 'POST /x HTTP/1.1' ]
}

@test "a response that arrives before the body is sent is read" {
  script
  bytes 20000000 >"$T/file"
  fails 22 413 -T "$T/file" "$url/?status=413&early=1"
  [ "$(anet fetch -T "$T/file" "$url/?early=1")" = hello ]
}

# --- proxies ---

@test "http_proxy gets the whole URL and only its own credentials" {
  script
  export http_proxy=http://me:p%40ss@${address[script]}
  [ "$(anet fetch http://far.example:81/path?x)" = hello ]
  [ "$(line)" = 'GET http://far.example:81/path?x HTTP/1.1' ]
  [ "$(sent Host)" = far.example:81 ]
  [ "$(sent Proxy-Authorization)" = "Basic $(printf 'me:p@ss' | base64)" ]
  [ -z "$(sent Authorization)" ]
  anet fetch http://bücher.example/
  [ "$(line)" = 'GET http://xn--bcher-kva.example/ HTTP/1.1' ]
  anet fetch -u you:secret http://far.example/
  [ "$(sent Authorization)" = "Basic $(printf you:secret | base64)" ]
  [ "$(sent Proxy-Authorization)" = "Basic $(printf 'me:p@ss' | base64)" ]
  http_proxy=${address[script]} anet fetch http://far.example/
  [ "$(line)" = 'GET http://far.example/ HTTP/1.1' ]
  [ -z "$(sent Proxy-Authorization)" ]
}

@test "no_proxy exempts hosts from the proxy" {
  script
  script_elsewhere
  export http_proxy=$elsewhere
  no_proxy=far.example,127.0.0.1 anet fetch "$url/x"
  [ "$(line)" = 'GET /x HTTP/1.1' ]
  no_proxy='*' anet fetch "$url/y"
  [ "$(line)" = 'GET /y HTTP/1.1' ]
  no_proxy=127.0.0.0/8 anet fetch "$url/z"
  [ "$(line)" = 'GET /z HTTP/1.1' ]
  [ "$(asked elsewhere)" -eq 0 ]
  no_proxy=127.0.0.10,27.0.0.1 anet fetch "$url/x"
  [ "$(line elsewhere)" = "GET $url/x HTTP/1.1" ]
}

@test "HTTP_PROXY, which a CGI request can set, is ignored; a malformed proxy URL is an error" {
  script
  script_elsewhere
  HTTP_PROXY=$elsewhere anet fetch "$url/"
  [ "$(line)" = 'GET / HTTP/1.1' ]
  [ "$(asked elsewhere)" -eq 0 ]
  http_proxy='http://:x' run --separate-stderr anet fetch "$url/"
  [ "$status" -ne 0 ]
  [[ $stderr == *http_proxy* ]] || show "$stderr"
  ALL_PROXY=$elsewhere anet fetch "$url/"
  [ "$(line elsewhere)" = "GET $url/ HTTP/1.1" ]
}

@test "a proxy that cannot be reached is 7" {
  serve none peer server refuses
  http_proxy=http://${address[none]} fails 7 "far.example/: proxy ${address[none]}: connect: connection refused" http://far.example/
}

@test "an error on the way through a proxy names the proxy" {
  script
  export http_proxy=$url
  fails 18 "proxy ${address[script]}: the body is cut short" -o "$T/file" 'http://far.example/?size=100&cut=50'
  fails 22 "proxy ${address[script]}: HTTP 407" 'http://far.example/?status=407'
  fails 22 "far.example/.*: HTTP 404" 'http://far.example/?status=404'
  fails 28 "proxy ${address[script]}: timed out" --stall-timeout 300ms -o "$T/file" 'http://far.example/?size=100&stall=50'
  http_proxy=http://nosuch.invalid:8 fails 6 'proxy nosuch.invalid:8: resolve nosuch.invalid' http://far.example/
}

# --- hosts ---

@test "an IPv4 address in any other form is refused wherever an address is read" {
  local host how words
  for host in 127.1 0177.0.0.1 2130706433 0x7f.1 0x7f000001 127.0.0.1. host.1 '127。1'; do
    is_refused "http://$host:1/"
    [[ $stderr == *"not an IPv4 address"* ]] || show "$stderr"
    is_refused --unix-socket "$T/none" "http://$host/"
    http_proxy=http://127.0.0.1:1 is_refused "http://$host/"
    http_proxy=http://$host:1 fails 1 'http_proxy|IPv4' http://example.test/
  done
  for host in 127.1 0x7f.1 0x7f000001 127.0.0.1. 0177.0.0.1; do
    for how in 'echo -c' 'daytime -c' 'chat -c' 'echo'; do
      read -ra words <<<"$how"
      run --separate-stderr timeout 10 "$ANET" "${words[@]}" "$host:1"
      [[ $status -eq 2 && $stderr == *"not an IPv4 address"* ]] || show "$how $host: $status" "$stderr"
    done
    run --separate-stderr timeout 10 "$ANET" forward :0 "$host:1"
    [[ $status -eq 2 && $stderr == *"not an IPv4 address"* ]] || show "$status" "$stderr"
  done
  script
  fails 1 'not an IPv4 address' "$url/?status=302&to=http://0x7f.1:${url##*:}/"
}

@test "localhost and every name below it is this machine, and no name server is asked" {
  script
  local name port=${url##*:}
  for name in localhost localhost. any.localhost a.b.LOCALHOST.; do
    [ "$(anet fetch "http://$name:$port/")" = hello ] || show "$name"
    [ "$(sent Host)" = "${name,,}:$port" ] || show "$(sent Host)"
  done
}

# --- what is said twice, or in part ---

@test "a multipart type of -H gets the boundary of -F, or -F takes its boundary" {
  script
  local type boundary
  for type in multipart/form-data multipart/mixed 'Multipart/Form-Data;' 'multipart/related; start=a'; do
    anet fetch -F a=b -H "Content-Type: $type" "$url/"
    [[ $(sent Content-Type) == "$type"*' boundary='* ]] || show "$(sent Content-Type)"
    boundary=$(sent Content-Type | sed 's/.*boundary=//')
    [[ $(body) == "--$boundary"*"--$boundary--"* ]] || show "$(last)"
    [ "$(sent Content-Type | wc -l)" -eq 1 ]
  done
  for type in 'multipart/form-data; boundary=mine' 'multipart/mixed; Boundary="mine"; x=y'; do
    anet fetch -F a=b -H "Content-Type: $type" "$url/"
    [ "$(sent Content-Type)" = "$type" ]
    [[ $(body) == --mine* && $(body) == *--mine--* ]] || show "$(last)"
  done
  is_refused -F a=b -H 'Content-Type: multipart/form-data; boundary=' "$url/"
  is_refused -F a=b -H 'Content-Type: multipart/form-data; boundary="a;b"' "$url/"
  anet fetch -F a=b -H 'Content-Type: text/x-mine' "$url/"
  [ "$(sent Content-Type)" = text/x-mine ]
}

@test "several --json are joined, and what cannot be joined is not given twice" {
  script
  printf '"b": 2}' >"$T/file"
  anet fetch --json '{"a": 1,' --json "@$T/file" "$url/"
  [ "$(body)" = '{"a": 1,"b": 2}' ]
  local asked how
  asked=$(asked)
  is_refused -T "$T/file" -T "$T/file" "$url/"
  is_refused -o "$T/a" -o "$T/b" "$url/"
  is_refused -P "$T/a" -P "$T/b" "$url/"
  is_refused -r 0-1 -r 2-3 "$url/"
  is_refused -w a --write-out=b "$url/"
  is_refused --checksum "md5:$(printf '%032d' 0)" --checksum "md5:$(printf '%032d' 1)" "$url/"
  for how in Host host Content-Type Authorization User-Agent Referer; do
    is_refused -H 'Host: a' -H "$how: x" -H "$how: y" "$url/"
  done
  is_refused -H 'Host: a' -H 'hOST: a' "$url/"
  is_refused -d @- -d @- "$url/"
  is_refused -F a=@- -F b=@- "$url/"
  is_refused -T - -w @- "$url/"
  [ "$(asked)" -eq "$asked" ]
  anet fetch -H 'X-A: 1' -H 'x-a: 2' -A one -A two "$url/"
  [ "$(sent X-A)" = $'1\n2' ]
  [ "$(sent User-Agent)" = two ]
}

# --- uploads from pipes ---

# The processor's time of a process, in clock ticks.
ticks() {
  local stat
  read -ra stat <"/proc/$1/stat"
  echo $((stat[13] + stat[14]))
}

@test "an upload whose server takes nothing costs no memory and no time" {
  ! sanitized || skip 'the sanitizers need more room'
  serve silent peer server silent
  INPUT=/dev/zero start fetch anet fetch -T - --stall-timeout 30s "http://${address[silent]}/"
  within 10 waits_for_room
  local before
  before=$(ticks "${pid[fetch]}")
  read -rt 1 _ <&"$never" || true
  [ "$(($(ticks "${pid[fetch]}") - before))" -le 1 ]
  [ "$(awk '/^VmRSS/ {print $2}' "/proc/${pid[fetch]}/status")" -lt 20000 ]
}

# It has sent what the other end's buffers hold, and sleeps.
waits_for_room() {
  local sent
  sent=$(awk '/^(rchar|wchar)/' "/proc/${pid[fetch]}/io")
  read -rt 0.3 _ <&"$never" || true
  [ "$(awk '/^(rchar|wchar)/' "/proc/${pid[fetch]}/io")" = "$sent" ] && [[ $sent == *[1-9]* ]] &&
    grep -q '^State:.S' "/proc/${pid[fetch]}/status"
}

@test "an upload from a pipe is sent while it comes, in chunks or with --length" {
  script
  printf 'hello, pipe' | anet fetch -T - "$url/x"
  [ "$(sent Transfer-Encoding)" = chunked ]
  [ -z "$(sent Content-Length)" ]
  [ "$(last | sed '1,/^\r$/d')" = $'b\r\nhello, pipe\r\n0\r\n\r' ]
  printf 'hello, pipe' | anet fetch -T - --length 11 "$url/x"
  [ "$(sent Content-Length)" = 11 ]
  [ "$(body)" = 'hello, pipe' ]
  anet fetch -T - "$url/x" < <(:)
  [ "$(last | sed '1,/^\r$/d')" = $'0\r\n\r' ]
  bytes 3000000 >"$T/file"
  mkdir "$T/site"
  serve site anet serve -l 0 --upload "$T/site"
  anet fetch -T - "${address[site]}piped" >"$T/out" < <(cat "$T/file")
  cmp "$T/file" "$T/site/piped"
  anet fetch -T - --length 3000000 "${address[site]}known" >"$T/out" < <(cat "$T/file")
  cmp "$T/file" "$T/site/known"
}

@test "the server has the first bytes before the last are there, and stdin may take longer than --stall-timeout" {
  script
  mkfifo "$T/feed"
  start fetch anet fetch -T "$T/feed" --stall-timeout 2s "$url/x"
  exec {feed}>"$T/feed"
  printf first >&"$feed"
  read -rt 3 _ <&"$never" || true # longer than the timeout
  not gone "${pid[fetch]}"
  printf last >&"$feed"
  exec {feed}>&-
  ends fetch 10
  [ "$status" -eq 0 ] || show "$(cat "$T/fetch.err")"
  [ "$(last | sed '1,/^\r$/d')" = $'5\r\nfirst\r\n4\r\nlast\r\n0\r\n\r' ] || show "$(last)"
}

@test "input that is shorter or longer than --length is an error, and no whole body of that length is sent" {
  script
  local n
  for n in 10 12; do
    run --separate-stderr bash -c 'printf "hello, pipe" | "$0" fetch -T - --length "$1" "$2"' "$ANET" "$n" "$url/x"
    [ "$status" -eq 1 ]
    [ -z "$output" ]
    [[ $stderr == *"--length"* ]] || show "$stderr"
  done
  [ "$(asked)" -eq 0 ] # none of them was whole
  printf 'hello, file' >"$T/file"
  is_refused -T "$T/file" --length 10 "$url/x"
  anet fetch -T "$T/file" --length 11 "$url/x"
  is_refused --length 11 "$url/x"
  is_refused -T "$T/file" --length 0 "$url/x"
}

@test "an endless upload needs no disk and little memory, and ends with an early response" {
  ! sanitized || skip 'the sanitizers need more room'
  script
  run --separate-stderr bash -c 'ulimit -v 400000; ulimit -f 1; TMPDIR=/dev/null exec timeout 20 "$0" fetch -T - "$1" <"$2"' \
    "$ANET" "$url/?status=413&early=1" /dev/zero
  [ "$status" -eq 22 ] || show "$status" "$stderr"
  [[ $stderr == *"HTTP 413"* ]]
  run --separate-stderr bash -c 'ulimit -f 1; yes | timeout 20 "$0" fetch --error-body -T - "$1"' "$ANET" "$url/?status=403&early=1&body=why"
  [ "$status" -eq 22 ] || show "$status" "$stderr"
  [ "$output" = why ]
  run --separate-stderr bash -c 'ulimit -f 1; yes | timeout 20 "$0" fetch -d @- "$1"' "$ANET" "$url/?status=413&early=1"
  [ "$status" -eq 22 ] || show "$status" "$stderr"
}

@test "what came from a pipe is not sent twice: a redirect or retry that needs it says so" {
  script
  local piped='printf hello | "$0" fetch "${@:1}"'
  run --separate-stderr bash -c "$piped" "$ANET" -T - "$url/?status=307&to=/there"
  [ "$status" -eq 1 ]
  [[ $stderr == *"redirect needs the request body again"* ]] || show "$stderr"
  run --separate-stderr bash -c "$piped" "$ANET" -T - --retry 3 --retry-delay 10ms "$url/?status=503"
  [ "$status" -eq 22 ]
  [[ $stderr == *"HTTP 503"*"not retried"* ]] || show "$stderr"
  [ "$(asked)" -eq 2 ]
  run --separate-stderr bash -c "$piped" "$ANET" -T - "$url/?status=303&to=/there"
  [ "$status" -eq 0 ] || show "$stderr"
  [ "$(line)" = 'GET /there HTTP/1.1' ]
  run --separate-stderr bash -c "$piped" "$ANET" -T - "$url/" "$url/"
  [ "$status" -eq 2 ]
  # A short form is kept, and sent as often as needed.
  run --separate-stderr bash -c "$piped" "$ANET" -d @- --retry 1 --retry-delay 10ms "$url/?status=307&to=/there"
  [ "$(line)" = 'POST /there HTTP/1.1' ]
  [ "$(body)" = hello ]
}

@test "a server that may not know chunks is told of, and HTTP/1.0 has none" {
  script
  local piped='printf hello | "$0" fetch "${@:1}"'
  run --separate-stderr bash -c "$piped" "$ANET" -T - "$url/?status=411"
  [ "$status" -eq 22 ]
  [[ $stderr == *"HTTP 411"*"--length"* ]] || show "$stderr"
  run --separate-stderr bash -c "$piped" "$ANET" -T - "$url/?version=1.0"
  [ "$status" -eq 0 ]
  [[ $stderr == *"HTTP/1.0"* ]] || show "$stderr"
  run --separate-stderr bash -c "$piped" "$ANET" --http1.0 -T - "$url/"
  [[ $status -eq 2 && $stderr == *"--length"* ]] || show "$stderr"
  run --separate-stderr bash -c "$piped" "$ANET" --http1.0 -T - --length 5 "$url/"
  [ "$status" -eq 0 ] || show "$stderr"
  [ "$(line)" = 'PUT / HTTP/1.0' ]
  [ "$(body)" = hello ]
}
