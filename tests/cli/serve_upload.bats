#!/usr/bin/env bats
# anet serve: rates, passwords, uploads and forms.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154,SC2317 # $0 is meant, each test is a function, load uses and sets

bats_require_minimum_version 1.5.0

load ../lib/serve_helpers

# --- how fast, and for whom ---

# The milliseconds that a command takes.
milliseconds() {
  local before=${EPOCHREALTIME/[.,]/}
  "$@"
  echo $(((${EPOCHREALTIME/[.,]/} - before) / 1000))
}

@test "--limit-rate limits the bytes per second of each connection" {
  head -c 2M /dev/urandom >"$T/site/large"
  web --limit-rate 1M
  local took
  took=$(milliseconds ask "$url/large" -o "$T/came")
  cmp "$T/came" "$T/site/large"
  [ "$took" -ge 1500 ] || show "$took ms"
  # Eight at once do not share it: that would take 15 seconds.
  took=$(milliseconds ask -Z --parallel-immediate --no-progress-meter "$url/large?[1-8]" -o "$T/came#1")
  cmp "$T/came8" "$T/site/large"
  [ "$took" -ge 1500 ] || show "$took ms"
  [ "$took" -le 12000 ] || show "$took ms"
}

@test "--limit-rate counts over all responses of a connection" {
  head -c 60K /dev/urandom >"$T/site/small"
  web --limit-rate 100K
  local took
  took=$(milliseconds ask "$url/small" "$url/small" "$url/small" -o "$T/1" -o "$T/2" -o "$T/3")
  cmp "$T/3" "$T/site/small"
  [ "$took" -ge 1200 ] || show "$took ms"
}

@test "--auth lets in only those with the password, and shows it nowhere" {
  PASSWORD='s3cret: ä' web --auth me:PASSWORD
  for path in hello.txt '' nothing ?json; do
    [ "$(code "$url/$path")" = 401 ]
  done
  [[ $(field www-authenticate "$url/hello.txt") =~ ^Basic\ realm=\"[^\"]+\" ]]
  not grep -q hello <(ask "$url/hello.txt" "$url/")
  for user in me:wrong me: you:'s3cret: ä' :'s3cret: ä' me:'s3cret: ä ' me:'s3cret: ' me:s3cret me:'s3cret: ä:'; do
    [ "$(code --user "$user" "$url/hello.txt")" = 401 ] || show "$user"
  done
  [ "$(ask --user me:'s3cret: ä' "$url/hello.txt")" = hello ]
  [ "$(code --head --user me:'s3cret: ä' "$url/hello.txt")" = 200 ]
  not grep -q s3cret "/proc/${pid[web]}/cmdline"
  not grep -q s3cret "/proc/${pid[web]}/environ"
  not grep -q s3cret "$T/web.err"
}

@test "--auth is not fooled by odd credentials" {
  PASSWORD=word web --auth me:PASSWORD
  right=$(printf me:word | base64)
  [ "$(code -H "Authorization: Basic $right" "$url/")" = 200 ]
  [ "$(code -H "Authorization: bAsIc  $right" "$url/")" = 200 ]
  for value in Basic "Basic" "Basic $right x" "Basic=$right" "Bearer $right" "$right" "Basic ${right%?}" \
    "Basic $(printf 'me:word\0' | base64)" "Basic $(printf me | base64)" 'Basic ====' \
    "Basic $(head -c 3000 /dev/zero | base64 -w0)" "Digest $right"; do
    [ "$(code -H "Authorization: $value" "$url/")" = 401 ] || show "$value"
  done
  [ "$(code -H "Authorization: Basic $(printf me:wrong | base64)" -H "Authorization: Basic $right" "$url/")" != 200 ]
}

@test "--auth takes the password from the first line of a file, too" {
  printf 'pass word\r\nsecond\n' >"$T/password"
  web --auth "me:$T/password"
  [ "$(code --user 'me:pass word' "$url/")" = 200 ]
  [ "$(code --user 'me:second' "$url/")" = 401 ]
  [ "$(code "$url/")" = 401 ]
}

@test "--auth does not refuse preflight requests" {
  PASSWORD=word web --auth me:PASSWORD --cors
  [ "$(code -X OPTIONS -H 'Origin: http://other.example' -H 'Access-Control-Request-Method: GET' \
    -H 'Access-Control-Request-Headers: authorization' "$url/hello.txt")" = 204 ]
}

@test "--auth-upload protects uploads only" {
  PASSWORD=word web --upload --auth-upload me:PASSWORD
  [ "$(ask "$url/hello.txt")" = hello ]
  [ "$(code -T "$T/site/hello.txt" "$url/new")" = 401 ]
  [ "$(code -F "file=@$T/site/hello.txt;filename=new" "$url/")" = 401 ]
  [ ! -e "$T/site/new" ]
  [ "$(code --user me:word -T "$T/site/hello.txt" "$url/new")" = 201 ]
  cmp "$T/site/new" "$T/site/hello.txt"
}

@test "--auth and --auth-upload may name different users" {
  READ=one WRITE=two web --upload --auth reader:READ --auth-upload writer:WRITE
  [ "$(code "$url/hello.txt")" = 401 ]
  [ "$(code --user reader:one "$url/hello.txt")" = 200 ]
  [ "$(code --user reader:one -T "$T/site/hello.txt" "$url/new")" = 401 ]
  [ "$(code --user writer:two -T "$T/site/hello.txt" "$url/new")" = 201 ]
}

# --- uploads ---

# Nothing is left of what was not finished.
no_leftovers() {
  [ -z "$(find "$T/site" -name '*.part' -o -name '.anet*')" ]
}

# Some of a body has come.
uploading() {
  [ -n "$(find "$T/site" -name '*.part' -size +0)" ]
}

put() {
  local what=$1
  shift
  code -T - "$@" <<<"$what"
}

@test "without --upload nothing can be written" {
  web
  [ "$(put new "$url/new")" = 405 ]
  [ "$(field allow -T "$T/site/hello.txt" "$url/new")" = 'GET, HEAD, OPTIONS' ]
  [ "$(code -F "file=@$T/site/hello.txt;filename=new" "$url/")" = 405 ]
  [ "$(find "$T/site" -type f)" = "$T/site/hello.txt" ]
  not grep -q '<form' <(ask "$url/")
}

@test "--upload takes a new file by PUT, and returns its location" {
  head -c 3000000 /dev/urandom >"$T/large"
  web --upload
  [ "$(field allow -X OPTIONS "$url/")" = 'GET, HEAD, OPTIONS, PUT, POST' ]
  [ "$(code -T "$T/large" "$url/large")" = 201 ]
  cmp "$T/large" "$T/site/large"
  ask "$url/large" | cmp - "$T/large"
  [ "$(field location -T "$T/large" "$url/a%20%C3%A4%23")" = ./a%20%C3%A4%23 ]
  cmp "$T/large" "$T/site/a ä#"
  # In chunks, and empty.
  [ "$(code -T - "$url/chunks" <"$T/large")" = 201 ]
  cmp "$T/large" "$T/site/chunks"
  [ "$(code -T /dev/null "$url/empty")" = 201 ]
  [ -f "$T/site/empty" ] && [ ! -s "$T/site/empty" ]
  no_leftovers
}

@test "uploaded files have the permissions of the umask, and are not executable" {
  umask 027
  web --upload
  put new "$url/new"
  [ "$(stat -c %a "$T/site/new")" = 640 ]
}

@test "without --overwrite an existing file is kept, also if it appeared meanwhile" {
  web --upload
  [ "$(put new "$url/hello.txt")" = 409 ]
  [ "$(cat "$T/site/hello.txt")" = hello ]
  mkfifo "$T/body"
  INPUT=$T/body start client curl -s -T - -w '%{http_code}' --max-time 20 -o /dev/null "$url/late"
  exec {body}>"$T/body"
  echo part >&"$body"
  within 20 uploading
  echo first >"$T/site/late"
  exec {body}>&-
  ends client 20
  [ "$(cat "$T/client.out")" = 409 ]
  [ "$(cat "$T/site/late")" = first ]
  no_leftovers
}

@test "of two uploads of the same name at once, one gets 409" {
  web --upload
  head -c 1M /dev/urandom >"$T/large"
  for _ in {1..20}; do
    rm -f "$T/site/same"
    code -T "$T/large" "$url/same" >"$T/one" &
    code -T "$T/large" "$url/same" >"$T/two"
    wait "$!"
    [ "$(cat "$T/one" "$T/two")" = 201409 ] || [ "$(cat "$T/one" "$T/two")" = 409201 ] ||
      show "$(cat "$T/one" "$T/two")"
    cmp "$T/large" "$T/site/same"
  done
  no_leftovers
}

@test "--overwrite replaces a file in one step" {
  head -c 100000 /dev/urandom >"$T/site/file"
  cp "$T/site/file" "$T/before"
  web --upload --overwrite
  mkfifo "$T/body"
  INPUT=$T/body start client curl -s -T - -w '%{http_code}' --max-time 20 -o /dev/null "$url/file"
  exec {body}>"$T/body"
  echo part >&"$body"
  within 20 uploading
  ask "$url/file" | cmp - "$T/before"
  not grep -qE '\.part|\.anet' <(ask "$url/")
  exec {body}>&-
  ends client 20
  [ "$(cat "$T/client.out")" = 204 ]
  [ "$(cat "$T/site/file")" = part ]
  now() { [ "$(ask "$url/file")" = part ]; }
  within 20 now
  no_leftovers
}

@test "--overwrite replaces a link, never its target" {
  mkdir "$T/outside"
  echo precious >"$T/outside/file"
  ln -s "$T/outside/file" "$T/site/link"
  ln -s hello.txt "$T/site/inside"
  web --upload --overwrite
  put new "$url/link"
  put new "$url/inside"
  [ "$(cat "$T/outside/file")" = precious ]
  [ "$(cat "$T/site/hello.txt")" = hello ]
}

# NAME...: they are old enough to be kept by the server.
aged() {
  (cd "$T/site" && touch -h -d '1 minute ago' "$@")
}

@test "what was stored is served at once, under each of its names" {
  web --upload --overwrite
  mkdir "$T/site/sub"
  echo old >"$T/site/sub/index.html"
  ln -s hello.txt "$T/site/link"
  aged hello.txt link sub/index.html sub
  for name in hello.txt link sub/; do
    ask "$url/$name" >/dev/null
  done
  local tag
  tag=$(field etag "$url/hello.txt")
  [ "$(ask -o /dev/null -T - "$url/hello.txt" <<<new --next -s "$url/hello.txt" --next -s "$url/link")" = $'new\nnew' ]
  [ "$(code -H "If-None-Match: $tag" "$url/hello.txt")" = 200 ]
  [ "$(form index.html page | code -H 'Content-Type: multipart/form-data; boundary=XX' --data-binary @- \
    "$url/sub/" --next -s "$url/sub/")" = 303page ]
}

@test "a second save with the ETag of the first is not a conflict" {
  web --upload --overwrite
  aged hello.txt
  for i in {1..20}; do
    ask "$url/hello.txt" >/dev/null
    put "$i" "$url/hello.txt"
    [ "$(put "$i again" -H "If-Match: $(field etag "$url/hello.txt")" "$url/hello.txt")" = 204 ]
  done
}

@test "a compressed file is served as soon as it is stored" {
  web --upload
  aged hello.txt
  [ "$(field content-encoding --compressed "$url/hello.txt")" = '' ]
  gzip <<<packed >"$T/packed.gz"
  [ "$(ask -o /dev/null -T "$T/packed.gz" "$url/hello.txt.gz" --next -s --compressed "$url/hello.txt")" = packed ]
}

@test "an upload by HTTP/1.0 needs a length" {
  web --upload
  [ "$(code -0 -X PUT -H 'Content-Length:' "$url/new")" = 411 ]
  [ "$(code -0 -X POST -H 'Content-Length:' -H 'Content-Type: multipart/form-data; boundary=XX' "$url/")" = 411 ]
  [ "$(ls "$T/site")" = hello.txt ]
  [ "$(code -0 -T "$T/site/hello.txt" "$url/new")" = 201 ]
}

# FIELDS: nginx serves the site under /files/, on a socket; ask_proxy asks it as http://files.example.
proxied() {
  PATH=$PATH:/usr/sbin:/sbin command -v nginx >/dev/null || skip 'no nginx'
  mkdir -p "$T/nginx"
  cat >"$T/nginx/conf" <<END
daemon off; master_process off; pid $T/nginx/pid; error_log stderr;
events {}
http {
  access_log off;
  client_body_temp_path $T/nginx/body; proxy_temp_path $T/nginx/proxy; fastcgi_temp_path $T/nginx/fastcgi;
  uwsgi_temp_path $T/nginx/uwsgi; scgi_temp_path $T/nginx/scgi;
  server {
    listen unix:$T/nginx/socket;
    location /files/ { proxy_pass $url/; $1 }
  }
}
END
  rm -f "$T/nginx/socket"
  PATH=$PATH:/usr/sbin:/sbin start proxy nginx -p "$T/nginx" -e stderr -c "$T/nginx/conf"
  answers_now() { [ "$(ask_proxy -o /dev/null -w '%{http_code}' http://files.example/files/)" = 200 ]; }
  within 10 answers_now || show "$(cat "$T/proxy.err")"
}

ask_proxy() {
  ask --unix-socket "$T/nginx/socket" "$@"
}

@test "behind a prefix folders and uploads lead to where they are" {
  web --upload
  mkdir "$T/site/sub"
  proxied ''
  [ "$(ask_proxy -L -o /dev/null -w '%{http_code} %{url_effective}' 'http://files.example/files/sub?x=1')" = \
    '200 http://files.example/files/sub/?x=1' ]
  [ "$(ask_proxy -o /dev/null -w '%{redirect_url}' -F "file=@$T/site/hello.txt;filename=one" http://files.example/files/sub/)" = \
    http://files.example/files/sub/ ]
  [ "$(ask_proxy -o /dev/null -w '%{http_code}' -T "$T/site/hello.txt" http://files.example/files/sub/two)" = 201 ]
  [ "$(cat "$T/site/sub/one" "$T/site/sub/two")" = $'hello\nhello' ]
}

@test "behind a proxy a form of the site itself is taken, and that of another is not" {
  web --upload
  posted() {
    ask_proxy -o /dev/null -w '%{http_code}' -F "file=@$T/site/hello.txt;filename=$1" "${@:2}" http://files.example/files/
  }
  proxied ''
  [ "$(posted one -H 'Origin: https://files.example' -H 'Sec-Fetch-Site: same-origin')" = 303 ]
  [ "$(posted two -H 'Origin: http://files.example')" = 403 ] # nothing tells the name
  tell TERM proxy
  ends proxy 10
  proxied 'proxy_set_header Host $host;'
  [ "$(posted two -H 'Origin: https://files.example:8443')" = 303 ]
  [ "$(posted three -H 'Origin: https://evil.example')" = 403 ]
  tell TERM proxy
  ends proxy 10
  proxied 'proxy_set_header X-Forwarded-Host $http_host;'
  [ "$(posted three -H 'Origin: https://files.example')" = 303 ]
  [ "$(posted four -H 'Origin: https://evil.example')" = 403 ]
}

@test "PUT respects conditions" {
  web --upload --overwrite
  local tag
  tag=$(field etag "$url/hello.txt")
  [ "$(put new -H 'If-None-Match: *' "$url/hello.txt")" = 412 ]
  [ "$(put new -H 'If-Match: "other"' "$url/hello.txt")" = 412 ]
  [ "$(put new -H 'If-Match: *' "$url/nothing")" = 412 ]
  [ "$(cat "$T/site/hello.txt")" = hello ]
  [ ! -e "$T/site/nothing" ]
  [ "$(put new -H 'If-None-Match: *' "$url/nothing")" = 201 ]
  [ "$(put new -H "If-Match: $tag" "$url/hello.txt")" = 204 ]
  [ "$(cat "$T/site/hello.txt")" = new ]
  no_leftovers
}

@test "PUT takes only files beneath the folder with visible names" {
  mkdir -p "$T/outside" "$T/site/sub"
  ln -s ../outside "$T/site/out"
  web --upload --overwrite
  refused() {
    local wanted=$1 got
    shift
    got=$(put new "$@")
    [[ " $wanted " == *" $got "* ]] || show "$* gave $got"
  }
  refused '404 409' "$url/missing/new"
  refused '404 409' "$url/hello.txt/new"
  refused '409' "$url/sub"
  refused '400 405 409' "$url/sub/"
  refused '400 405 409' "$url/"
  refused '403 404' "$url/.hidden"
  refused '403 404' "$url/sub/.hidden"
  refused '403 404' "$url/.git/hooks"
  refused '403 404 409' "$url/out/new"
  refused '400' "$url/../new"
  refused '400' "$url/%2e%2e/new"
  refused '400' "$url/sub%2fnew"
  refused '400' "$url/new%00"
  refused '400' "$url/new%0a"
  refused '400' -H 'Content-Range: bytes 0-3/10' "$url/new"
  refused '400 414' "$url/$(printf 'x%.0s' {1..256})"
  [ -z "$(ls -A "$T/outside")" ]
  [ ! -e "$T/new" ]
  [ "$(find "$T/site" -type f)" = "$T/site/hello.txt" ] || show "$(find "$T/site")"
}

@test "an upload over --max-upload is refused, before it is sent or on the way" {
  head -c 1M /dev/zero >"$T/exact"
  head -c 1048577 /dev/zero >"$T/over"
  web --upload --max-upload 1M
  [ "$(code -T "$T/exact" "$url/exact")" = 201 ]
  [ "$(code -T "$T/over" "$url/over")" = 413 ]
  [ "$(code -T - "$url/chunks" <"$T/over")" = 413 ]
  [ "$(code -T - "$url/chunks" <"$T/exact")" = 201 ]
  [ "$(find "$T/site" -type f | sort | tr '\n' ' ')" = "$T/site/chunks $T/site/exact $T/site/hello.txt " ]
  # With Expect: 100-continue not a byte of it is sent.
  ask -v -H 'Expect: 100-continue' --expect100-timeout 20 -T "$T/over" "$url/over" -o /dev/null \
    -w '%{http_code} %{size_upload}\n' >"$T/came" 2>"$T/talk"
  [ "$(cat "$T/came")" = '413 0' ] || show "$(cat "$T/came")"
  not grep -q 'HTTP/1.1 100' "$T/talk"
}

@test "Expect: 100-continue is answered by 100, or by the refusal" {
  web --upload
  expecting() {
    ask -v -H 'Expect: 100-continue' --expect100-timeout 20 -T "$T/site/hello.txt" "$@" -o /dev/null \
      -w '%{http_code} %{size_upload}' 2>"$T/talk"
  }
  [ "$(expecting "$url/new")" = '201 6' ]
  grep -q 'HTTP/1.1 100 Continue' "$T/talk"
  [ "$(expecting "$url/hello.txt")" = '409 0' ]
  [ "$(expecting "$url/nowhere/new")" = '409 0' ] || [ "$(expecting "$url/nowhere/new")" = '404 0' ]
  not grep -q 'HTTP/1.1 100 Continue' "$T/talk"
}

@test "an upload that is cut leaves nothing" {
  web -v --upload
  for framing in 'Content-Length: 1000000' 'Transfer-Encoding: chunked'; do
    exec {wire}<>"/dev/tcp/127.0.0.1/${url##*:}"
    printf 'PUT /cut HTTP/1.1\r\nHost: a\r\n%s\r\n\r\n' "$framing" >&"$wire"
    printf '4\r\nbody\r\n' >&"$wire"
    within 20 uploading
    exec {wire}>&-
    within 20 no_leftovers
    [ ! -e "$T/site/cut" ]
  done
  not grep -q 'cut.* 20[0-9]' "$T/web.err"
}

@test "an upload that is cut by the end of the server leaves nothing" {
  web --upload --grace 100ms
  exec {wire}<>"/dev/tcp/127.0.0.1/${url##*:}"
  printf 'PUT /cut HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nbody' >&"$wire"
  within 20 uploading
  tell TERM web
  ends web 20
  [ "$status" -eq 0 ]
  no_leftovers
  [ ! -e "$T/site/cut" ]
}

@test "a full disk is reported, and leaves nothing" {
  unshare --mount true 2>/dev/null || skip "no file system may be mounted here"
  head -c 3M /dev/urandom >"$T/large"
  serve web unshare --mount bash -c 'mount -t tmpfs -o size=1m none "$1" && exec "$0" serve --upload -l 0 "$1"' \
    "$ANET" "$T/site"
  url=${address[web]%/}
  anets="web"
  [ "$(code -T "$T/large" "$url/large")" = 507 ]
  [ "$(code -T - "$url/large" <"$T/large")" = 507 ]
  [ "$(code -F "file=@$T/large" "$url/")" = 507 ]
  [ -z "$(ls -A "/proc/${pid[web]}/root/$T/site")" ]
  [ "$(put small "$url/small")" = 201 ]
  [ "$(ask "$url/small")" = small ]
}

@test "a limit on the size of files is reported like a full disk" {
  head -c 3M /dev/urandom >"$T/large"
  serve web bash -c 'ulimit -f 1024; exec "$0" serve --upload -l 0 "$1"' "$ANET" "$T/site"
  url=${address[web]%/}
  [ "$(code -T "$T/large" "$url/large")" = 507 ]
  [ "$(put small "$url/small")" = 201 ]
  [ ! -e "$T/site/large" ]
  no_leftovers
}

@test "a folder without write permission is 403" {
  chmod a-w "$T/site"
  powerless serve --upload
  [ "$(put new "$url/new")" = 403 ]
}

# --- forms ---

# NAME CONTENT...: a form with these files, as browsers send it.
form() {
  while [ $# -gt 0 ]; do
    printf -- '--XX\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n' "$1"
    printf 'Content-Type: application/octet-stream\r\n\r\n%s\r\n' "$2"
    shift 2
  done
  printf -- '--XX--\r\n'
}

# The status of the answer to the form on stdin.
post() {
  code -H 'Content-Type: multipart/form-data; boundary=XX' --data-binary @- "$@"
}

# The same, and the page in $T/page.
fates() {
  ask -o "$T/page" -w '%{http_code}' -H 'Content-Type: multipart/form-data; boundary=XX' --data-binary @- "$@" "$url/"
}

@test "with --upload a listing has a form, and its files arrive" {
  web --upload
  mkdir "$T/site/sub"
  head -c 200000 /dev/urandom >"$T/one"
  echo two >"$T/two file.txt"
  ask "$url/sub/" >"$T/page"
  grep -q '<form method="post" enctype="multipart/form-data"' "$T/page"
  grep -q '<input type="file"' "$T/page"
  [ "$(code -F "file=@$T/one" -F "file=@$T/two file.txt" -F 'comment=no file' "$url/sub/")" = 303 ]
  cmp "$T/one" "$T/site/sub/one"
  cmp "$T/two file.txt" "$T/site/sub/two file.txt"
  [ "$(find "$T/site/sub" -type f | wc -l)" -eq 2 ]
  [ "$(field location -F "file=@$T/one;filename=three" "$url/sub/")" = ./ ]
}

@test "a form gets a JSON response if the client accepts JSON" {
  web --upload
  ask -H 'Accept: application/json' -F "file=@$T/site/hello.txt;filename=one ä" \
    -F 'file=two;filename=two' "$url/" | "$PYTHON" -c '
import json, sys
assert json.load(sys.stdin) == [{"name": "one \u00e4", "size": 6}, {"name": "two", "size": 3}]
'
}

@test "names in a form cannot lead to another folder" {
  web --upload
  mkdir "$T/site/sub"
  [ "$(form '../../up' 1 '/etc/root' 2 'C:\fakepath\dos' 3 '..\..\back' 4 'a/b' 5 | post "$url/sub/")" = 303 ]
  [ "$(cd "$T/site" && find . -type f | LC_ALL=C sort | tr '\n' ' ')" = \
    './hello.txt ./sub/b ./sub/back ./sub/dos ./sub/root ./sub/up ' ] || show "$(find "$T/site")"
  for name in .. . '../..' 'a/' '.hidden' $'new\x01line' 'sub/..' "$(printf 'x%.0s' {1..256})"; do
    [ "$(form fine 1 "$name" 2 | post "$url/sub/")" != 303 ] || [ "$name" = a/ ] || show "$name"
    rm -f "$T/site/sub/fine"
  done
  [ "$(find "$T" -name x -o -name up | tr '\n' ' ')" = "$T/site/sub/up " ]
  no_leftovers
}

@test "a form without a file is refused" {
  web --upload
  [ "$(form '' '' | post "$url/")" = 400 ]
  [ "$(code -F comment=none "$url/")" = 400 ]
  [ "$(printf -- '--XX--\r\n' | post "$url/")" = 400 ]
  [ "$(printf -- '--XX--\r\n' | post -H 'Accept: application/json' "$url/")" = 400 ]
}

@test "a file whose name comes encoded is stored under the decoded one" {
  web --upload
  encoded() {
    {
      printf -- '--XX\r\nContent-Disposition: form-data; name="file"; %s\r\n\r\ntext\r\n' "$1"
      printf -- '--XX--\r\n'
    } | post "$url/"
  }
  [ "$(encoded "filename*=utf-8''na%C3%AFve.txt")" = 303 ]
  [ "$(cat "$T/site/naïve.txt")" = text ]
  [ "$(encoded "filename=\"=?utf-8?B?w6QuanBn?=\"; filename*=utf-8''%C3%A4.jpg")" = 303 ]
  [ "$(cat "$T/site/ä.jpg")" = text ]
  [ "$(encoded "filename*=utf-8''..%2F..%2Fup")" = 303 ]
  [ -e "$T/site/up" ]
  [ "$(encoded "filename*=utf-8''%zz")" = 400 ]
}

@test "a file field that was left empty is no file" {
  web --upload
  [ "$(form '' '' one 1 | post "$url/")" = 303 ]
  [ "$(find "$T/site" -type f | sort | tr '\n' ' ')" = "$T/site/hello.txt $T/site/one " ]
}

@test "if a file of a form exists already, the others are stored, and the page names each one's fate" {
  web --upload
  mkdir "$T/site/sub"
  local form=(one 1 hello.txt 2 sub 3 .hidden 4 last 5)
  [ "$(form "${form[@]}" | fates)" = 409 ]
  [ "$(cat "$T/site/hello.txt" "$T/site/one" "$T/site/last")" = $'hello\n15' ]
  [ "$(grep '<li>' "$T/page")" = '<li>one: stored</li>
<li>hello.txt: a file with that name already exists</li>
<li>sub: there is no such folder, or a folder has that name</li>
<li>.hidden: a file cannot have that name here</li>
<li>last: stored</li>' ] || show "$(cat "$T/page")"
  no_leftovers
}

@test "if a file of a form exists already, JSON tells each one's fate" {
  web --upload
  [ "$(form one 1 hello.txt 2 | fates -H 'Accept: application/json')" = 409 ]
  "$PYTHON" -c '
import json, sys
assert json.load(sys.stdin) == [
    {"name": "one", "size": 1},
    {"name": "hello.txt", "error": "a file with that name already exists"}]
' <"$T/page" || show "$(cat "$T/page")"
}

@test "a form with a name twice is a conflict" {
  web --upload
  [ "$(form same 1 same 2 | post "$url/")" = 409 ]
  [ ! -e "$T/site/same" ] || [ "$(cat "$T/site/same")" = 1 ]
  no_leftovers
}

# OPTIONS: sends a form of three files; while it is under way the second's name is taken.
send_three() {
  mkfifo "$T/form"
  INPUT=$T/form start client curl -s -X POST -T - -o "$T/page" -w '%{http_code}' --max-time 20 \
    -H 'Content-Type: multipart/form-data; boundary=XX' "$@" "$url/"
  exec {form}>"$T/form"
  form one 1 'two<b>' 2 three 3 | head -c -10 >&"$form"
  within 10 uploading_all
  echo first >"$T/site/two<b>"
  form three 3 | tail -c 10 >&"$form"
  exec {form}>&-
  ends client 20
}

uploading_all() {
  [ "$(find "$T/site" -name '*.part' | wc -l)" -eq 3 ]
}

@test "if a name of a form is taken meanwhile, the other files are stored, and the page names each file's fate" {
  web --upload
  send_three
  [ "$(cat "$T/client.out")" = 409 ]
  [ "$(cat "$T/site/one" "$T/site/two<b>" "$T/site/three")" = "$(printf '%s\n' 1first 3)" ] ||
    show "$(head "$T/site/"*)"
  grep -qF '<li>one: stored</li>' "$T/page" || show "$(cat "$T/page")"
  grep -qF '<li>two&lt;b&gt;: a file with that name already exists</li>' "$T/page"
  grep -qF '<li>three: stored</li>' "$T/page"
  no_leftovers
}

@test "each file's fate is reported in JSON, too" {
  web --upload
  send_three -H 'Accept: application/json'
  [ "$(cat "$T/client.out")" = 409 ]
  "$PYTHON" -c '
import json, sys
assert json.load(sys.stdin) == [
    {"name": "one", "size": 1},
    {"name": "two<b>", "error": "a file with that name already exists"},
    {"name": "three", "size": 1}]
' <"$T/page" || show "$(cat "$T/page")"
}

@test "a truncated or malformed form leaves nothing" {
  web --upload
  [ "$(form one 1 two 2 | head -c -8 | post "$url/")" = 400 ]
  [ "$(form one 1 | head -c 60 | post "$url/")" = 400 ]
  [ "$(echo nothing | post "$url/")" = 400 ]
  [ "$(post "$url/" </dev/null)" = 400 ]
  [ "$(form one 1 | code -H 'Content-Type: multipart/form-data' --data-binary @- "$url/")" = 415 ] ||
    [ "$(form one 1 | code -H 'Content-Type: multipart/form-data' --data-binary @- "$url/")" = 400 ]
  [ "$(code -d name=value "$url/")" = 415 ]
  [ "$(form one 1 | post "$url/nowhere/")" != 303 ]
  [ "$(form one 1 | post "$url/.git/")" != 303 ]
  exec {wire}<>"/dev/tcp/127.0.0.1/${url##*:}"
  {
    printf 'POST / HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=XX\r\n'
    printf 'Content-Length: 1000\r\n\r\n'
    form one 1 two 2 | head -c -8
  } >&"$wire"
  within 20 uploading
  exec {wire}>&-
  within 20 no_leftovers
  [ "$(find "$T/site" -type f)" = "$T/site/hello.txt" ] || show "$(find "$T/site")"
}

@test "a form over --max-upload is refused" {
  web --upload --max-upload 1K
  [ "$(form one "$(printf '%01000d' 0)" | post "$url/")" = 413 ]
  [ "$(form one "$(printf '%0500d' 0)" | post "$url/")" = 303 ]
  no_leftovers
}

@test "a page of another site cannot make a browser upload" {
  web --upload
  foreign() {
    [ "$(form one 1 | post "$@" "$url/")" = 403 ] || show "$*"
    [ ! -e "$T/site/one" ]
  }
  foreign -H 'Origin: http://evil.example'
  foreign -H 'Origin: null'
  foreign -H 'Origin: http://127.0.0.2'
  foreign -H 'Origin: http://localhost'
  foreign -H "Origin: http://evil.example@127.0.0.1"
  foreign -H 'Origin: http://evil.example' -H 'X-Forwarded-Host: files.example'
  foreign -H "Origin: http://127.0.0.1:${url##*:}.evil.example"
  foreign -H 'Sec-Fetch-Site: cross-site' -H "Origin: $url"
  foreign -H 'Sec-Fetch-Site: same-site' -H 'Origin: http://other.example'
  [ "$(form one 1 | post -H "Origin: $url" "$url/")" = 303 ]
  [ "$(form two 1 | post -H 'Sec-Fetch-Site: same-origin' -H "Origin: $url" "$url/")" = 303 ]
  # A proxy may change the scheme and the port, and tell the host.
  [ "$(form three 1 | post -H 'Origin: https://127.0.0.1' "$url/")" = 303 ]
  [ "$(form four 1 | post -H 'Origin: https://files.example' -H 'X-Forwarded-Host: Files.example:8443' "$url/")" = 303 ]
  [ "$(form five 1 | post -H 'Origin: https://files.example' -H 'Sec-Fetch-Site: same-origin' "$url/")" = 303 ]
}

@test "with --cors the pages of other sites may read, but neither send a form nor put" {
  web --upload --cors
  [ "$(code -F "file=@$T/site/hello.txt;filename=x" -H 'Origin: http://evil.example' "$url/")" = 403 ]
  [ "$(field access-control-allow-methods -X OPTIONS -H 'Origin: http://evil.example' \
    -H 'Access-Control-Request-Method: PUT' "$url/x")" = 'GET, HEAD, OPTIONS' ]
  asks_for() {
    field access-control-allow-headers -X OPTIONS -H 'Origin: http://evil.example' \
      -H 'Access-Control-Request-Method: GET' -H "Access-Control-Request-Headers: $1" "$url/x"
  }
  [ "$(asks_for 'range, x-other')" = 'range, x-other' ]
  [ "$(asks_for 'range, X-Forwarded-Host')" = '' ]
  [ ! -e "$T/site/x" ]
}

@test "a form with two files of one name stores neither" {
  web --upload
  [ "$(code -F "file=@$T/site/hello.txt;filename=same" -F "file=@$T/site/hello.txt;filename=same" \
    "$url/")" = 409 ]
  [ "$(ls -A "$T/site")" = hello.txt ]
}
