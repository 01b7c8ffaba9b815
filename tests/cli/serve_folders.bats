#!/usr/bin/env bats
# anet serve: listings, hidden names and links.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154,SC2317 # $0 is meant, each test is a function, load uses and sets

bats_require_minimum_version 1.5.0

load ../lib/serve_helpers

# --- folders ---

@test "a folder's name without slash is redirected to the one with slash, by path only" {
  web
  mkdir -p "$T/site/a b/c"
  [ "$(field location "$url/a%20b?x=1")" = './a%20b/?x=1' ]
  [ "$(field location "$url//a%20b/c")" = './c/' ]
  [ "$(code "$url/a%20b")" = 301 ]
}

@test "index.html is served for its folder, and --index names another file" {
  web
  mkdir "$T/site/sub"
  echo index >"$T/site/sub/index.html"
  echo start >"$T/site/sub/start.htm"
  [ "$(ask "$url/sub/")" = index ]
  [ "$(field content-type "$url/sub/")" = 'text/html; charset=utf-8' ]
  serve other anet serve -l 0 --index start.htm "$T/site"
  [ "$(ask "${address[other]}sub/")" = start ]
  [[ $(ask "${address[other]}") == *'hello.txt'* ]]
}

@test "with --no-listing a folder without index is 404, also for JSON" {
  web --no-listing
  mkdir "$T/site/sub"
  echo index >"$T/site/sub/index.html"
  [ "$(code "$url/")" = 404 ]
  [ "$(code "$url/?json")" = 404 ]
  [ "$(code -H 'Accept: application/json' "$url/")" = 404 ]
  [ "$(ask "$url/sub/")" = index ]
  [ "$(ask "$url/hello.txt")" = hello ]
}

@test "a listing links to every file, whatever the names" {
  web
  odd_names
  run peer listing follows "$url/" "$T/site"
  [ "$status" -eq 0 ] || show "$output"
  [ "$output" = "$(find "$T/site" -mindepth 1 -maxdepth 1 -printf x | wc -c) entries" ]
}

@test "a listing of a subfolder links to every file, and to the folder above" {
  web
  mkdir -p "$T/site/50%25 ä?#/sub"
  echo deep >"$T/site/50%25 ä?#/sub/file"
  run peer listing follows "$url/50%2525%20%C3%A4%3F%23/" "$T/site/50%25 ä?#"
  [ "$output" = '1 entries' ] || show "$output"
  run peer listing follows "$url/50%2525%20%C3%A4%3F%23/sub/" "$T/site/50%25 ä?#/sub"
  [ "$output" = '1 entries' ] || show "$output"
}

odd_names() {
  local name n=0
  for name in 'a b' ' leading' 'trailing ' '#hash' 'what?' '100%' '%41' 'a:b' 'http:' 'javascript:alert(1)' \
    '<b>bold' '"quoted"' "it's" '&amp;' 'ä ö' '日本' $'\xff\xfe' $'\xc2\x9b2J' \
    '-dash' '~tilde' 'a;b=c,d' '*' 'c:\x' 'x@y' 'back`tick' '{brace}' '[1]' '|' '^' \
    $'\xe2\x80\xae'; do
    echo "content $((++n))" >"$T/site/$name"
  done
  mkdir "$T/site/a folder" "$T/site/<i>folder" "$T/site/folder:1"
}

@test "a name with control characters has a working link in a listing" {
  web
  touch "$T/site/"$'a\nb' "$T/site/"$'tab\there' "$T/site/"$'esc\e[2J' "$T/site/"$'delete\x7f'
  run peer listing alive "$url/"
  [ "$status" -eq 0 ] || show "$output"
}

@test "names and paths cannot inject anything into the page" {
  web
  mkdir "$T/site/<script>alert(1)<" "$T/site/\"onload=x"
  ask "$url/" "$url/%3Cscript%3Ealert(1)%3C/" "$url/%22onload=x/" "$url/%3Cscript%3Ealert(2)" \
    "$url/?%3Cscript%3E" >"$T/pages"
  not grep -qi '<script' "$T/pages"
  not grep -q '"onload' "$T/pages"
}

@test "folders come first, names in natural order, and .. before all except at the root" {
  web
  mkdir "$T/site/sub" "$T/site/sub/z10" "$T/site/sub/z9"
  touch "$T/site/sub/"{file10,file9,File1,a.txt,img2.png,img012.png,img12.png}
  run peer listing order "$url/sub/"
  [ "${lines[*]}" = '../ z9/ z10/ a.txt File1 file9 file10 img2.png img012.png img12.png' ] ||
    [ "${lines[*]}" = '../ z9/ z10/ a.txt File1 file9 file10 img2.png img12.png img012.png' ] ||
    show "${lines[*]}"
  run peer listing order "$url/"
  [ "${lines[*]}" = 'sub/ hello.txt' ] || show "${lines[*]}"
}

@test "a listing is JSON with ?json, or if the client accepts JSON" {
  web
  mkdir "$T/site/sub"
  touch -d '2024-02-29 12:34:56 UTC' "$T/site/hello.txt"
  [ "$(field content-type "$url/?json")" = application/json ]
  [ "$(field content-type -H 'Accept: application/json' "$url/")" = application/json ]
  [[ $(field content-type -H 'Accept: text/html, application/json;q=0.5' "$url/") == text/html* ]]
  [[ $(field vary "$url/") == *Accept* ]]
  ask "$url/?json" | "$PYTHON" -c '
import json, sys
folder, file = json.load(sys.stdin)
assert (folder["name"], folder["type"]) == ("sub", "folder"), folder
assert (file["name"], file["type"], file["size"]) == ("hello.txt", "file", 6), file
assert file["modified"] == "2024-02-29T12:34:56Z", file
'
}

@test "a listing shows sizes and times" {
  web
  truncate -s 5G "$T/site/large"
  touch -d '2024-02-29 12:34:56 UTC' "$T/site/large"
  ask "$url/" >"$T/page"
  grep -q 5368709120 "$T/page"
  grep -q '5\.0 GiB' "$T/page"
  grep -q '2024-02-29 12:34' "$T/page"
  [ "$(ask "$url/?json" | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)[1]["size"])')" = 5368709120 ]
}

@test "HEAD of a listing has its length" {
  web
  [ "$(field content-length --head "$url/")" = "$(ask "$url/" | wc -c)" ]
}

@test "an empty folder has an empty listing" {
  rm "$T/site/hello.txt"
  web
  run peer listing order "$url/"
  [ -z "$output" ]
  [ "$(ask "$url/?json" | tr -d ' \n')" = '[]' ]
}

@test "10,000 entries are listed while others come and go" {
  web
  mkdir "$T/site/many"
  (cd "$T/site/many" && seq -f 'stays %g' 10000 | xargs -d '\n' touch)
  start churn peer listing churns "$T/site/many"
  prints churn '^churning$'
  run peer listing keeps "$url/many/" 10000
  [ "$status" -eq 0 ] || show "$output"
  [ "$output" = '6 listings with 10000 entries' ] || show "$output"
  not gone "${pid[churn]}"
}

@test "a folder that vanishes while it is listed is 404" {
  web
  mkdir "$T/site/sub"
  [ "$(code "$url/sub/")" = 200 ]
  rmdir "$T/site/sub"
  [ "$(code "$url/sub/")" = 404 ]
}

# What a browser sends when it navigates.
page='Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8'

@test "--spa serves its page to browsers for paths without a file" {
  echo application >"$T/site/index.html"
  echo text >"$T/site/plain"
  mkdir "$T/site/assets" "$T/site/v1.2"
  web --spa index.html
  for path in '' route route/ users/17 users/17/edit users/17/ '?q=1' v1.2/route users/john.doe v1.3/ \
    @scope/pkg@1.0 missing.html hello.txt/below; do
    [ "$(ask -H "$page" "$url/$path")" = application ] || show "$path"
  done
  [ "$(ask -H 'Accept: text/*' "$url/route")" = application ]
  [ "$(ask -H "$page" "$url/plain")" = text ]
  [ "$(ask -H "$page" "$url/hello.txt")" = hello ]
  [ "$(code -H "$page" "$url/.hidden")" = 404 ]
  [ "$(field content-type -H "$page" "$url/route")" = 'text/html; charset=utf-8' ]
  [ "$(field vary -H "$page" "$url/route")" = Accept ]
  [ "$(code -H "$page" -H "If-None-Match: $(field etag -H "$page" "$url/route")" "$url/route")" = 304 ]
  [ "$(code -X POST "$url/route")" = 405 ]
}

@test "with --spa what a script or an image asks for is 404 if it is missing" {
  echo application >"$T/site/index.html"
  web --spa index.html
  for accept in '*/*' 'image/avif,image/webp,*/*;q=0.8' application/json 'text/html;q=0, */*' ''; do
    for path in missing.js api/users route hello.txt/below.png; do
      [ "$(code -H "Accept: $accept" "$url/$path")" = 404 ] || show "$accept $path"
    done
  done
  [ "$(field vary "$url/missing.js")" = Accept ]
  [ "$(ask "$url/")" = application ]
}

@test "--spa accepts only a file beneath the folder, even with --follow-links=all" {
  echo outside >"$T/outside"
  for name in ../outside "$T/outside" sub/../../outside ''; do
    refuses "anet: serve: --spa '$name': no such file in $T/site" "try 'anet serve --help'" \
      serve -l 0 --follow-links=all --spa "$name" "$T/site"
  done
}

@test "--index accepts only a file name" {
  for name in . .. a/b ''; do
    refuses "anet: serve: --index '$name': expected a plain file name" \
      "try 'anet serve --help'" serve -l 0 --index "$name" "$T/site"
  done
}

@test "the file of --spa must exist at the start, and may go and come back" {
  echo application >"$T/site/index.html"
  refuses "anet: serve: --spa 'nowhere': no such file in $T/site" "try 'anet serve --help'" \
    serve -l 0 --spa nowhere "$T/site"
  web --spa index.html
  [ "$(ask -H "$page" "$url/route")" = application ]
  rm "$T/site/index.html"
  gone_now() { [ "$(code -H "$page" "$url/route")" = 404 ]; }
  within 20 gone_now
  echo again >"$T/site/index.html"
  back() { [ "$(ask -H "$page" "$url/route")" = again ]; }
  within 20 back
}

# --- hidden names, and links ---

@test "names that begin with a dot are neither listed nor served, except .well-known" {
  mkdir -p "$T/site/.well-known/.deep" "$T/site/.git" "$T/site/sub/.secret"
  for name in .env .well-known/x .well-known/.deep/x .git/config sub/.secret/x sub/.x; do
    echo "$name" >"$T/site/$name"
  done
  web
  [ "$(ask "$url/.well-known/x")" = .well-known/x ]
  for path in .env .git/config .git/ .git sub/.secret/x sub/.x .well-known/.deep/x %2eenv '%2Egit/config' ..data; do
    [ "$(code "$url/$path")" = 404 ] || show "$path: $(code "$url/$path")"
  done
  run peer listing order "$url/"
  [ "${lines[*]}" = '.well-known/ sub/ hello.txt' ] || show "${lines[*]}"
}

@test "--hidden lists and serves hidden names" {
  mkdir "$T/site/.git"
  echo config >"$T/site/.git/config"
  echo env >"$T/site/.env"
  web --hidden
  [ "$(ask "$url/.git/config")" = config ]
  [ "$(ask "$url/.env")" = env ]
  run peer listing order "$url/"
  [ "${lines[*]}" = '.git/ .env hello.txt' ] || show "${lines[*]}"
}

# Links in $T/site: two that stay inside, and those that lead out.
links() {
  mkdir -p "$T/outside/folder" "$T/site/sub"
  echo secret >"$T/outside/secret.txt"
  echo secret >"$T/outside/folder/file"
  echo inside >"$T/site/sub/file"
  ln -s sub/file "$T/site/relative"
  ln -s "$T/site/sub" "$T/site/absolute"
  ln -s ../hello.txt "$T/site/sub/up"
  ln -s "$T/outside/secret.txt" "$T/site/out"
  ln -s ../outside/folder "$T/site/outfolder"
  ln -s ../../outside/secret.txt "$T/site/sub/out"
  ln -s ../site/../outside/secret.txt "$T/site/around"
  ln -s /proc/self/environ "$T/site/environ"
  ln -s loop "$T/site/loop"
  ln -s nowhere "$T/site/dangling"
}

@test "links are followed inside the folder, never outside" {
  links
  web
  [ "$(ask "$url/relative")" = inside ]
  [ "$(ask "$url/absolute/file")" = inside ]
  [ "$(ask "$url/sub/up")" = hello ]
  for path in out outfolder outfolder/ outfolder/file sub/out around environ loop dangling absolute/out; do
    [ "$(code "$url/$path")" = 404 ] || show "$path: $(code "$url/$path")"
  done
  run peer listing order "$url/"
  [ "${lines[*]}" = 'absolute/ sub/ hello.txt relative' ] || show "${lines[*]}"
}

@test "--follow-links=none follows none" {
  links
  ln -s "$T/site" "$T/link to the site"
  serve web anet serve -l 0 --follow-links=none "$T/link to the site"
  url=${address[web]%/}
  for path in relative absolute/file sub/up out outfolder/file around loop; do
    [ "$(code "$url/$path")" = 404 ] || show "$path: $(code "$url/$path")"
  done
  [ "$(ask "$url/sub/file")" = inside ]
  run peer listing order "$url/"
  [ "${lines[*]}" = 'sub/ hello.txt' ] || show "${lines[*]}"
}

@test "--follow-links=all follows all" {
  links
  web --follow-links=all
  for path in out outfolder/file sub/out around; do
    [ "$(ask "$url/$path")" = secret ] || show "$path: $(code "$url/$path")"
  done
  [ "$(ask "$url/absolute/file")" = inside ]
  for path in loop dangling; do
    [ "$(code "$url/$path")" = 404 ] || show "$path: $(code "$url/$path")"
  done
}

@test "a link as index or as compressed file does not lead outside" {
  mkdir "$T/outside" "$T/site/sub"
  echo secret >"$T/outside/secret"
  gzip -k "$T/outside/secret"
  ln -s "$T/outside/secret" "$T/site/sub/index.html"
  ln -s "$T/outside/secret.gz" "$T/site/hello.txt.gz"
  web
  [ "$(ask --compressed "$url/hello.txt")" = hello ]
  not grep -q secret <(ask "$url/sub/")
  refuses "anet: serve: --spa 'sub/index.html': no such file in $T/site" "try 'anet serve --help'" \
    serve -l 0 --spa sub/index.html "$T/site"
}

@test "a link that is changed while it is served never leads outside" {
  mkdir "$T/outside"
  echo secret >"$T/outside/file"
  mkdir "$T/site/inside"
  echo hello >"$T/site/inside/file"
  web
  start turns bash -c 'cd "$0"; echo; while :; do
    ln -sfn inside next; mv -T next turning; ln -sfn ../outside next; mv -T next turning; done' "$T/site"
  within 20 test -L "$T/site/turning"
  ask --no-progress-meter "$url/turning/file?[1-2000]" >"$T/came" || true
  grep -qx hello "$T/came"
  not grep -q secret "$T/came"
}

@test "a file from the future is not modified later than its response" {
  touch -d '2 years' "$T/site/hello.txt"
  head -c 100000 /dev/zero >"$T/site/large"
  touch -d '2 years' "$T/site/large"
  web
  for name in hello.txt large; do
    local date modified tag
    ask -i -o "$T/answer" "$url/$name"
    date=$(sed -n 's/^Date: \(.*\)\r$/\1/p' "$T/answer")
    modified=$(sed -n 's/^Last-Modified: \(.*\)\r$/\1/p' "$T/answer")
    [ -n "$modified" ]
    [ "$(date -d "$modified" +%s)" -le "$(date -d "$date" +%s)" ] || show "$modified after $date"
    tag=$(field etag "$url/$name")
    [ "$(code -H "If-None-Match: $tag" "$url/$name")" = 304 ]
    [ "$(code -r 0-1 "$url/$name")" = 206 ]
    [ "$(code -H 'If-Modified-Since: Thu, 01 Jan 2015 00:00:00 GMT' "$url/$name")" = 200 ]
  done
}

@test "what is compressed by its type has a coding, and browsers see the content" {
  echo '<svg xmlns="http://www.w3.org/2000/svg"/>' >"$T/image.svg"
  gzip <"$T/image.svg" >"$T/site/image.svgz"
  gzip <"$T/image.svg" >"$T/site/image.svgz.br"
  gzip <"$T/image.svg" >"$T/site/image.tgz"
  web
  [ "$(field content-type "$url/image.svgz")" = image/svg+xml ]
  [ "$(field content-encoding "$url/image.svgz")" = gzip ]
  [ "$(field content-encoding -H 'Accept-Encoding: br' "$url/image.svgz")" = gzip ]
  ask --compressed "$url/image.svgz" | cmp - "$T/image.svg"
  [ "$(field content-encoding "$url/image.tgz")" = '' ]
}
