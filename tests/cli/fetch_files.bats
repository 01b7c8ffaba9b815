#!/usr/bin/env bats
# Whatever a server answers, and whatever ends the program: FILE is whole or as it was, its bytes are
# those of the server's file, and what has come of it is not lost.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # eval is meant, each test is a function, load sets

bats_require_minimum_version 1.5.0
load ../lib/fetch_helpers

# Each request for this URL of the script takes the next of the values in a list.
page() {
  echo "$url/file?tag=a&body=0123456789,$1"
}

# 0123 of 0123456789 is kept, of the URL.
keep_some() {
  rm -rf "$T/came"
  mkdir "$T/came"
  fails 18 'cut short' -c -o "$T/came/file" "$1"
  [ "$(cat "$T/came/file.part")" = 0123 ] || show "$1"
}

# It resumes the file at the URL, but must start over, and says so.
starts_over() {
  keep_some "$1"
  run --separate-stderr anet fetch -c -o "$T/came/file" "$1"
  [ "$status" -eq 0 ] || show "$1" "exit code $status" "$stderr"
  [ "$(cat "$T/came/file")" = "${2-0123456789}" ] || show "$1" "$(cat "$T/came/file")"
  [[ ${#stderr_lines[@]} -eq 1 && $stderr == "anet: fetch: starting over with $T/came/file because "* ]] || show "$1" "$stderr"
  has_only came file
}

# --- wrong bytes ---

@test "a 200 with a Content-Range and the tail is not taken for the file (RFC 9110 14.4)" {
  script
  local range
  for range in 4-9/10 '4-9/*' '*/10' 4-9; do
    starts_over "$(page "456789,0123456789&ranges=no&cut=4,,&at=1:Content-Range:bytes%20$range")"
    [ -z "$(sent Range)" ]
  done
  # Whatever the fields say, the length is that of before.
  starts_over "$(page "456789,0123456789&ranges=no&cut=4,,&field=Content-Range:bytes%204-9/10")"
}

@test "a 200 with a Content-Range and all of the file is the file" {
  script
  starts_over "$(page "0123456789&ranges=no&cut=4,&field=Content-Range:bytes%200-9/10")"
  [ "$(sent Range)" = bytes=4- ]
  starts_over "$(page "0123456789&ranges=no&cut=4,&field=Content-Range:items%204-5/6")"
  [ "$(sent Range)" = bytes=4- ]
  anet fetch -o "$T/file" "$url/?body=0123&field=Content-Range:items%200-3/50"
}

@test "a server that sends a tail as all of it, whatever it is asked, is refused" {
  script
  local page
  page=$(page "456789,456789&ranges=no&cut=4,,&field=Content-Range:bytes%204-9/10")
  keep_some "$page"
  run --separate-stderr anet fetch -c -o "$T/came/file" "$page"
  [ "$status" -eq 56 ] || show "$status" "$stderr"
  [ ! -e "$T/came/file" ]
}

@test "a 200 of another length than the same file had is not taken for it" {
  script
  starts_over "$(page "456789,0123456789&ranges=no&cut=4,,")"
  local page
  page=$(page "456789,0123456789&ranges=no&cut=4,,&length=yes,no,yes")
  keep_some "$page"
  run --separate-stderr anet fetch -c -o "$T/came/file" "$page"
  [ "$status" -eq 56 ] || show "$status" "$stderr"
  [ ! -e "$T/came/file" ]
  anet fetch -c -o "$T/came/file" "$page"
  [ "$(cat "$T/came/file")" = 0123456789 ]
}

@test "whatever is not the rest is not appended: it is started over, once" {
  script
  local more range
  for more in 3456789:3-9/10 56789:5-9/10 45678:4-8/10 456789:4-9/11 4567891234:4-13/14 456789:4-9 45678:4-9/10; do
    range="&at=1:Content-Range:bytes%20${more#*:}"
    starts_over "$(page "${more%:*},0123456789&status=200,206,200&ranges=no&cut=4,,$range")"
    [ -z "$(sent Range)" ]
  done
  range="&at=1:Content-Range:bytes%204-9/10"
  for more in '' '&at=1:Content-Range:lines%204-9/10' "$range$range" \
    "$range&at=1:Content-Encoding:br" "$range&at=1:Content-Type:multipart/byteranges;boundary=x"; do
    starts_over "$(page "456789,0123456789&status=200,206,200&ranges=no&cut=4,,$more")"
    [ -z "$(sent Range)" ]
  done
  # Another file by now, of a server that does not know If-Range.
  starts_over "$url/file?body=0123456789,efghij,abcdefghij&tag=a,b,b&status=200,206,200&ranges=no&cut=4,,$range" abcdefghij
  starts_over "$url/file?body=0123456789,efghij,abcdefghij&tag=a,W/a,b&status=200,206,200&ranges=no&cut=4,,$range" abcdefghij
}

@test "a 206 whose size is not told is the rest" {
  script
  local page
  page=$(page '456789&status=200,206&ranges=no&cut=4,&at=1:Content-Range:bytes%204-9/*')
  keep_some "$page"
  anet fetch -c -o "$T/came/file" "$page"
  [ "$(cat "$T/came/file")" = 0123456789 ]
  has_only came file
}

@test "a 206 whose size is not told, and that ends before the file did, is not the rest" {
  script
  starts_over "$(page '45678,0123456789&status=200,206,200&ranges=no&cut=4,,&at=1:Content-Range:bytes%204-8/*')"
}

@test "the validator of one host is not used at another" {
  script
  script_elsewhere
  mkdir "$T/came"
  local page="$url/start?status=302"
  # The name leads here first, then there, where another file has the same tag.
  fails 18 'cut short' -c -o "$T/came/file" "$url/file?body=0123456789&tag=a&cut=4"
  printf '%s\n"a"\nsize 10\n' "$page&to=$(quoted "$elsewhere/file?body=abcdefghij&tag=a")" >"$T/came/file.part.from"
  run --separate-stderr anet fetch -c -o "$T/came/file" "$page&to=$(quoted "$elsewhere/file?body=abcdefghij&tag=a")"
  [ "$status" -eq 0 ] || show "$stderr"
  [ "$(cat "$T/came/file")" = abcdefghij ] || show "$(cat "$T/came/file")"
  [[ $stderr == *'another host'* ]]
  [ -z "$(sent Range elsewhere)" ]
}

@test "a file that redirects led to is resumed there" {
  script
  script_elsewhere
  mkdir "$T/came"
  local page
  page="$url/start?status=302&to=$(quoted "$elsewhere/file?body=0123456789&tag=a&cut=4,")"
  fails 18 'cut short' -c -o "$T/came/file" "$page"
  anet fetch -c -o "$T/came/file" "$page"
  [ "$(sent Range elsewhere)" = bytes=4- ]
  [ -z "$(sent Range)" ]
  [ "$(cat "$T/came/file")" = 0123456789 ]
}

@test "a retry in the middle resumes, or starts over, by itself" {
  script
  mkdir "$T/came"
  anet fetch -q -c --retry 3 --retry-delay 1ms -o "$T/came/file" "$(page '0123456789,0123456789&cut=4,3,')"
  [ "$(cat "$T/came/file")" = 0123456789 ]
  [ "$(sent Range)" = bytes=7- ]
  anet fetch -q -c --retry 3 --retry-delay 1ms -o "$T/came/other" "$url/other?body=0123456789,abcdefghij&tag=a,b&cut=4,"
  [ "$(cat "$T/came/other")" = abcdefghij ]
  has_only came file other
}

@test "a date is not used for a file that has a weak tag, and neither are two tags" {
  script
  local more
  for more in 'ETag:W/%22a%22' 'ETag:%22a%22&field=ETag:%22b%22'; do
    mkdir "$T/came"
    more="$url/file?body=0123456789&cut=4,&date=Sun,%2006%20Nov%201994%2008:49:37%20GMT&field=$more"
    fails 18 'cut short' -c -o "$T/came/file" "$more&field=Date:Mon,%2007%20Nov%201994%2008:49:37%20GMT"
    anet fetch -q -c -o "$T/came/file" "$more&field=Date:Mon,%2007%20Nov%201994%2008:49:37%20GMT"
    [ -z "$(sent Range)" ]
    [ "$(cat "$T/came/file")" = 0123456789 ]
    rm -r "$T/came"
  done
}

@test "several parts are not taken for the one range that was asked for" {
  script
  fails 56 'another range' -r 0-3 "$url/?status=206&body=0123&field=Content-Range:bytes%200-3/9&field=Content-Type:multipart/byteranges;boundary=x"
}

# --- names that say a coding ---

# A tar file in gzip, as Apache's AddEncoding sends it.
packed() {
  echo "$url/$1?size=3000&gzip=1&tag=a&field=$(quoted "Content-Type:${2-application/x-gtar-compressed}")"
}

@test "a file stays in the coding that its name says: -O, --checksum, -c and -r" {
  script
  mkdir "$T/came"
  local type sum
  bytes 3000 >"$T/bytes"
  for type in application/x-gtar-compressed application/x-tar application/octet-stream application/x-gzip; do
    for name in foo.tgz foo.tar.gz FOO.GZ foo.svgz; do
      anet fetch -P "$T/came" "$(packed "$name" "$type")"
      [ "$(sent Accept-Encoding)" = identity ]
      gunzip <"$T/came/$name" | cmp - "$T/bytes"
    done
  done
  sum=$(sha256sum <"$T/came/foo.tgz" | cut -d ' ' -f 1)
  cp "$T/came/foo.tgz" "$T/whole"
  run -0 anet fetch -q --checksum "sha256:$sum" -P "$T/came" "$(packed foo.tgz)"
  [ "$(anet fetch -r 0-1 "$(packed foo.tgz)" | od -An -tx1)" = ' 1f 8b' ]
  rm -r "$T/came"
  mkdir "$T/came"
  fails 18 'cut short' -c -P "$T/came" "$(packed foo.tgz)&cut=20,"
  anet fetch -c -P "$T/came" "$(packed foo.tgz)&cut=20,"
  [ "$(sent Range)" = bytes=20- ]
  cmp "$T/came/foo.tgz" "$T/whole"
  has_only came foo.tgz
}

@test "x-gzip, br, zstd, compress and bzip2 stay where the name says them, and only there" {
  script
  mkdir "$T/came"
  local row name coding
  for row in a.gz:x-gzip a.tgz:gzip a.br:br a.zst:zstd a.Z:compress a.Z:x-compress a.bz2:x-bzip2 a.xz:xz; do
    name=${row%:*} coding=${row#*:}
    anet fetch -P "$T/came" "$url/$name?body=as+it+is&field=Content-Encoding:$coding"
    [ "$(cat "$T/came/$name")" = 'as it is' ] || show "$row"
  done
  fails 56 'content coding' -P "$T/came" "$url/a.gz?body=x&field=Content-Encoding:br"
  fails 56 'content coding' -P "$T/came" "$url/a.txt?body=x&field=Content-Encoding:br"
  fails 56 'content coding' -P "$T/came" "$url/a.gz?body=x&field=Content-Encoding:gzip,gzip"
  # The name of FILE counts, not that of the URL.
  anet fetch -o "$T/came/a.tar" "$(packed a.tgz)"
  bytes 3000 | cmp - "$T/came/a.tar"
  anet fetch "$(packed a.tgz)" | gunzip | cmp - "$T/came/a.tar"
  anet fetch -o "$T/came/a.tar" "$url/a?size=3000&gzip=1"
  bytes 3000 | cmp - "$T/came/a.tar"
}

# --- what ends the program ---

@test "a file that SIGKILL ends is resumed by the next -c, and nothing else is left" {
  script
  mkdir "$T/came"
  local page
  page=$(page '0123456789&stall=4,')
  start fetch anet fetch -c -o "$T/came/file" "$page"
  # shellcheck disable=SC2034 # teardown reads it: this one ends by SIGKILL
  anets=
  prints script stalls
  within 10 eval '[ "$(cat "$T/came/file.part" 2>/dev/null)" = 0123 ]'
  has_only came file.part file.part.from
  tell KILL fetch
  ends fetch 10
  has_only came file.part file.part.from
  anet fetch -c -o "$T/came/file" "$page"
  [ "$(sent Range)" = bytes=4- ]
  [ "$(sent If-Range)" = '"a"' ]
  [ "$(cat "$T/came/file")" = 0123456789 ]
  has_only came file
}

@test "what came before a full disk is kept, and resumed" {
  [ "$(id -u)" -eq 0 ] || skip 'not root'
  unshare --mount true 2>/dev/null || skip 'no namespaces'
  script
  mkdir "$T/small"
  unshare --mount bash -euc 'mount -t tmpfs -o size=64k none "$1/small"
    timeout 20 "$0" fetch -c -o "$1/small/file" "$2" 2>"$1/error" && exit 1 || echo $? >"$1/code"
    stat -c "%n %s" "$1"/small/* >"$1/left"
    mount -o remount,size=2m "$1/small"
    timeout 20 "$0" fetch -c -o "$1/small/file" "$2"
    ls "$1/small" >"$1/names"
    cp "$1/small/file" "$1/file"' "$ANET" "$T" "$url/?size=1000000&tag=a"
  [ "$(cat "$T/code")" = 23 ]
  grep -q 'no space left' "$T/error"
  grep -qE 'file.part [1-9][0-9]{4}$' "$T/left" || show "$(cat "$T/left")"
  [[ $(sent Range) == bytes=[1-9]* ]]
  bytes 1000000 | cmp - "$T/file"
  [ "$(cat "$T/names")" = file ]
}

@test "a FILE.part.from that is empty, or a part that nothing is known of, does no harm" {
  script
  mkdir "$T/came"
  : >"$T/came/file.part.from"
  anet fetch -c -o "$T/came/file" "$(page 0123456789)"
  [ "$(cat "$T/came/file")" = 0123456789 ]
  has_only came file
  local from
  for from in '' 'http://elsewhere/\n"a"\n' "$(page 0123456789)\n" "$(page 0123456789)\n\n"; do
    rm "$T/came/file"
    printf abcd >"$T/came/file.part"
    # shellcheck disable=SC2059
    printf "${from//%/%%}" >"$T/came/file.part.from"
    run --separate-stderr anet fetch -c -o "$T/came/file" "$(page 0123456789)"
    [[ $status -eq 0 && $stderr == *'starting over with '*'/file because'* ]] || show "$stderr"
    [ -z "$(sent Range)" ]
    [ "$(cat "$T/came/file")" = 0123456789 ]
    has_only came file
  done
  : >"$T/came/file.part"
  rm "$T/came/file"
  anet fetch -c -o "$T/came/file" "$(page 0123456789)"
  has_only came file
}

@test "a FILE.part whose name another program takes meanwhile is not published" {
  script
  mkdir "$T/came"
  start fetch anet fetch -c -o "$T/came/file" "$(page '&size=10&drip=100')"
  within 10 eval '[ -s "$T/came/file.part" ]'
  echo other >"$T/other"
  mv "$T/other" "$T/came/file.part"
  ends fetch 20
  [ "$status" -eq 23 ] || show "$status" "$(cat "$T/fetch.err")"
  [ ! -e "$T/came/file" ]
}

# --- files that are whole ---

@test "-c on a FILE that is whole fetches nothing, and says so" {
  script
  mkdir "$T/came"
  local inode how
  printf 0123456789 >"$T/came/file"
  inode=$(stat -c %i "$T/came/file")
  for how in "-o $T/came/file" "-P $T/came"; do
    # shellcheck disable=SC2086
    run --separate-stderr anet fetch -c $how "$(page 0123456789)"
    [ "$status" -eq 0 ] || show "$stderr"
    [[ ${#stderr_lines[@]} -eq 1 && $stderr == "anet: fetch: nothing to fetch for $T/came/file because "* ]] || show "$stderr"
    [ "$(sent Range)" = bytes=10- ]
    [ -z "$(sent If-Range)" ]
    [ "$(stat -c %i "$T/came/file")" = "$inode" ]
    has_only came file
  done
  [ -z "$(anet fetch -q -c -o "$T/came/file" "$(page 0123456789)" 2>&1)" ]
}

@test "-c on a FILE of another length, or an older one, fetches all of it" {
  script
  mkdir "$T/came"
  local have
  for have in 012345678 0123456789x x; do
    printf %s "$have" >"$T/came/file"
    run --separate-stderr anet fetch -c -o "$T/came/file" "$(page 0123456789)"
    [[ $status -eq 0 && $stderr == *'starting over with '* ]] || show "$stderr"
    [ "$(cat "$T/came/file")" = 0123456789 ]
    [ -z "$(sent Range)" ]
    has_only came file
  done
  printf abcdefghij >"$T/came/file"
  touch -d '2001-01-01 UTC' "$T/came/file"
  anet fetch -q -c -o "$T/came/file" "$(page 0123456789 | sed 's/tag=a&//')&date=Sun,%2006%20Nov%202005%2008:49:37%20GMT"
  [ "$(cat "$T/came/file")" = 0123456789 ]
  # A server without ranges sends it all at once.
  printf 012 >"$T/came/file"
  anet fetch -c -o "$T/came/file" "$(page '0123456789&ranges=no')"
  [ "$(cat "$T/came/file")" = 0123456789 ]
}

@test "-c on a FILE that is whole believes a server that tells its length only with all of it" {
  script
  mkdir "$T/came"
  printf 0123456789 >"$T/came/file"
  run --separate-stderr anet fetch -c -o "$T/came/file" "$url/file?body=x,abcdefghij&status=416,200"
  [[ $status -eq 0 && ${#stderr_lines[@]} -eq 1 && $stderr == *'nothing to fetch for '*length ]] || show "$stderr"
  [ "$(cat "$T/came/file")" = 0123456789 ]
  run --separate-stderr anet fetch -c -o "$T/came/file" "$url/file?body=x,012345678&status=416,200"
  [[ $status -eq 0 && ${#stderr_lines[@]} -eq 1 && $stderr == *'starting over with '* ]] || show "$stderr"
  [ "$(cat "$T/came/file")" = 012345678 ]
  has_only came file
}

@test "-c --checksum on a FILE that is whole asks nobody, and replaces a wrong one" {
  script
  mkdir "$T/came"
  local sum
  sum=$(printf 0123456789 | sha256sum | cut -d ' ' -f 1)
  printf 0123456789 >"$T/came/file"
  run --separate-stderr anet fetch -c --checksum "sha256:$sum" -o "$T/came/file" "$(page 0123456789)"
  [[ $status -eq 0 && $stderr == *'nothing to fetch for '*'checksum'* ]] || show "$stderr"
  [ "$(asked)" -eq 0 ]
  printf abcdefghij >"$T/came/file"
  anet fetch -q -c --checksum "sha256:$sum" -o "$T/came/file" "$(page 0123456789)"
  [ "$(cat "$T/came/file")" = 0123456789 ]
}

@test "--newer fetches only what is newer, and gives it the server's time" {
  script
  mkdir "$T/came"
  local page="$url/file?body=new&date=Sun,%2006%20Nov%201994%2008:49:37%20GMT"
  anet fetch -N -P "$T/came" "$page"
  [ -z "$(sent If-Modified-Since)" ]
  [ "$(stat -c %Y "$T/came/file")" = 784111777 ]
  echo old >"$T/came/file"
  touch -d @784111777 "$T/came/file"
  run --separate-stderr anet fetch -N -P "$T/came" "$page"
  [[ $status -eq 0 && $stderr == *'nothing to fetch for '*newer ]] || show "$stderr"
  [ "$(sent If-Modified-Since)" = 'Sun, 06 Nov 1994 08:49:37 GMT' ]
  [ "$(cat "$T/came/file")" = old ]
  run --separate-stderr anet fetch --newer -P "$T/came" "$url/file?status=304&body="
  [[ $status -eq 0 && $stderr == *'nothing to fetch for '*newer ]] || show "$stderr"
  touch -d @784111776 "$T/came/file"
  anet fetch -N -c -o "$T/came/file" "$page"
  [ "$(cat "$T/came/file")" = new ]
  [ "$(stat -c %Y "$T/came/file")" = 784111777 ]
  has_only came file
}

@test "--no-clobber leaves a FILE that exists, with exit code 0, and asks for the others" {
  script
  mkdir "$T/came"
  echo mine >"$T/came/file"
  run --separate-stderr anet fetch --no-clobber -P "$T/came" "$url/file" "$url/other"
  [[ $status -eq 0 && ${#stderr_lines[@]} -eq 1 && $stderr == *"nothing to fetch for $T/came/file because "* ]] || show "$stderr"
  [ "$(asked)" -eq 1 ]
  [ "$(cat "$T/came/file")" = mine ]
  [ "$(cat "$T/came/other")" = hello ]
  # One that appears meanwhile is not replaced either.
  start fetch anet fetch --no-clobber -o "$T/came/late" "$url/?body=0123456789&drip=50"
  within 10 eval '[ "$(asked)" -eq 2 ]'
  echo mine >"$T/came/late"
  ends fetch 20
  [ "$status" -eq 23 ]
  [ "$(cat "$T/came/late")" = mine ]
  has_only came file late other
}

@test "--newer and --no-clobber are refused where they mean nothing" {
  is_refused -N http://host/
  is_refused --no-clobber http://host/
  is_refused -N --no-clobber -O http://host/
  is_refused -N -O -H 'If-None-Match: "a"' http://host/
  is_refused -N -O -r 0-9 http://host/
  is_refused -N -O -d x http://host/
}

# --- files that cannot be replaced ---

@test "a FILE that is a mount point is written in place, when the body is complete" {
  [ "$(id -u)" -eq 0 ] || skip 'not root'
  unshare --mount true 2>/dev/null || skip 'no namespaces'
  script
  mkdir "$T/came"
  echo before >"$T/came/file"
  echo before >"$T/real"
  unshare --mount bash -euc 'mount --bind "$1/real" "$1/came/file"
    timeout 20 "$0" fetch -o "$1/came/file" "$2/?size=100000&cut=7000" 2>"$1/cut" && exit 1 || echo $? >"$1/code"
    cp "$1/real" "$1/after"
    timeout 20 "$0" fetch -o "$1/came/file" "$2/?body=longer+than+before" 2>"$1/line"
    cp "$1/real" "$1/then"
    timeout 20 "$0" fetch -q -c -o "$1/came/file" "$2/?body=x&tag=a"
    ls -A "$1/came" >"$1/names"' "$ANET" "$T" "$url"
  [ "$(cat "$T/code")" = 18 ]
  [ "$(cat "$T/after")" = before ]
  [ "$(cat "$T/then")" = 'longer than before' ]
  [ "$(cat "$T/real")" = x ]
  [ "$(cat "$T/line")" = "anet: fetch: written in place to $T/came/file because it is a mount point" ] || show "$(cat "$T/line")"
  [ "$(cat "$T/came/file")" = before ] # which was under it
  [ "$(cat "$T/names")" = file ]
}

# As somebody who is not root.
as_nobody() {
  setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

@test "a FILE that may be written, in a folder that may not, is written in place" {
  [ "$(id -u)" -eq 0 ] || skip 'not root'
  as_nobody test -x "$ANET" || skip 'nobody cannot run it'
  chmod a+x "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$T"
  as_nobody test -x "$T" || skip 'nobody cannot get there'
  script
  mkdir -m 755 "$T/came"
  mkdir -m 777 "$T/tmp"
  echo before >"$T/came/file"
  chmod 666 "$T/came/file"
  local inode
  inode=$(stat -c %i "$T/came/file")
  TMPDIR=$T/tmp run --separate-stderr as_nobody "$ANET" fetch -o "$T/came/file" "$url/?size=9000&cut=70"
  [ "$status" -eq 18 ] || show "$stderr"
  [ "$(cat "$T/came/file")" = before ]
  TMPDIR=$T/tmp run --separate-stderr as_nobody "$ANET" fetch -o "$T/came/file" "$url/?body=new"
  [ "$status" -eq 0 ] || show "$stderr"
  [ "$stderr" = "anet: fetch: written in place to $T/came/file because its folder cannot be written" ] || show "$stderr"
  [ "$(cat "$T/came/file")" = new ]
  [ "$(stat -c %i "$T/came/file")" = "$inode" ]
  TMPDIR=$T/tmp run --separate-stderr as_nobody "$ANET" fetch -q -c -o "$T/came/file" "$url/?tag=a&body=resumable"
  [ "$status" -eq 0 ] || show "$stderr"
  [ "$(cat "$T/came/file")" = resumable ]
  run --separate-stderr as_nobody "$ANET" fetch -o "$T/came/new" "$url/"
  [ "$status" -eq 23 ]
  has_only came file
  has_only tmp
}

@test "a FILE of somebody else in a sticky folder is written in place" {
  [ "$(id -u)" -eq 0 ] || skip 'not root'
  as_nobody test -x "$ANET" || skip 'nobody cannot run it'
  chmod a+x "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$T"
  as_nobody test -x "$T" || skip 'nobody cannot get there'
  script
  mkdir -m 1777 "$T/came"
  echo before >"$T/came/file"
  chmod 666 "$T/came/file"
  run --separate-stderr as_nobody "$ANET" fetch -o "$T/came/file" "$url/?body=new"
  [ "$status" -eq 0 ] || show "$stderr"
  [ "$stderr" = "anet: fetch: written in place to $T/came/file because its folder keeps it from being replaced" ] || show "$stderr"
  [ "$(cat "$T/came/file")" = new ]
  run --separate-stderr as_nobody "$ANET" fetch -q -c -o "$T/came/file" "$url/?body=newer&tag=a"
  [ "$(cat "$T/came/file")" = newer ]
  has_only came file
}

@test "a FILE in a folder that is read-only is written in place" {
  [ "$(id -u)" -eq 0 ] || skip 'not root'
  unshare --mount true 2>/dev/null || skip 'no namespaces'
  script
  mkdir "$T/came"
  echo before >"$T/came/file"
  echo before >"$T/real"
  unshare --mount bash -euc 'mount --bind "$1/came" "$1/came"
    mount -o remount,ro,bind "$1/came"
    mount --bind "$1/real" "$1/came/file"
    timeout 20 "$0" fetch -o "$1/came/file" "$2/?body=new" 2>"$1/line"
    timeout 20 "$0" fetch -o "$1/came/other" "$2/" 2>/dev/null && exit 1 || echo $? >"$1/code"' "$ANET" "$T" "$url"
  [ "$(cat "$T/real")" = new ]
  [ "$(cat "$T/line")" = "anet: fetch: written in place to $T/came/file because its folder cannot be written" ] || show "$(cat "$T/line")"
  [ "$(cat "$T/code")" = 23 ]
}

@test "a disk without room for it leaves a FILE that is written in place as it was" {
  [ "$(id -u)" -eq 0 ] || skip 'not root'
  unshare --mount true 2>/dev/null || skip 'no namespaces'
  script
  mkdir "$T/came" "$T/small"
  echo before >"$T/came/file"
  unshare --mount bash -euc 'mount -t tmpfs -o size=64k none "$1/small"
    echo before >"$1/small/real"
    mount --bind "$1/small/real" "$1/came/file"
    timeout 20 "$0" fetch -o "$1/came/file" "$2" 2>"$1/error" && exit 1 || echo $? >"$1/code"
    cp "$1/small/real" "$1/after"' "$ANET" "$T" "$url/?size=1000000"
  [ "$(cat "$T/code")" = 23 ]
  [ "$(cat "$T/after")" = before ]
  grep -q 'no space left' "$T/error"
  has_only came file
}

@test "the target of a link that leads to nothing is made, and the link stays" {
  script
  mkdir "$T/came" "$T/came/sub"
  ln -s sub/target "$T/came/link"
  ln -s link "$T/came/second"
  ln -s "$T/came/sub/absolute" "$T/came/third"
  ln -s nowhere/file "$T/came/fourth"
  anet fetch -o "$T/came/second" "$url/"
  anet fetch -c -o "$T/came/third" "$url/"
  [ -L "$T/came/second" ] && [ -L "$T/came/link" ] && [ -L "$T/came/third" ]
  [ "$(cat "$T/came/sub/target")" = hello ]
  [ "$(cat "$T/came/sub/absolute")" = hello ]
  fails 23 'no such file' -o "$T/came/fourth" "$url/"
  has_only came fourth link second sub sub/absolute sub/target third
}
