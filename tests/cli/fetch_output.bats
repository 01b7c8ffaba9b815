#!/usr/bin/env bats
# Where the answer to anet fetch goes, and what is left when there is none.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # eval is meant, each test is a function, load sets

bats_require_minimum_version 1.5.0
load ../lib/fetch_helpers

# --- stdout ---

@test "HOST PATH prints head and body as they come" {
  script
  anet fetch "${address[script]}" '/?body=a%00b%0a%ff&field=X-A:b' >"$T/out"
  # What the script makes of %ff is UTF-8.
  printf 'HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 7\r\n\r\na\0b\n\xef\xbf\xbd' | cmp - "$T/out"
  anet fetch "${address[script]}" '/?body=only&version=1.0&length=no' >"$T/out"
  printf 'HTTP/1.0 200 OK\r\n\r\nonly' | cmp - "$T/out"
}

@test "a URL prints the body, -i the head too, and -b only the body in the raw form" {
  script
  bytes 300000 >"$T/bytes"
  anet fetch "$url/?size=300000" | cmp - "$T/bytes"
  anet fetch -i "$url/?body=x" >"$T/out"
  printf 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx' | cmp - "$T/out"
  anet fetch -b "${address[script]}" '/?size=300000' | cmp - "$T/bytes"
  anet fetch --raw -b "$url/?size=300000" | cmp - "$T/bytes"
  [ -z "$(anet fetch "$url/?status=204&body=")" ]
}

@test "in the raw form any status is a success, and a cut body is a failure" {
  script
  run --separate-stderr anet fetch "${address[script]}" '/?status=404'
  [ "$status" -eq 0 ]
  [[ ${lines[0]} == 'HTTP/1.1 404 Not Found'* ]]
  [ "${lines[-1]}" = hello ]
  run --separate-stderr anet fetch "${address[script]}" '/?size=100&cut=50'
  [ "$status" -eq 18 ]
  [[ $stderr == 'anet: fetch: '*'cut short'* ]] || show "$stderr"
}

@test "several URLs are printed in order, and the exit code is that of the first that failed" {
  script
  run --separate-stderr anet fetch "$url/?body=a" "$url/?status=404" "$url/?body=b" "$url/?size=9&cut=0" "$url/?body=c"
  [ "$output" = abc ]
  [ "$status" -eq 22 ]
  [ "${#stderr_lines[@]}" -eq 2 ]
  [[ ${stderr_lines[0]} == *404* ]]
  [[ ${stderr_lines[1]} == *'cut short'* ]]
}

@test "a status of 400 or above is 22, with the status on stderr and nothing on stdout or in a file" {
  script
  echo before >"$T/file"
  mkdir "$T/came"
  local inode code
  inode=$(stat -c %i "$T/file")
  for code in 400 404 410 500 503; do
    fails 22 "HTTP $code" "$url/?status=$code&body=page"
    fails 22 "HTTP $code" -o "$T/file" "$url/?status=$code&body=page"
    fails 22 "HTTP $code" -P "$T/came" "$url/name?status=$code&body=page"
  done
  [ "$(cat "$T/file")" = before ]
  [ "$(stat -c %i "$T/file")" = "$inode" ]
  [ "$(find "$T" -name '*file*')" = "$T/file" ]
  has_only came
}

@test "--error-body prints the body of an error, and the exit code stays 22" {
  script
  run --separate-stderr anet fetch --error-body "$url/?status=404&body=page"
  [ "$status" -eq 22 ]
  [ "$output" = page ]
  run --separate-stderr anet fetch --error-body -i "$url/?status=500&body=page"
  [ "$status" -eq 22 ]
  [[ ${lines[0]} == 'HTTP/1.1 500 '* ]]
  [ "${lines[-1]}" = page ]
}

@test "output that cannot be written is 23" {
  script
  local where
  run --separate-stderr bash -c '"$0" fetch "$1" >/dev/full' "$ANET" "$url/?size=100000"
  [ "$status" -eq 23 ] || show "$status" "$stderr"
  [[ $stderr == 'anet: fetch: '*'no space left'* ]] || show "$stderr"
  run --separate-stderr bash -c '"$0" fetch "$1" >/dev/full' "$ANET" "$url/"
  [ "$status" -eq 23 ] || show "$status" "$stderr"
  run --separate-stderr bash -c '"$0" fetch "$1" >&-' "$ANET" "$url/"
  [ "$status" -eq 23 ] || show "$status" "$stderr"
  fails 23 'no space left' -o /dev/full "$url/?size=100000"
  # For these the server is not even asked.
  where=$(asked)
  fails 23 'no such file or directory' -o "$T/nowhere/file" "$url/"
  mkdir "$T/folder"
  fails 23 'folder' -o "$T/folder" "$url/"
  fails 23 "not a directory|no such file" -o "$T/never/file" "$url/"
  [ "$(asked)" -eq "$where" ]
}

@test "a reader that closes the pipe ends it by SIGPIPE, silently" {
  script
  run --separate-stderr timeout 20 bash -c '"$0" fetch "$1" | head -c 1; exit "${PIPESTATUS[0]}"' "$ANET" "$url/?size=30000000"
  [ "$status" -eq 141 ]
  [ "${#output}" -le 1 ]
  [ -z "$stderr" ]
}

@test "a reader that goes away is noticed even while nothing arrives" {
  script
  run --separate-stderr timeout 20 bash -c '"$0" fetch "$1" | head -c 1; exit "${PIPESTATUS[0]}"' "$ANET" "$url/?size=300000&stall=150000"
  [ "$status" -eq 141 ]
  [ -z "$stderr" ]
}

# --- files ---

@test "-o creates a file with the usual mode, and replaces an old one only when complete" {
  script
  (umask 027 && anet fetch -o "$T/file" "$url/?body=one")
  [ "$(cat "$T/file")" = one ]
  [ "$(stat -c %a "$T/file")" = 640 ]
  chmod 600 "$T/file"
  [ -z "$(anet fetch -o "$T/file" "$url/?body=two" 2>&1)" ]
  [ "$(cat "$T/file")" = two ]
  [ "$(stat -c %a "$T/file")" = 600 ]
  [ "$(find "$T" -name '*file*')" = "$T/file" ]
  cd "$T"
  anet fetch -o relative "$url/?size=2000000"
  bytes 2000000 | cmp - relative
  anet fetch -i -o file "$url/?body=x"
  printf 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx' | cmp - file
}

@test "-o writes to a device or a pipe without replacing it" {
  script
  mkfifo "$T/pipe"
  start reader cat "$T/pipe"
  anet fetch -o "$T/pipe" "$url/"
  ends reader 10
  [ "$(cat "$T/reader.out")" = hello ]
  [ -p "$T/pipe" ]
  anet fetch -o /dev/null "$url/"
  [ -c /dev/null ]
  [ "$(anet fetch -o /dev/stdout "$url/" | cat)" = hello ]
}

@test "-O and -P name files after the URLs, whatever name the server suggests" {
  script
  mkdir "$T/site" "$T/here"
  cd "$T/here"
  anet fetch -O "$url/a/file.txt?field=Content-Disposition:attachment;filename=evil" "$url/with%20space" "$url/"
  has_only here file.txt 'with space' index.html
  anet fetch -P "$T/site" "$url/x/one" "$url/two?status=200" "$url/a%2fb" "$url/..%2f..%2fc" "$url/.%2e%2fd"
  has_only here file.txt 'with space' index.html
  [ "$(find "$T/site" -type f | wc -l)" -eq 5 ]
  [ "$(find "$T/site" -mindepth 2)" = '' ]
  [ "$(cat "$T/site/one")" = hello ]
  # A redirect does not name it either.
  anet fetch -O "$url/start?status=302&to=/evil.txt"
  [ -f start ] && [ ! -e evil.txt ]
}

@test "--parallel fetches several URLs at once, each to its file" {
  script
  mkdir "$T/came"
  local n urls=()
  for n in {1..8}; do urls+=("$url/$n?size=${n}0&drip=40"); done
  # One after the other they would take 14.4 s.
  timeout 12 "$ANET" fetch --parallel 8 -P "$T/came" "${urls[@]}"
  for n in {1..8}; do bytes "${n}0" | cmp - "$T/came/$n"; done
  run --separate-stderr anet fetch --parallel 4 -P "$T/came" "$url/1?body=x" "$url/2?status=404" "$url/9?body=y"
  [ "$status" -eq 22 ]
  [ "$(cat "$T/came/1" "$T/came/9")" = xy ]
  bytes 20 | cmp - "$T/came/2"
}

@test "an incomplete body leaves the old file, or no file" {
  script
  mkdir "$T/came"
  fails 18 'cut short' -o "$T/came/file" "$url/?size=100000&cut=70000"
  has_only came
  echo before >"$T/came/file"
  fails 18 'cut short' -o "$T/came/file" "$url/?size=100000&cut=70000"
  has_only came file
  [ "$(cat "$T/came/file")" = before ]
}

# SIGNAL: it ends a transfer into a file that hangs.
interrupted() {
  script
  mkdir "$T/came"
  echo before >"$T/came/file"
  # As a shell with job control starts it, so that nothing has SIGINT ignored.
  start fetch "$PYTHON" -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])' "$ANET" fetch -o "$T/came/file" "$url/?size=100000&stall=70000"
  prints script stalls
  tell "$1" fetch
  ends fetch 10
  has_only came file
  [ "$(cat "$T/came/file")" = before ]
  [ ! -s "$T/fetch.err" ] || show "$(cat "$T/fetch.err")"
}

@test "SIGINT during a transfer leaves only the old file" {
  interrupted INT
  [ "$status" -eq 130 ]
}

@test "SIGTERM during a transfer leaves only the old file" {
  interrupted TERM
  [ "$status" -eq 143 ]
}

@test "SIGINT keeps the partial file with --keep-partial" {
  script
  mkdir "$T/came"
  start fetch "$PYTHON" -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])' "$ANET" fetch -c -o "$T/came/file" "$(page 'tag=a&stall=4,')"
  prints script stalls
  within 10 eval 'grep -qx 0123 <(cat "$T"/came/.anet* "$T"/came/file.part 2>/dev/null; echo)'
  tell INT fetch
  ends fetch 10
  [ "$status" -eq 130 ]
  [ "$(cat "$T/came/file.part")" = 0123 ]
  anet fetch -c -o "$T/came/file" "$(page 'tag=a&stall=4,')"
  [ "$(sent Range)" = bytes=4- ]
  [ "$(cat "$T/came/file")" = 0123456789 ]
}

@test "a full disk is 23, and nothing is left on it" {
  [ "$(id -u)" -eq 0 ] || skip 'not root'
  unshare --mount true 2>/dev/null || skip 'no namespaces'
  script
  mkdir "$T/small"
  unshare --mount bash -euc 'mount -t tmpfs -o size=64k none "$1/small"
    echo before >"$1/small/file"
    timeout 20 "$0" fetch -o "$1/small/file" "$2" 2>"$1/error" && exit 1 || echo $? >"$1/code"
    find "$1/small" -type f -exec cat {} + >"$1/left"' "$ANET" "$T" "$url/?size=1000000"
  [ "$(cat "$T/code")" = 23 ]
  [ "$(cat "$T/left")" = before ]
  grep -q 'no space left' "$T/error"
}

@test "with --checksum the file appears only if its checksum matches" {
  script
  mkdir "$T/came"
  local kind sum
  for kind in sha256 sha512 sha1 md5; do
    sum=$(printf 'hello\n' | "${kind}sum" | cut -d ' ' -f 1)
    anet fetch --checksum "$kind:$sum" -o "$T/came/file" "$url/"
    anet fetch --checksum "$kind:${sum^^}" -o "$T/came/file" "$url/"
    [ "$(cat "$T/came/file")" = hello ]
    fails 1 "$kind.*${sum:0:16}" --checksum "$kind:$sum" -o "$T/came/file" "$url/?body=other"
    [ "$(cat "$T/came/file")" = hello ]
    has_only came file
    run --separate-stderr anet fetch --checksum "$kind:$sum" "$url/?body=other"
    [ "$status" -eq 1 ]
  done
  is_refused --checksum "crc32:12345678" "$url/"
  is_refused --checksum "sha256:${sum}" "$url/"
  is_refused --checksum "md5:${sum:1}x" "$url/"
  is_refused --checksum "$sum" "$url/"
}

# --- going on ---

# What is asked for in the following, in which the body is cut as the script says.
page() {
  echo "$url/file?body=0123456789&$1"
}

@test "--keep-partial keeps an incomplete file, and -c resumes it" {
  script
  mkdir "$T/came"
  echo before >"$T/came/file"
  fails 18 'cut short' --keep-partial -o "$T/came/file" "$(page 'tag=a&cut=4,')"
  [ "$(cat "$T/came/file")" = before ]
  [ "$(cat "$T/came/file.part")" = 0123 ]
  anet fetch -c -o "$T/came/file" "$(page 'tag=a&cut=4,')"
  [ "$(sent Range)" = bytes=4- ]
  [ "$(sent If-Range)" = '"a"' ]
  [ "$(cat "$T/came/file")" = 0123456789 ]
  has_only came file
}

@test "-c and --keep-partial do not go with other ranges" {
  for how in -c --keep-partial; do
    is_refused "$how" -r 0-3 -o "$T/file" "http://127.0.0.1:1/"
    is_refused "$how" -H 'Range: bytes=0-3' -o "$T/file" "http://127.0.0.1:1/"
    is_refused "$how" -H 'if-range: "a"' -o "$T/file" "http://127.0.0.1:1/"
  done
}

@test "-c resumes as often as needed, and keeps the file in between" {
  script
  mkdir "$T/came"
  fails 18 'cut short' -c -o "$T/came/file" "$(page 'tag=a&cut=4,3,')"
  fails 18 'cut short' -c -o "$T/came/file" "$(page 'tag=a&cut=4,3,')"
  [ "$(cat "$T/came/file.part")" = 0123456 ]
  anet fetch -c -o "$T/came/file" "$(page 'tag=a&cut=4,3,')"
  [ "$(sent Range)" = bytes=7- ]
  [ "$(cat "$T/came/file")" = 0123456789 ]
  has_only came file
}

@test "-c without a partial file fetches the whole file" {
  script
  mkdir "$T/came"
  anet fetch -c -P "$T/came" "$(page tag=a)"
  [ -z "$(sent Range)" ]
  [ "$(cat "$T/came/file")" = 0123456789 ]
  # A file that is there is no part of anything.
  printf 012 >"$T/came/file"
  anet fetch -c -P "$T/came" "$(page tag=a)"
  [ "$(cat "$T/came/file")" = 0123456789 ]
  has_only came file
}

@test "a file that has changed is fetched from its beginning" {
  script
  mkdir "$T/came"
  fails 18 'cut short' --keep-partial -o "$T/came/file" "$url/?body=aaaaaaaaaa,bbbbbbbbbb&tag=a,b&cut=4,"
  anet fetch -c -o "$T/came/file" "$url/?body=aaaaaaaaaa,bbbbbbbbbb&tag=a,b&cut=4,"
  [ "$(sent If-Range)" = '"a"' ]
  [ "$(cat "$T/came/file")" = bbbbbbbbbb ]
  has_only came file
}

@test "a server without ranges is asked for the whole file" {
  script
  mkdir "$T/came"
  fails 18 'cut short' --keep-partial -o "$T/came/file" "$(page 'tag=a&ranges=no&cut=4,')"
  anet fetch -c -o "$T/came/file" "$(page 'tag=a&ranges=no&cut=4,')"
  [ "$(sent Range)" = bytes=4- ]
  [ "$(cat "$T/came/file")" = 0123456789 ]
}

@test "a partial file with a weak tag or none is not resumed (RFC 9110 13.1.5)" {
  script
  mkdir "$T/came"
  local how
  for how in 'tag=W/a&' ''; do
    fails 18 'cut short' --keep-partial -o "$T/came/file" "$(page "${how}cut=4,")"
    anet fetch -c -o "$T/came/file" "$(page "${how}cut=4,")"
    [ -z "$(sent If-Range)" ]
    [ "$(cat "$T/came/file")" = 0123456789 ]
    has_only came file
  done
}

@test "a partial file of another URL is not resumed" {
  script
  mkdir "$T/came"
  fails 18 'cut short' --keep-partial -o "$T/came/file" "$(page 'tag=a&cut=4')"
  anet fetch -c -o "$T/came/file" "$url/other?body=abcdefghij&tag=a"
  [ "$(cat "$T/came/file")" = abcdefghij ]
}

@test "a partial file that is complete needs nothing more" {
  script
  mkdir "$T/came"
  fails 18 'cut short' --keep-partial -o "$T/came/file" "$(page 'tag=a&cut=4,')"
  printf 456789 >>"$T/came/file.part"
  anet fetch -c -o "$T/came/file" "$(page 'tag=a&cut=4,')"
  [ "$(cat "$T/came/file")" = 0123456789 ]
  has_only came file
}

@test "a partial file longer than the whole file is not taken for it" {
  script
  mkdir "$T/came"
  fails 18 'cut short' --keep-partial -o "$T/came/file" "$(page 'tag=a&cut=4,')"
  printf 456789XYZ >>"$T/came/file.part"
  run --separate-stderr anet fetch -c -o "$T/came/file" "$(page 'tag=a&cut=4,')"
  if [ "$status" -eq 0 ]; then
    [ "$(cat "$T/came/file")" = 0123456789 ]
  else
    [ ! -e "$T/came/file" ]
  fi
}

@test "a partial file that another process resumes is left to it" {
  script
  mkdir "$T/came"
  fails 18 'cut short' --keep-partial -o "$T/came/file" "$(page 'tag=a&cut=4,&stall=,1,')"
  start first anet fetch -c -o "$T/came/file" "$(page 'tag=a&cut=4,&stall=,1,')"
  prints script stalls
  run --separate-stderr anet fetch -c -o "$T/came/file" "$(page 'tag=a&cut=4,&stall=,1,')"
  [ "$status" -ne 0 ]
  [ ! -e "$T/came/file" ]
  [ "$(wc -l <<<"$stderr")" -eq 1 ]
}

@test "the checksum of a resumed file covers all of it" {
  script
  mkdir "$T/came"
  local sum
  sum=$(printf 0123456789 | sha256sum | cut -d ' ' -f 1)
  fails 18 'cut short' --keep-partial -o "$T/came/file" "$(page 'tag=a&cut=4,')"
  anet fetch -c --checksum "sha256:$sum" -o "$T/came/file" "$(page 'tag=a&cut=4,')"
  [ "$(sent Range)" = bytes=4- ]
  [ "$(cat "$T/came/file")" = 0123456789 ]
}
