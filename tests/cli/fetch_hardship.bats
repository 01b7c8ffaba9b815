#!/usr/bin/env bats
# What anet fetch must come through: hostile servers, full disks, several of it at one file, and
# users who ask for what does not go together.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # eval is meant, each test is a function, load sets

bats_require_minimum_version 1.5.0
load ../lib/fetch_helpers

# --- writing fails ---

# So many KiB may be written by the command line that fetch is with these words: 23.
limited() {
  run --separate-stderr bash -c 'ulimit -f "$1" && eval "exec \"\$0\" fetch $2"' "$ANET" "$@"
  [ "$status" -eq 23 ] || show "$status" "$stderr"
  [[ ${stderr_lines[-1]} == 'anet: fetch: '*'file too large' ]] || show "$stderr"
}

@test "a file that hits the size limit is 23, however it is written" {
  script
  mkdir "$T/came"
  limited 1000 "-o '$T/came/file' '$url/?size=3000000'"
  has_only came
  limited 1000 "'$url/?size=3000000' >'$T/file'"
  limited 1000 "'$url/?size=3000000' >>'$T/appended'"
}

@test "a decompressed file that hits the size limit is 23" {
  script
  mkdir "$T/came"
  limited 10 "-o '$T/came/file' '$url/?size=300000&gzip=1'"
  has_only came
}

# --- parts that are none ---

# What a server says of a part, and maybe how it ends, in a query of the script.
part() {
  echo "status=206&tag=a&ranges=no&field=$(quoted "Content-Range:bytes $1")&body=$2"
}

# 0123 is kept of 0123456789, with the tag "a", at $1 of the script.
keep_some() {
  rm -rf "$T/came"
  mkdir "$T/came"
  fails 18 'cut short' --keep-partial -o "$T/came/file" "$1"
  [ "$(cat "$T/came/file.part")" = 0123 ]
}

@test "a range of a changed file is not appended to the partial file" {
  script
  local page
  # Whether the server knows Range but not If-Range, or does not look at its own tag.
  for page in "status=200,206,200&field=$(quoted 'Content-Range:bytes 4-9/10')" \
    "status=200,416,200&field=$(quoted 'Content-Range:bytes */4')"; do
    page="$url/file?$page&tag=a,b,b&ranges=no&cut=4,,&body=0123456789,bbbbbb,abcdefghij"
    keep_some "$page"
    anet fetch -c -o "$T/came/file" "$page"
    [ "$(cat "$T/came/file")" = abcdefghij ]
    [ -z "$(sent Range)" ]
    has_only came file
  done
}

@test "a range that is shorter or longer than announced does not complete a file" {
  script
  local page more
  for more in 'body=0123456789,456' 'body=0123456789,456789X' \
    'body=0123456789,456&length=no' 'body=0123456789,456789X&length=no'; do
    page="$url/file?status=200,206&tag=a&ranges=no&cut=4,&$more&field=$(quoted 'Content-Range:bytes 4-9/10')"
    rm -rf "$T/came"
    mkdir "$T/came"
    printf 0123 >"$T/came/file.part"
    printf '%s\n"a"\n' "$page" >"$T/came/file.part.from"
    anet fetch -o /dev/null "$page" || true # the first answer
    run --separate-stderr anet fetch -c -o "$T/came/file" "$page"
    grep -q "^Range: bytes=4-" "$T"/asked/*
    [[ $status == 18 || $status == 56 ]] || show "$more" "$status" "$stderr"
    [ ! -e "$T/came/file" ] || show "$more" "$(cat "$T/came/file")"
  done
}

@test "a range that was not requested is refused, and so is another one than requested" {
  script
  echo before >"$T/file"
  fails 56 'unasked' -o "$T/file" "$url/?$(part 5-9/10 56789)"
  [ "$(cat "$T/file")" = before ]
  fails 56 'another range' -r 0-4 "$url/?$(part 5-9/10 56789)"
  fails 56 'another range' -r -3 "$url/?$(part 5-9/10 56789)"
  fails 56 'another range' -r 5- "$url/?$(part 5-8/10 5678)"
  fails 56 'another range' -r 5-9 "$url/?$(part 5-9/10 567)"
  [ "$(anet fetch -r 5-99 "$url/?$(part 5-9/10 56789)")" = 56789 ]
  [ "$(anet fetch -r 5-9 "$url/?$(part '5-9/*' 56789)")" = 56789 ]
  [ "$(anet fetch -r 0-1,5-9 "$url/?status=206&body=parts")" = parts ]
  [ "$(anet fetch -H 'Range: bytes=5-9' "$url/?$(part 5-9/10 56789)")" = 56789 ]
  run --separate-stderr anet fetch -r 5-9 "$url/?$(part 5-9/10 567)&length=no"
  [ "$status" -eq 18 ]
}

@test "304 and 101 leave the file as it is, and 101 fails" {
  script
  echo before >"$T/file"
  anet fetch -H 'If-None-Match: "a"' -o "$T/file" "$url/?status=304&body="
  [ "$(cat "$T/file")" = before ]
  fails 56 'protocol' -o "$T/file" "$url/?status=101&body="
  [ "$(cat "$T/file")" = before ]
}

# --- several at one file ---

@test "a partial file that one process resumes is not removed or replaced by another" {
  script
  local first=$url/file other="$url/other?tag=b"
  first+="?tag=a&body=0123456789&cut=4,&stall=,1,"
  keep_some "$first"
  start first anet fetch -c -o "$T/came/file" "$first"
  prints script stalls
  fails 18 'cut short' --keep-partial -o "$T/came/file" "$other&body=zzzzzzzzzz&cut=2"
  [ "$(cat "$T/came/file.part")" = 01234 ]
  anet fetch --keep-partial -o "$T/came/file" "$other&body=other"
  [ "$(cat "$T/came/file")" = other ]
  [ "$(cat "$T/came/file.part")" = 01234 ]
  tell TERM first
  ends first 10
  anet fetch -c -o "$T/came/file" "$first"
  [ "$(sent Range)" = bytes=5- ]
  [ "$(cat "$T/came/file")" = 0123456789 ]
  has_only came file
}

@test "a FILE.part of another program is left alone" {
  script
  mkdir "$T/came"
  echo mine >"$T/came/file.part"
  fails 18 'cut short' --keep-partial -o "$T/came/file" "$url/?tag=a&size=100&cut=50"
  has_only came file.part
  anet fetch --keep-partial -o "$T/came/file" "$url/"
  anet fetch -c -o "$T/came/file" "$url/"
  [ "$(cat "$T/came/file.part")" = mine ]
  has_only came file file.part
}

# --- what does not go together ---

@test "--keep-partial and -c are refused with options that do not ask for the whole file" {
  local how
  for how in --raw -i -I '-X HEAD' '-r 0-9' '-H Range:bytes=2-' '-H If-Range:a'; do
    # shellcheck disable=SC2086
    is_refused $how -c -o "$T/file" http://host/
    # shellcheck disable=SC2086
    is_refused $how --keep-partial -o "$T/file" http://host/
  done
}

# --- waiting ---

@test "--timeout ends all retries, and does not count as one" {
  script
  run --separate-stderr anet fetch --retry 9999999999 --retry-delay 1ms --timeout 300ms -w '%{num_retries}' "$url/?stall=1"
  [ "$status" -eq 28 ] || show "$status" "$stderr"
  [ "$output" = h0 ] || show "$output"
}

# --- what is shown ---

@test "-w, --stats and error messages show no password" {
  script
  run --separate-stderr anet fetch -w '%{url} %{json} %{errormsg}' --stats=json "http://me:secret@${address[script]}/?status=404"
  [ "$status" -eq 22 ]
  [[ $output == "http://${address[script]}/?status=404 "* ]] || show "$output"
  [[ $output != *secret* && $stderr != *secret* ]] || show "$output" "$stderr"
  local how
  for how in "-uonly:a"$'\n'"secret" -usecret "-HAuthorization: Bearer secret"$'\r' '-HAuthorization Bearer secret' '-HAuthorization : Bearer secret'; do
    is_refused "$how" "$url/"
    [[ $stderr != *secret* ]] || show "$stderr"
  done
}

@test "an empty format prints nothing" {
  script
  local format
  for format in '' '%header{none}'; do
    run --separate-stderr anet fetch -w "$format" "$url/"
    [ "$status" -eq 0 ] || show "$stderr"
    [ "$output" = hello ]
  done
}

# --- what is there already ---

@test "the file behind stdout is written in place, and keeps its contents" {
  script
  local way
  for way in /dev/stdout /dev/fd/1 /proc/self/fd/1; do
    echo before >"$T/log"
    anet fetch -o "$way" "$url/" >>"$T/log"
    (echo first && anet fetch -o "$way" "$url/" && echo last) >"$T/new"
    [ "$(tr '\n' ' ' <"$T/log")" = 'before hello ' ] || show "$way" "$(cat "$T/log")"
    [ "$(tr '\n' ' ' <"$T/new")" = 'first hello last ' ] || show "$way" "$(cat "$T/new")"
  done
  fails 23 'bad file descriptor' -o /dev/fd/987 "$url/"
}

@test "a set-user-ID bit is not passed on to the new file" {
  script
  echo before >"$T/file"
  chmod 6751 "$T/file"
  anet fetch -o "$T/file" "$url/"
  [ "$(stat -c %a "$T/file")" = 751 ]
}

# It has begun to: the kernel says so where it may be asked.
waits_for_reader() {
  case $(cat "/proc/${pid[fetch]}/wchan" 2>/dev/null) in
    wait_for_partner) ;;
    '' | 0) rests fetch ;;
    *) return 1 ;;
  esac
}

@test "a signal ends the wait for the reader of a FIFO" {
  script
  mkfifo "$T/pipe"
  start fetch anet fetch -o "$T/pipe" "$url/"
  within 10 waits_for_reader
  tell TERM fetch
  ends fetch 10
  [ "$status" -eq 143 ]
  [ -p "$T/pipe" ]
}

# --- what is sent ---

@test "a file of /proc without a size is sent, and an unreadable one is an error" {
  script
  [ "$(stat -c %s /proc/version)" -eq 0 ]
  anet fetch -d @/proc/version "$url/"
  body | cmp - /proc/version
  anet fetch -T - "$url/" </proc/version
  body | cmp - /proc/version
  : >"$T/empty"
  anet fetch -T "$T/empty" "$url/"
  [ "$(sent Content-Length)" = 0 ]
  fails 1 'read /proc/self/mem: ' -T /proc/self/mem "$url/"
}

@test "303 does not send the body to the new place" {
  script
  anet fetch -X GET -d body "$url/?status=303&to=/there"
  [ "$(line)" = 'GET /there HTTP/1.1' ]
  [ -z "$(body)" ]
}

# --- hosts ---

@test "a host named like a kind of address is still a host" {
  script
  cd "$T"
  local name
  for name in unix udp tls; do
    run --separate-stderr anet fetch "$url/?status=302&to=http://$name/"
    [ "$status" -eq 6 ] || show "$status" "$stderr"
    [[ $stderr == *"resolve $name"* ]] || show "$stderr"
  done
}

@test "a compressed body that was not requested is not taken for the file" {
  script
  fails 56 'content coding' -c -o "$T/file" "$url/?size=1000&gzip=1"
  fails 56 'content coding' -r 0-9 "$url/?$(part 0-9/100 0123456789)&field=Content-Encoding:gzip"
  [ ! -e "$T/file" ]
  anet fetch -c -o "$T/file.gz" \
    "$url/?size=1000&gzip=1&field=$(quoted 'Content-Type:application/gzip')"
  [ "$(gunzip <"$T/file.gz" | wc -c)" -eq 1000 ] # the coding of the file itself
}

@test "-w prints everything to a pipe that does not block" {
  script
  local format
  format=$(printf 'x%.0s' {1..300000})
  start reader "$PYTHON" -c '
import os, subprocess, sys
read, write = os.pipe()
os.set_blocking(write, False)
child = subprocess.Popen(sys.argv[1:], stdout=write)
os.close(write)
size = 0
while data := os.read(read, 4096):
    size += len(data)
print(size, child.wait())' "$ANET" fetch -o /dev/null -w "${format:0:120000}" "$url/"
  prints reader '^120000 0$'
}

@test "a FIFO without a reader is an error with -O" {
  script
  mkdir "$T/came"
  mkfifo "$T/came/z"
  fails 23 'write .*/came/z' -P "$T/came" "$url/z"
}

@test "a name does not crash it if no thread can be made" {
  ! sanitized || skip "the sanitizers need more room"
  run --separate-stderr bash -c 'ulimit -v 20000; exec "$ANET" fetch http://localhost:1/'
  [[ $status == 7 || $status == 1 ]] || show "$status"
  [ "${#stderr_lines[@]}" -eq 1 ]
}
