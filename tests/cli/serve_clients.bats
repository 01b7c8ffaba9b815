#!/usr/bin/env bats
# anet serve and the programs that people fetch with: what they get is what is there.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # eval is meant, each test is a function, load sets

bats_require_minimum_version 1.5.0
load ../lib/helpers

setup_file() {
  find_python
  head -c 20000000 /dev/urandom >"$BATS_FILE_TMPDIR/random"
  seq 20000 >"$BATS_FILE_TMPDIR/text"
}

# OPTION...: serves $T/site, whose URL is then $url.
share() {
  mkdir -p "$T/site"
  serve web anet serve -l 0 "$@" "$T/site"
  url=${address[web]}
}

# CLIENT...: curl, which fails when the answer is an error.
get() {
  timeout 60 curl -sSf "$@"
}

# STATUS NUMBER PATTERN: so many requests whose line looks like that were answered so.
answered() {
  [ "$(grep -cE "\"$3 HTTP/1\.[01]\" $1 " "$T/web.err")" -eq "$2" ] || show "$(cat "$T/web.err")"
}

# --- curl ---

@test "files of every size arrive whole over one connection" {
  mkdir "$T/site" "$T/came"
  local size urls=()
  for size in 0 1 1000 65535 65536 65537 1048576 20000000; do
    head -c "$size" "$BATS_FILE_TMPDIR/random" >"$T/site/$size"
    urls+=("$size")
  done
  share
  cd "$T/came"
  get --remote-name-all -w '%{num_connects}\n' "${urls[@]/#/$url}" >"$T/connects"
  diff -r "$T/site" "$T/came"
  [ "$(grep -c 1 "$T/connects")" -eq 1 ]
  get -0 "${url}20000000" | cmp - "$T/site/20000000"
}

@test "a hundred files arrive at once" {
  mkdir "$T/site" "$T/came"
  local n
  for n in {1..100}; do head -c $((n * 3001)) "$BATS_FILE_TMPDIR/random" >"$T/site/$n"; done
  share
  cd "$T/came"
  get -Z --parallel-max 100 --parallel-immediate --remote-name-all "${url}[1-100]"
  diff -r "$T/site" "$T/came"
}

@test "curl --range gets just the bytes it asks for" {
  mkdir "$T/site"
  local file=$BATS_FILE_TMPDIR/random
  cp "$file" "$T/site/file"
  share
  get -r 0-0 "${url}file" | cmp - <(head -c 1 "$file")
  get -r 12345-9876543 "${url}file" | cmp - <(tail -c +12346 "$file" | head -c $((9876543 - 12345 + 1)))
  get -r 19000000- "${url}file" | cmp - <(tail -c 1000000 "$file")
  get -r -70000 "${url}file" | cmp - <(tail -c 70000 "$file")
  get -r 0-99999999999999999999 "${url}file" | cmp - "$file"
  answered 206 5 'GET /file'
  run curl -s -o "$T/answer" -w '%{http_code}' -r 20000000- "${url}file"
  [ "$output" = 416 ]
}

@test "several ranges come as parts that a MIME parser reads" {
  mkdir "$T/site"
  cp "$BATS_FILE_TMPDIR/text" "$T/site/file.txt"
  share
  get -D "$T/head" -r 0-9,500-1499,-7 "${url}file.txt" >"$T/body"
  peer mime "$T/head" "$T/body" >"$T/parts"
  cmp "$T/parts" - < <(
    file=$BATS_FILE_TMPDIR/text size=$(wc -c <"$BATS_FILE_TMPDIR/text")
    printf 'text/plain bytes 0-9/%d\n' "$size"
    head -c 10 "$file"
    printf 'text/plain bytes 500-1499/%d\n' "$size"
    tail -c +501 "$file" | head -c 1000
    printf 'text/plain bytes %d-%d/%d\n' $((size - 7)) $((size - 1)) "$size"
    tail -c 7 "$file"
  )
}

@test "curl -C - resumes a download, and does nothing when it is complete" {
  mkdir "$T/site"
  cp "$BATS_FILE_TMPDIR/random" "$T/site/file"
  share
  head -c 7654321 "$T/site/file" >"$T/came"
  get -C - -o "$T/came" "${url}file"
  cmp "$T/came" "$T/site/file"
  answered 206 1 'GET /file'
  timeout 60 curl -s -C - -o "$T/came" "${url}file" || true
  cmp "$T/came" "$T/site/file"
  answered 416 1 'GET /file'
}

@test "curl -z and --etag-compare get a file only when it has changed" {
  mkdir "$T/site"
  echo old >"$T/site/file"
  touch -d 2026-01-02T03:04:05Z "$T/site/file"
  share
  get -R -o "$T/came" --etag-save "$T/etag" "${url}file"
  [ "$(stat -c %Y "$T/came")" = "$(stat -c %Y "$T/site/file")" ]
  [ "$(get -z "$T/came" -w '%{http_code}' "${url}file")" = 304 ]
  [ "$(get --etag-compare "$T/etag" -w '%{http_code}' "${url}file")" = 304 ]
  # As long as before and of the same second: only the tag tells.
  echo new >"$T/new"
  touch -d 2026-01-02T03:04:05.5Z "$T/new"
  mv "$T/new" "$T/site/file"
  within 20 eval '[ "$(get --etag-compare "$T/etag" "${url}file")" = new ]'
  touch -d 2026-01-02T03:04:06Z "$T/site/file"
  within 20 eval '[ "$(get -z "$T/came" "${url}file")" = new ]'
}

@test "curl --compressed gets the precompressed file, and unpacks it" {
  mkdir "$T/site"
  cp "$BATS_FILE_TMPDIR/text" "$T/site/page.html"
  gzip -9 <"$T/site/page.html" >"$T/site/page.html.gz"
  brotli -q 5 -c "$T/site/page.html" >"$T/site/page.html.br"
  zstd -q -c "$T/site/page.html" >"$T/site/page.html.zst"
  # Older than what it comes from, it would not be its compressed form.
  touch "$T/site/page.html".*
  share
  get --compressed -D "$T/head" -w '%{size_download}' -o "$T/came" "${url}page.html" >"$T/size"
  cmp "$T/came" "$T/site/page.html"
  [ "$(cat "$T/size")" -lt "$(wc -c <"$T/came")" ]
  grep -qi '^content-encoding: ' "$T/head"
  grep -qi '^content-type: text/html; charset=utf-8.$' "$T/head"
  local coding name
  for coding in gzip br zstd; do
    name=${coding/gzip/gz} name=${name/zstd/zst}
    get -H "Accept-Encoding: $coding" -D "$T/head" "${url}page.html" | cmp - "$T/site/page.html.$name"
    grep -qi "^content-encoding: $coding.\$" "$T/head"
    grep -qi '^vary: accept-encoding' "$T/head"
    get -H "Accept-Encoding: $coding" --compressed "${url}page.html" | cmp - "$T/site/page.html"
  done
  get -D "$T/head" "${url}page.html" | cmp - "$T/site/page.html"
  not grep -i '^content-encoding' "$T/head"
  grep -qi '^vary: accept-encoding' "$T/head"
  # By its own name, it is a file as others are.
  get --compressed "${url}page.html.gz" | cmp - "$T/site/page.html.gz"
}

@test "ranges at the beginning, middle and end of a file of 5 GiB are right" {
  mkdir "$T/site"
  truncate -s 5G "$T/site/big"
  printf head | dd of="$T/site/big" conv=notrunc status=none
  printf 'around 4 GiB' | dd of="$T/site/big" bs=1 seek=4294967290 conv=notrunc status=none
  truncate -s -4 "$T/site/big"
  printf tail >>"$T/site/big"
  share
  get -I "${url}big" | tr -d '\r' >"$T/head"
  grep -qix 'content-length: 5368709120' "$T/head"
  [ "$(get -r 0-3 "${url}big")" = head ]
  [ "$(get -r 5368709116- "${url}big")" = tail ]
  [ "$(get -r -4 "${url}big")" = tail ]
  get -D "$T/head" -o "$T/middle" -r 4294967290-4294967301 "${url}big"
  [ "$(cat "$T/middle")" = 'around 4 GiB' ]
  grep -qi '^content-range: bytes 4294967290-4294967301/5368709120.$' "$T/head"
  # Gone on with from there.
  get -r 4294967296- "${url}big" | head -c 6 >"$T/rest" || true
  [ "$(cat "$T/rest")" = ' 4 GiB' ]
}

@test "curl -T uploads a file once, and again with --overwrite" {
  share --upload --max-upload 100M
  local file=$BATS_FILE_TMPDIR/random
  [ "$(get -T "$file" -o "$T/answer" -w '%{http_code}' "${url}new%20file")" = 201 ]
  cmp "$file" "$T/site/new file"
  run curl -s -T "$BATS_FILE_TMPDIR/text" -o "$T/answer" -w '%{http_code}' "${url}new%20file"
  [ "$output" = 409 ]
  cmp "$file" "$T/site/new file"
  # Of no length that is known before.
  [ "$(get -T - -o "$T/answer" -w '%{http_code}' "${url}chunked" <"$file")" = 201 ]
  cmp "$file" "$T/site/chunked"
  get -T /dev/null "${url}empty" -o "$T/answer"
  [ -f "$T/site/empty" ] && [ ! -s "$T/site/empty" ]
  tell TERM web
  ends web 20
  serve web anet serve -l 0 --upload --overwrite "$T/site"
  get -T "$BATS_FILE_TMPDIR/text" "${address[web]}new%20file"
  cmp "$BATS_FILE_TMPDIR/text" "$T/site/new file"
  [ "$(find "$T/site" -mindepth 1 | wc -l)" -eq 3 ]
}

@test "a failed curl -T leaves nothing" {
  mkdir -p "$T/site/folder"
  share --upload --max-upload 1M
  local path
  for path in big nowhere/file %2e%2e/file .hidden folder/; do
    run timeout 60 curl -s -T "$BATS_FILE_TMPDIR/random" -o "$T/answer" -w '%{http_code}' "$url$path"
    [[ $output == 4* ]] || show "$path: $output"
  done
  [ "$(find "$T" -name file -o -name '.hidden' -o -path "$T/site/*" | sort)" = "$T/site/folder" ]
}

@test "curl -F uploads files as a form" {
  share --upload
  local file=$BATS_FILE_TMPDIR/random
  get -F "file=@$file;filename=\"a; b <ü>.bin\"" -F "file=@$BATS_FILE_TMPDIR/text" -o "$T/answer" "$url"
  cmp "$BATS_FILE_TMPDIR/text" "$T/site/text"
  [ "$(find "$T/site" -type f | wc -l)" -eq 2 ]
  cmp "$file" "$T/site/a; b <ü>.bin"
  run curl -s -F "file=@$BATS_FILE_TMPDIR/text" -o "$T/answer" -w '%{http_code}' "$url"
  [ "$output" = 409 ]
  # As a browser goes on, to the page that has it.
  get -L -F "file=@$BATS_FILE_TMPDIR/text;filename=third" "$url" | grep -q '>third<'
}

@test "a file is served over a unix socket" {
  mkdir "$T/site"
  cp "$BATS_FILE_TMPDIR/random" "$T/site/file"
  serve web anet serve -l "unix:$T/socket" "$T/site"
  get --unix-socket "$T/socket" http://anyone/file | cmp - "$T/site/file"
}

# --- wget and others that fetch files ---

@test "wget -c resumes a download" {
  mkdir "$T/site"
  cp "$BATS_FILE_TMPDIR/random" "$T/site/file"
  share
  head -c 12345678 "$T/site/file" >"$T/came"
  timeout 60 wget -q -c -O "$T/came" "${url}file"
  cmp "$T/came" "$T/site/file"
  answered 206 1 'GET /file'
}

@test "busybox wget gets a file, and resumes a download" {
  mkdir "$T/site"
  cp "$BATS_FILE_TMPDIR/random" "$T/site/file"
  share
  timeout 60 busybox wget -q -O - "${url}file" | cmp - "$T/site/file"
  head -c 12345678 "$T/site/file" >"$T/came"
  timeout 60 busybox wget -q -c -O "$T/came" "${url}file"
  cmp "$T/came" "$T/site/file"
  answered 206 1 'GET /file'
}

# A small tree with names that one does not type.
odd_tree() {
  local name folder
  for folder in . 'a folder' 'ö/p?q' '#/%2F'; do
    mkdir -p "$T/site/$folder"
    for name in 'a b' 'grüße.txt' 'hash#tag' 'what?' 'hundred%41' 'a:b' 'http:' 'say "hi"' "it's" '<b>bold' \
      -rf '&amp;' 'a&copy' 'x=1&y=2' 'back\slash' 'plus+plus' 'semi;colon' '~' '{}|^`' $'latin1-\xfc' 'page.html'; do
      printf '%s in %s\n' "$name" "$folder" >"$T/site/$folder/$name"
    done
  done
}

@test "wget --mirror gets the whole tree with the oddest names, and fetches nothing twice" {
  odd_tree
  share
  mirror() {
    (cd "$T" && LC_ALL=C.UTF-8 timeout 60 wget -q -e robots=off --mirror --no-host-directories -P came \
      --restrict-file-names=nocontrol --reject 'index.html*' --reject-regex '[?]' "$url")
  }
  mirror
  # Its own names for what it fetches: it decodes them once more.
  cp -a "$T/site" "$T/expected"
  find "$T/expected" -name 'hundred%41' -execdir mv {} hundredA \;
  diff -r "$T/expected" "$T/came"
  local lines
  lines=$(wc -l <"$T/web.err")
  mirror
  diff -r "$T/expected" "$T/came"
  not grep -v '/ HTTP/1.1" 200 \|" 304 ' <(tail -n +$((lines + 1)) "$T/web.err")
}

@test "the URLs of a listing work, even for names with control characters" {
  mkdir "$T/site"
  echo tab >"$T/site/"$'tab\there'
  echo lines >"$T/site/"$'two\nlines'
  echo escape >"$T/site/"$'\e[31mred'
  echo percent >"$T/site/%00"
  share
  get "$url?json" >"$T/list"
  "$PYTHON" -c 'import json, sys
for entry in json.load(sys.stdin): print(entry["url"])' <"$T/list" >"$T/urls"
  grep -q '^\./%2500$' "$T/urls"
  local path
  while read -r path; do
    get "$url$path" >"$T/came" || show "$path"
    cmp "$T/came" <(cat "$T/site/$(printf '%b' "${path//%/\\x}")")
  done <"$T/urls"
}

@test "aria2c fetches one file over sixteen connections" {
  mkdir "$T/site"
  head -c 64M /dev/urandom >"$T/site/file"
  share
  timeout 60 aria2c -q --no-conf -x 16 -s 16 -k 1M --checksum="sha-256=$(sha256sum <"$T/site/file" | cut -d ' ' -f 1)" \
    -d "$T" -o came "${url}file"
  cmp "$T/came" "$T/site/file"
  [ "$(grep -c '"GET /file HTTP/1.1" 206 ' "$T/web.err")" -ge 15 ] || show "$(cat "$T/web.err")"
}

@test "lynx shows a folder: folders first, numbers by value, and working links" {
  mkdir -p "$T/site/zoo" "$T/site/Folder 2" "$T/site/folder 10"
  local name
  for name in b10 b9 A1 'ü & <x>'; do echo "$name" >"$T/site/$name"; done
  share
  dumped() {
    LC_ALL=C.UTF-8 timeout 60 lynx -cfg=/dev/null -display_charset=utf-8 -dump "$@"
  }
  # It shows links decoded; that of the page itself is no matter here.
  dumped -listonly -nonumbers "$url" | sed -n "s|^$url||p" | grep . >"$T/links"
  printf '%s\n' 'Folder 2/' 'folder 10/' zoo/ A1 b9 b10 'ü & <x>' | diff - "$T/links"
  dumped -nolist "$url" | grep -q '^ *ü & <x> .*[0-9]'
}

# --- programs that fetch by a protocol of their own on top ---

@test "git clones and fetches a bare repository over plain HTTP" {
  mkdir "$T/site"
  export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null GIT_TERMINAL_PROMPT=0
  export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example
  git init -q -b main "$T/work"
  local n
  for n in {1..20}; do
    head -c 100000 /dev/urandom >"$T/work/file $n"
    git -C "$T/work" add .
    git -C "$T/work" commit -qm "$n"
    [ "$n" -ne 15 ] || git -C "$T/work" gc -q # some in a pack, some not
  done
  git -C "$T/work" tag -a -m one v1
  git clone -q --bare "$T/work" "$T/site/it.git"
  git -C "$T/site/it.git" update-server-info
  share
  timeout 60 git clone -q "${url}it.git" "$T/came"
  git -C "$T/came" fsck --strict
  [ "$(git -C "$T/came" rev-parse HEAD v1)" = "$(git -C "$T/work" rev-parse HEAD v1)" ]
  diff -r -x .git "$T/work" "$T/came"

  echo more >"$T/work/more"
  git -C "$T/work" add more
  git -C "$T/work" commit -qm more
  git -C "$T/work" push -q "$T/site/it.git" main
  git -C "$T/site/it.git" update-server-info
  pulled() {
    timeout 60 git -C "$T/came" pull -q --ff-only && [ -e "$T/came/more" ]
  }
  within 10 pulled
}

# DEBIAN-PACKAGE VERSION SIZE: in the flat repository $T/site.
make_package() {
  local build=$T/build-$1
  mkdir -p "$build/DEBIAN" "$build/usr/share/$1" "$T/site"
  printf '%s\n' "Package: $1" "Version: $2" Architecture:\ all 'Maintainer: nobody <nobody@example>' \
    'Description: nothing' >"$build/DEBIAN/control"
  head -c "$3" /dev/urandom >"$build/usr/share/$1/data"
  dpkg-deb -Znone --root-owner-group -b "$build" "$T/site" >"$T/dpkg-deb.out"
}

# apt-get with its state in $T/apt, as whoever runs the tests.
aptly() {
  timeout 60 apt-get -q -o "Dir::Etc=$T/apt/etc" -o "Dir::State=$T/apt/state" \
    -o "Dir::Cache=$T/apt/cache" -o Dir::Etc::main=/dev/null -o Dir::Etc::parts=/dev/null \
    -o "Dir::State::status=$T/apt/status" -o APT::Sandbox::User="$(id -un)" -o APT::Architecture=amd64 \
    -o Acquire::Languages=none -o Acquire::Retries=0 -o Acquire::http::Proxy=false -o Debug::NoLocking=1 "$@"
}

@test "apt-get updates and downloads from a flat repository" {
  make_package one 1.0 2000
  make_package two 2.0~a+b 30000000
  (cd "$T/site" && apt-ftparchive packages . >Packages && gzip -k Packages && apt-ftparchive release . >"$T/Release")
  mv "$T/Release" "$T/site"
  # A date is good enough for If-Range once it is not the present one (RFC 9110 8.8.2.2).
  touch -d '1 hour ago' "$T"/site/*
  share
  mkdir -p "$T"/apt/{etc,etc/preferences.d,state/lists/partial,cache/archives/partial}
  : >"$T/apt/status"
  echo "deb [trusted=yes] $url ./" >"$T/apt/etc/sources.list"
  aptly update >"$T/update"
  grep -q '^Get:.* Release' "$T/update" || show "$(cat "$T/update")"
  (cd "$T" && aptly download one two)
  cmp "$T"/one_1.0_all.deb "$T"/site/one_*.deb
  cmp "$T"/two_*.deb "$T"/site/two_*.deb

  # What it has, it asks for by If-Modified-Since.
  aptly update >"$T/update"
  grep -q '^Hit:.* Release' "$T/update" || show "$(cat "$T/update")"
  not grep '^Get:' "$T/update"
  answered 304 1 'GET /(\./)?Release'

  # Half a package is gone on with.
  local half
  half=$T/apt/cache/archives/partial/two_2.0~a+b_all.deb
  head -c 15000000 "$T"/site/two_*.deb >"$half"
  touch -r "$T"/site/two_*.deb "$half"
  aptly install -y --download-only two one >"$T/install"
  cmp "$T"/apt/cache/archives/two_*.deb "$T"/site/two_*.deb
  cmp "$T"/apt/cache/archives/one_*.deb "$T"/site/one_*.deb
  answered 206 1 'GET /.*/?two.*'
}

@test "pip downloads a wheel from a listing, and from folders as an index" {
  mkdir -p "$T/site/simple/oddly-named"
  peer wheel "$T/site" oddly_named 1.2+local.3
  cp "$T"/site/*.whl "$T/site/simple/oddly-named"
  share
  piper() {
    timeout 60 "$PYTHON" -m pip --isolated --no-input --no-cache-dir --disable-pip-version-check -q download \
      --no-deps "$@" Oddly.Named
  }
  HOME=$T piper --no-index --find-links "$url" -d "$T/found"
  cmp "$T/found/oddly_named-1.2+local.3-py3-none-any.whl" "$T"/site/*.whl
  HOME=$T piper --index-url "${url}simple/" -d "$T/indexed"
  cmp "$T/indexed/oddly_named-1.2+local.3-py3-none-any.whl" "$T"/site/*.whl
  [ "$(get "${url}simple/oddly-named/" -w '%{content_type}' -o "$T/page" \
    -H 'Accept: application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01')" = \
    'text/html; charset=utf-8' ]
}

@test "npm installs a tarball, and uses a folder as a registry" {
  mkdir -p "$T/site/registry/-" "$T/package" "$T/by-url" "$T/by-name"
  echo '{"name":"odd","version":"1.0.0","main":"index.js"}' >"$T/package/package.json"
  { echo 'module.exports = "'; head -c 300000 "$BATS_FILE_TMPDIR/random" | base64 -w 0; echo '"'; } | tr -d '\n' >"$T/package/index.js"
  tar -C "$T" -czf "$T/site/registry/-/odd-1.0.0.tgz" package
  share
  printf '{"name":"odd","dist-tags":{"latest":"1.0.0"},"versions":{"1.0.0":{"name":"odd","version":"1.0.0",
    "dist":{"tarball":"%sregistry/-/odd-1.0.0.tgz","shasum":"%s"}}}}\n' "$url" \
    "$(sha1sum <"$T/site/registry/-/odd-1.0.0.tgz" | cut -d ' ' -f 1)" >"$T/site/registry/odd"
  npmly() {
    (cd "$1" && HOME=$T npm_config_cache=$T/npm npm_config_userconfig=/dev/null npm_config_globalconfig=$T/npmrc \
      timeout 60 npm install --no-audit --no-fund --no-update-notifier --loglevel=error "${@:2}")
  }
  npmly "$T/by-url" --offline=false "${url}registry/-/odd-1.0.0.tgz"
  cmp "$T/by-url/node_modules/odd/index.js" "$T/package/index.js"
  rm -r "$T/npm"
  npmly "$T/by-name" --registry "${url}registry/" odd
  cmp "$T/by-name/node_modules/odd/index.js" "$T/package/index.js"
}

# --- Python ---

@test "python's http.client fetches everything over one connection" {
  odd_tree
  head -c 3000000 "$BATS_FILE_TMPDIR/random" >"$T/site/large"
  share -v
  run peer keepalive "$url" "$T/site"
  [ "$output" = '85 files over 1 connection' ] || show "$output"
}

@test "an HTTP/1.0 client that sends only GET gets the file, then the connection is closed" {
  mkdir "$T/site"
  cp "$BATS_FILE_TMPDIR/random" "$T/site/file"
  share
  local address=${url#http://}
  peer originals get "${address%/}" /file >"$T/answer"
  sed -n '1p' "$T/answer" | grep -qa '^HTTP/1\.[01] 200 '
  tail -c 20000000 "$T/answer" | cmp - "$T/site/file"
  sed '/^\r$/q' "$T/answer" | grep -qai '^content-length: 20000000'
}
