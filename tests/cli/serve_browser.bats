#!/usr/bin/env bats
# anet serve and anet echo --http as a browser sees them: Chromium without a window.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # eval is meant, each test is a function, load sets

bats_require_minimum_version 1.5.0
load ../lib/helpers

setup_file() {
  find_python
}

share() {
  mkdir -p "$T/site"
  echo '<!DOCTYPE html><title>a page</title>' >"$T/site/page.html"
  serve web anet serve -l 0 "$@" "$T/site"
  url=${address[web]}
}

@test "a film plays, and seeking works" {
  share
  peer webm film "$T/site/film.webm" 60
  echo '<!DOCTYPE html><title>film</title><video src=film.webm preload=metadata></video>' \
    >"$T/site/page.html"
  run peer browser plays "${url}page.html"
  [ "$output" = '60 seconds: red blue red blue' ] || show "$output"
  # A megabyte a second: the places are too far apart to come with one range.
  [ "$(grep -c '"GET /film.webm HTTP/1.1" 206 ' "$T/web.err")" -ge 4 ] || show "$(cat "$T/web.err")"
  not grep -E '"GET /film.webm HTTP/1.1" (200|416|5..) ' "$T/web.err"
}

@test "every link of a listing leads to its file, however odd the name" {
  share
  mkdir -p "$T/site/a folder/ä/b?c" "$T/site/#" "$T/site/javascript:alert(1)"
  local name
  for name in 'a b' 'grüße.txt' 'hash#tag' 'what?' 'hundred%41' 'a:b' 'http:' 'say "hi"' "it's" '<b>bold' \
    '-rf' '&amp;' 'a&copy' 'back\slash' 'plus+plus' 'semi;colon' '~' '{}|^`' $'latin1-\xfc' 'x=1&y=2' '...'; do
    printf '%s\n' "$name" | tee "$T/site/$name" >"$T/site/a folder/ä/$name"
  done
  echo deep >"$T/site/a folder/ä/b?c/deep"
  echo inside >"$T/site/#/inside"
  echo script >"$T/site/javascript:alert(1)/file"
  run peer browser lists "$url" "$T/site" page.html
  # Of the names that begin with a dot none is there.
  [ "$output" = '44 files' ] || show "$output"
}

@test "a click on a folder in a listing opens it, and .. its parent" {
  share
  mkdir -p "$T/site/folder/deeper"
  echo 'so it says' >"$T/site/folder/note.txt"
  run peer browser clicks "$url" folder/
  [[ $output == *deeper/*note.txt* ]] || show "$output"
  run peer browser clicks "${url}folder/" note.txt
  [ "$output" = 'so it says' ]
  run peer browser clicks "${url}folder/" ../
  [[ $output == *folder/*page.html* ]] || show "$output"
}

@test "the form of a listing uploads files with any names" {
  share --upload
  printf '%s' one >"$T/größer <b>.txt"
  head -c 3000000 /dev/urandom >"$T/big one.bin"
  : >"$T/empty"
  run peer browser uploads "$url" "$T/größer <b>.txt" "$T/big one.bin" "$T/empty"
  [[ $output == "at $url"* ]] || show "$output"
  for name in 'größer <b>.txt' 'big one.bin' empty; do
    cmp "$T/$name" "$T/site/$name"
    [[ $output == *"lists $name"* ]] || show "$output"
  done
}

@test "a page of another origin may read responses only with --cors" {
  share
  echo secret >"$T/site/file"
  serve cors anet serve -l 0 --cors "$T/site"
  [ "$(peer browser crosses "${url}page.html" "${address[cors]}file")" = secret ]
  [ "$(peer browser crosses "${address[cors]}page.html" "${url}file")" = refused ]
}

@test "echo --http has a form, and shows exactly what was typed into it" {
  serve echo anet echo --http 0
  local url=http://${address[echo]#http://}
  url=${url%/}/
  run peer browser posts "$url" '<b>Grüße</b> & "100%" +' "o'<script>document.title='owned'</script>@x"
  [[ ${lines[0]} != *owned* ]]
  [[ ${lines[1]} == *'name <b>Grüße</b> & "100%" +'*"mail o'<script>document.title='owned'</script>@x"* ]] ||
    show "$output"
  [ "${lines[2]}" = 'markup: 0' ]
}
