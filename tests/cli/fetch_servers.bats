#!/usr/bin/env bats
# anet fetch and common servers: what it writes is what the server has.
# shellcheck disable=SC2030,SC2031,SC2154 # each test is a function, load sets

bats_require_minimum_version 1.5.0
load ../lib/fetch_helpers

# One folder for all tests: 30 files, with sizes around those of reads, and with unusual names.
setup_file() {
  find_python
  local site=$BATS_FILE_TMPDIR/site size name
  mkdir "$site"
  head -c 20000000 /dev/urandom >"$BATS_FILE_TMPDIR/random"
  for size in 0 1 2 512 4095 4096 4097 65535 65536 65537 262144 1048576 1048577 20000000; do
    head -c "$size" "$BATS_FILE_TMPDIR/random" >"$site/$size"
  done
  for name in 'a b' grüße.txt 'hash#tag' 'what?' 'hundred%41' 'a:b' "it's" 'say "hi"' '<b>bold' -rf 'x=1&y=2' \
    'plus+plus' 'semi;colon' '{}|^`~' '日本.html'; do
    printf 'in %s\n' "$name" >"$site/$name"
  done
  # The last one is of 128 MiB, with random bytes at both ends and in the middle.
  truncate -s 128M "$site/big"
  for size in 0 60000000 133217727; do
    head -c 1000001 "$BATS_FILE_TMPDIR/random" | dd of="$site/big" bs=1M seek="$size" oflag=seek_bytes conv=notrunc status=none
  done
  [ "$(find "$site" -type f | wc -l)" -eq 30 ]
  [ "$(stat -c %s "$site/big")" -eq $((128 << 20)) ]
}

# NAME...: their URLs below $url.
urls() {
  "$PYTHON" -c 'import sys, urllib.parse
for name in sys.argv[2:]: print(sys.argv[1] + "/" + urllib.parse.quote(name, safe="!$&\x27()*+,;=:@"))' "$url" "$@"
}

# URL: all of the files come from there unchanged, the big one through a pipe.
gives_all() {
  url=$1
  local names
  mapfile -t names < <(find "$BATS_FILE_TMPDIR/site" -type f -not -name big -printf '%f\n')
  gives "${names[@]}"
  big "$url/big"
}

gives() {
  local list
  mapfile -t list < <(urls "$@")
  mkdir "$T/came"
  anet fetch -P "$T/came" "${list[@]}"
  (cd "$BATS_FILE_TMPDIR/site" && sha256sum -- "$@") >"$T/sums"
  (cd "$T/came" && sha256sum --quiet --check "$T/sums")
  [ "$(find "$T/came" -type f | wc -l)" -eq $# ]
}

# URL: through a pipe.
big() {
  timeout 120 "$ANET" fetch "$1" | cmp - "$BATS_FILE_TMPDIR/site/big"
  [ "${PIPESTATUS[0]}" -eq 0 ]
}

# NAME: that of files.py listens.
listens() {
  up() { : <"/dev/tcp/127.0.0.1/$(port_of "$1")"; } 2>/dev/null
  within 10 up "$1" || show "$(cat "$T/work/error.log" "$T/$1.err")"
}

# PROGRAM: serves them.
installed() {
  PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null || skip "no $1"
  mkdir "$T/work"
  serve "$1" peer files "$1" "$BATS_FILE_TMPDIR/site" "$T/work"
  listens "$1"
}

@test "all 30 files come from nginx unchanged" {
  installed nginx
  gives_all "http://${address[nginx]}"
}

@test "all 30 files come from lighttpd unchanged" {
  installed lighttpd
  gives_all "http://${address[lighttpd]}"
}

@test "all 30 files come from python3 -m http.server unchanged" {
  serve python env PYTHONUNBUFFERED=1 "$PYTHON" -m http.server --bind 127.0.0.1 --directory "$BATS_FILE_TMPDIR/site" 0
  gives_all "http://127.0.0.1:$(sed -n 's/.* port \([0-9]*\) .*/\1/p' "$T/python.out")"
}

@test "all 30 files come from anet serve unchanged" {
  serve web anet serve -l 0 "$BATS_FILE_TMPDIR/site"
  gives_all "${address[web]%/}"
}

@test "files whose names need no escapes come from the asynchat web server unchanged" {
  serve web peer originals web "$BATS_FILE_TMPDIR/site"
  url=http://${address[web]}
  gives 0 1 2 512 4095 4096 4097 65535 65536 65537 262144 1048576 1048577 20000000 -rf a:b "it's" plus+plus \
    'semi;colon' 'x=1&y=2'
  [ -z "$ANET_SANITIZED" ] || return 0
  big "$url/big"
}

# HOST:PORT PATH: the asyncore client and fetch print the same, except for Date.
prints_the_same() {
  peer originals get "$1" "$2" | sed '/^Date: /d' >"$T/old"
  anet fetch "$1" "$2" | sed '/^Date: /d' >"$T/new"
  cmp "$T/old" "$T/new"
  [ -s "$T/old" ]
}

@test "HOST PATH prints what the asyncore client prints" {
  cp -r "$BATS_FILE_TMPDIR/site" "$T/small"
  rm "$T/small/big"
  mkdir "$T/small/folder"
  serve chat peer originals web "$T/small"
  serve python env PYTHONUNBUFFERED=1 "$PYTHON" -m http.server --bind 127.0.0.1 --directory "$T/small" 0
  address[python]=127.0.0.1:$(sed -n 's/.* port \([0-9]*\) .*/\1/p' "$T/python.out")
  serve web anet serve -l 0 "$T/small"
  address[web]=${address[web]#http://}
  address[web]=${address[web]%/}
  serve script peer web_script "$T/asked"
  local name path
  for name in chat python web; do
    for path in /0 /1 /65537 /20000000 /nothing; do prints_the_same "${address[$name]}" "$path"; done
  done
  # Some are not found without Host, which does not matter.
  for path in / /folder /folder/ /x?y; do
    prints_the_same "${address[python]}" "$path"
    prints_the_same "${address[web]}" "$path"
  done
  for path in '/?status=404' '/?status=500&size=100000' '/?status=302&to=/x' '/?status=204&body=' '/?version=1.0&length=no&size=100000' \
    '/?field=X-A:b&field=X-A:c&body=%00%01'; do
    # Without a length, since the script would wait for the asyncore client to end.
    prints_the_same "${address[script]}" "$path&version=1.0&length=no"
  done
}

@test "HOST PATH prints what the asyncore client prints, from nginx too" {
  installed nginx
  prints_the_same "${address[nginx]}" /65537
  prints_the_same "${address[nginx]}" /nothing
}
