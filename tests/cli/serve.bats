#!/usr/bin/env bats
# anet serve: what a user types, and gets: options, errors and fields.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154,SC2317 # $0 is meant, each test is a function, load uses and sets

bats_require_minimum_version 1.5.0

load ../lib/serve_helpers

# --- what is served, and where ---

@test "without an operand the current folder is served" {
  cd "$T/site"
  serve web anet serve -l 0
  [[ ${address[web]} =~ ^http://127\.0\.0\.1:[0-9]+/$ ]]
  [ "$(ask "${address[web]}hello.txt")" = hello ]
}

@test "without --listen it listens on port 8080 of 127.0.0.1" {
  start web anet serve "$T/site"
  within 10 announced web
  grep -qx 'http://127.0.0.1:8080/' "$T/web.out" ||
    grep -qx 'anet: serve: listen on 127.0.0.1:8080: address already in use' "$T/web.err"
}

@test "one file is served at / and at its name, and nothing else" {
  echo other >"$T/site/other.txt"
  mkdir "$T/site/sub"
  mv "$T/site/hello.txt" "$T/site/report 1.txt"
  serve web anet serve -l 0 "$T/site/report 1.txt"
  url=${address[web]%/}
  [ "$(ask "$url/")" = hello ]
  [ "$(ask "$url/report%201.txt")" = hello ]
  [ "$(field content-type "$url/")" = 'text/plain; charset=utf-8' ]
  for path in other.txt sub sub/ 'report%201.txt/' 'sub/report%201.txt' nothing; do
    [ "$(code "$url/$path")" = 404 ] || show "$path: $(code "$url/$path")"
  done
}

@test "a single file that is replaced is served as it is now" {
  serve web anet serve -l 0 "$T/site/hello.txt"
  [ "$(ask "${address[web]}")" = hello ]
  echo replaced >"$T/new"
  mv "$T/new" "$T/site/hello.txt"
  now() { [ "$(ask "${address[web]}")" = replaced ]; }
  within 20 now
}

@test "a file given by a symbolic link is served under the link's name" {
  ln -s "$T/site/hello.txt" "$T/link.txt"
  serve web anet serve -l 0 "$T/link.txt"
  [ "$(ask "${address[web]}")" = hello ]
  [ "$(ask "${address[web]}link.txt")" = hello ]
}

@test "several --listen, also a unix socket, lead to the same folder" {
  serve web anet serve -l 0 --listen "unix:$T/sock" "$T/site" --listen=127.0.0.2:0
  within 20 test -n "$(line_of web 3)"
  [ "$(line_of web 2)" = "unix:$T/sock" ]
  [[ $(line_of web 3) == http://127.0.0.2:*/ ]]
  [ "$(ask "$(line_of web 1)hello.txt")" = hello ]
  [ "$(ask --unix-socket "$T/sock" http://anything/hello.txt)" = hello ]
  [ "$(ask "$(line_of web 3)hello.txt")" = hello ]
  tell TERM web
  ends web 20
  [ "$status" -eq 0 ]
  [ ! -e "$T/sock" ]
}

@test "[::1] and every interface can be listened on" {
  has_ipv6 || skip "this machine has no IPv6"
  serve web anet serve -l '[::1]:0' -l :0 "$T/site"
  within 20 test -n "$(line_of web 2)"
  [[ $(line_of web 1) == 'http://[::1]:'*/ ]]
  [ "$(ask "$(line_of web 1)hello.txt")" = hello ]
  local port
  port=$(line_of web 2)
  port=${port##*:}
  [ "$(ask "http://127.0.0.1:${port}hello.txt")" = hello ]
  [ "$(ask "http://[::1]:${port}hello.txt")" = hello ]
}

# --- wrong usage, and what fails ---

@test "a port in use is exit 1 with one line, and no other listener is left" {
  web
  run --separate-stderr anet serve -l "unix:$T/sock" -l "127.0.0.1:${url##*:}" "$T/site"
  [ "$status" -eq 1 ]
  [ -z "$output" ]
  [ "$stderr" = "anet: serve: listen on 127.0.0.1:${url##*:}: address already in use" ]
  [ ! -e "$T/sock" ]
}

@test "an operand that is missing, or neither folder nor file, is exit 1" {
  fails() {
    local words=$1
    shift
    run --separate-stderr anet serve -l 0 "$@"
    [ "$status" -eq 1 ]
    [ -z "$output" ]
    [ "$stderr" = "anet: serve: $words" ] || show "$stderr"
  }
  mkfifo "$T/fifo"
  fails "open $T/nowhere: no such file or directory" "$T/nowhere"
  fails "open $T/fifo: neither a file nor a folder" "$T/fifo"
  fails 'open /dev/null: neither a file nor a folder' /dev/null
  fails "$T/nowhere: no such file or directory" --mime-types "$T/nowhere" "$T/site"
  printf '%s\n' '# a comment' '' 'text/plain txt' 'bogus line' >"$T/types"
  fails "$T/types, line 4: not a media type and extensions" --mime-types "$T/types" "$T/site"
}

@test "wrong usage is reported in two lines" {
  local hint="try 'anet serve --help'"
  refuses "anet: serve: only one folder or file can be served, not also 'b'" "$hint" serve a b
  refuses "anet: serve: address '99999': a port is a number from 0 to 65535" "$hint" serve -l 99999
  refuses "anet: serve: --overwrite needs --upload" "$hint" serve --overwrite
  refuses "anet: serve: --auth-upload needs --upload" "$hint" serve --auth-upload me:X
  refuses "anet: serve: --upload needs a folder, and '$T/site/hello.txt' is a file" "$hint" \
    serve -l 0 --upload "$T/site/hello.txt"
  refuses "anet: serve: --index 'a/b': expected a plain file name" "$hint" serve --index a/b
  refuses "anet: serve: --max-upload 1Q: not a size such as 100, 64K, 1M or 2G" "$hint" serve --max-upload 1Q
  refuses "anet: serve: --cache x: not a time such as 500ms, 10s, 5m or 1h" "$hint" serve --cache x
}

@test "a misspelt option gets a suggestion" {
  refuses "anet: unknown command 'serv'" 'did you mean serve?' serv
  refuses 'anet: serve: unknown option --no-listin' 'did you mean --no-listing?' serve --no-listin
  refuses 'anet: serve: unknown option --uplaod' 'did you mean --upload?' serve --uplaod
  refuses 'anet: serve: unknown option --follow-link' 'did you mean --follow-links?' serve --follow-link=all
  refuses 'anet: serve: --follow-links insid: not one of inside, none, all' 'did you mean inside?' \
    serve --follow-links=insid
}

@test "--auth or --auth-upload without a password is wrong usage, and names the option" {
  unset NOWHERE
  export EMPTY=
  wrong() {
    run --separate-stderr anet serve -l 0 --upload "$@" "$T/site"
    [ "$status" -eq 2 ] || show "$* gave $status"
    [ -z "$output" ]
    [ "${#stderr_lines[@]}" -eq 2 ]
    [[ ${stderr_lines[0]} == "anet: serve: $1: "* || ${stderr_lines[0]} == "anet: serve: $1 '"* ]] ||
      show "${stderr_lines[0]}"
  }
  for option in --auth --auth-upload; do
    wrong "$option" me:NOWHERE
    wrong "$option" "me:$T/nowhere"
    wrong "$option" me
    wrong "$option" :EMPTY
    wrong "$option" me:
    wrong "$option" me:EMPTY
    wrong "$option" me:/dev/null
  done
}

@test "an error writing stdout is exit 23" {
  run timeout 20 bash -c '"$0" serve -q -l 0 "$1" 2>&1 >/dev/full' "$ANET" "$T/site"
  [ "$status" -eq 23 ]
  [ "$output" = 'anet: serve: write stdout: no space left on device' ]
}

@test "the server goes on when its reader closes stdout after the first line" {
  mkfifo "$T/lines"
  OUTPUT=$T/lines start web anet serve -l 0 -l 127.0.0.2:0 "$T/site"
  local first
  first=$(head -n 1 <"$T/lines")
  [ "$(ask "${first}hello.txt")" = hello ]
  [ "$(ask "${first}hello.txt")" = hello ]
}

@test "stdin may be empty or closed" {
  INPUT=/dev/null web
  [ "$(ask "$url/hello.txt")" = hello ]
  serve closed bash -c 'exec "$0" serve -l 0 "$1" <&-' "$ANET" "$T/site"
  [ "$(ask "${address[closed]}hello.txt")" = hello ]
}

# --- fields ---

@test "a file comes with its header fields" {
  web
  touch -d '2024-02-29 12:34:56 UTC' "$T/site/hello.txt"
  ask -D "$T/head" "$url/hello.txt"
  tr -d '\r' <"$T/head" >"$T/fields"
  for line in 'HTTP/1.1 200 OK' 'Content-Length: 6' 'Content-Type: text/plain; charset=utf-8' \
    'Last-Modified: Thu, 29 Feb 2024 12:34:56 GMT' 'Accept-Ranges: bytes' 'Cache-Control: no-cache'; do
    grep -qxF "$line" "$T/fields" || show "no $line" "$(cat "$T/fields")"
  done
  grep -qE '^Server: anet/' "$T/fields"
  grep -qE '^ETag: "[^"]+"$' "$T/fields"
  grep -qE '^Date: (Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT$' "$T/fields"
}

@test "an ETag changes only when the file changes" {
  web
  local before after
  before=$(field etag "$url/hello.txt")
  [ "$(code -H "If-None-Match: $before" "$url/hello.txt")" = 304 ]
  echo HELLO >"$T/new"
  touch -r "$T/site/hello.txt" "$T/new"
  mv "$T/new" "$T/site/hello.txt"
  changed() {
    after=$(field etag "$url/hello.txt")
    [ "$after" != "$before" ]
  }
  within 20 changed
  [ "$(code -H "If-None-Match: $before" "$url/hello.txt")" = 200 ]
}

@test "--cache lets clients cache files for so many seconds, but not listings" {
  web --cache 90
  mkdir "$T/site/sub"
  [ "$(field cache-control "$url/hello.txt")" = max-age=90 ]
  [ "$(field cache-control "$url/sub/")" = no-cache ]
  serve hour anet serve -l 0 --cache 1h "$T/site"
  [ "$(field cache-control "${address[hour]}hello.txt")" = max-age=3600 ]
}

@test "--header adds its field to every response" {
  web --header 'X-One: 1' --header 'X-Two:a "b"'
  mkdir "$T/site/sub"
  local tag
  tag=$(field etag "$url/hello.txt")
  each() {
    [ "$(field x-one "$@")" = 1 ] || show "none on $*"
    [ "$(field x-two "$@")" = 'a "b"' ]
  }
  each "$url/hello.txt"
  each --head "$url/hello.txt"
  each "$url/"
  each "$url/sub"
  each "$url/nothing"
  each -X POST "$url/"
  each -X OPTIONS "$url/"
  each -r 1-2 "$url/hello.txt"
  each -r 99- "$url/hello.txt"
  each -H "If-None-Match: $tag" "$url/hello.txt"
  each -H 'Host: a b' "$url/"
}

@test "--header may replace our Cache-Control" {
  web --header 'Cache-Control: public, immutable'
  [ "$(field cache-control "$url/hello.txt")" = 'public, immutable' ]
  [ "$(field cache-control "$url/")" = 'public, immutable' ]
}

@test "--header refuses malformed fields, and those the server sets itself" {
  for header in NoColon ': value' 'A B: c' 'A : b' $'A: b\r\nC: d' $'A: b\nC: d' $'A: \x1b[2J' ''; do
    run --separate-stderr anet serve -l 0 --header "$header" "$T/site"
    [ "$status" -eq 2 ] || show "$header gave $status"
    [ -z "$output" ]
    [ "${#stderr_lines[@]}" -eq 2 ]
    [[ ${stderr_lines[0]} == "anet: serve: --header "* ]]
    [[ $stderr != *$'\x1b'* ]]
  done
  for name in Content-Length Transfer-Encoding Connection Date Content-Type ETag Last-Modified Server; do
    refuses "anet: serve: --header '$name': the server sets this field itself" \
      "try 'anet serve --help'" serve --header "${name,,}: 5"
  done
}

@test "--cors lets pages of other origins read, and answers preflight requests" {
  web --cors
  for path in hello.txt nothing ''; do
    [ "$(field access-control-allow-origin -H 'Origin: http://other.example' "$url/$path")" = '*' ]
  done
  [[ $(field access-control-expose-headers "$url/hello.txt") == *Content-Range* ]]
  ask -X OPTIONS -D "$T/head" -H 'Origin: http://other.example' \
    -H 'Access-Control-Request-Method: GET' -H 'Access-Control-Request-Headers: range,x-own' "$url/hello.txt"
  tr -d '\r' <"$T/head" >"$T/fields"
  grep -qx 'HTTP/1.1 204 No Content' "$T/fields"
  grep -qx 'Access-Control-Allow-Origin: \*' "$T/fields"
  grep -qxE 'Access-Control-Allow-Methods: .*GET.*' "$T/fields"
  grep -qx 'Access-Control-Allow-Headers: range,x-own' "$T/fields"
}

@test "without --cors no other origin may read" {
  web
  ask -X OPTIONS -D "$T/head" -H 'Origin: http://other.example' \
    -H 'Access-Control-Request-Method: GET' "$url/hello.txt"
  ask -D - -o /dev/null -H 'Origin: http://other.example' "$url/hello.txt" >>"$T/head"
  not grep -qi '^access-control' "$T/head"
  grep -q '^Allow: GET, HEAD, OPTIONS' "$T/head"
}

@test "the extension decides the media type, without regard to case" {
  web
  type_is() {
    [ -e "$T/site/$1" ] || echo >"$T/site/$1"
    [ "$(field content-type "$url/$1")" = "$2" ] || show "$1: $(field content-type "$url/$1")"
  }
  type_is page.html 'text/html; charset=utf-8'
  type_is PAGE.HTM 'text/html; charset=utf-8'
  type_is style.css 'text/css; charset=utf-8'
  type_is program.js 'text/javascript; charset=utf-8'
  type_is picture.png image/png
  type_is drawing.svg image/svg+xml
  type_is film.mp4 video/mp4
  type_is code.wasm application/wasm
  type_is unknown.qqqq application/octet-stream
  type_is none application/octet-stream
}

@test "--mime-types adds types, and its lines win" {
  printf '%s\n' '# ours' 'text/x-our our' 'application/x-page html htm' 'model/none' >"$T/types"
  web --mime-types "$T/types"
  echo >"$T/site/a.our"
  echo >"$T/site/a.html"
  echo >"$T/site/a.css"
  [ "$(field content-type "$url/a.our")" = 'text/x-our; charset=utf-8' ]
  [ "$(field content-type "$url/a.html")" = application/x-page ]
  [ "$(field content-type "$url/a.css")" = 'text/css; charset=utf-8' ]
}
