#!/usr/bin/env bats
# How anet fetch follows redirects, and what it takes along.
# shellcheck disable=SC2030,SC2031,SC2154 # each test is a function, load sets

bats_require_minimum_version 1.5.0
load ../lib/fetch_helpers

@test "GET follows all five kinds of redirect" {
  script
  local code
  for code in 301 302 303 307 308; do
    [ "$(anet fetch "$url/from?status=$code&to=/there&body=moved")" = hello ]
    [ "$(line)" = 'GET /there HTTP/1.1' ]
  done
  anet fetch -I "$url/from?status=302&to=/there" >"$T/out"
  [ "$(line)" = 'HEAD /there HTTP/1.1' ]
  [ "$(anet fetch -w '|%{num_redirects} %{http_code} %{url_effective}' "$url/from?status=302&to=/there")" = $'hello\n'"|1 200 $url/there" ]
}

@test "a relative Location is resolved against the URL (RFC 3986 5.2)" {
  script
  leads() {
    anet fetch "$url/a/b/c?status=302&to=$(quoted "$1")" >"$T/out"
    [ "$(line)" = "GET $2 HTTP/1.1" ] || show "$1: $(line)"
  }
  leads d /a/b/d
  leads ./d /a/b/d
  leads ../d /a/d
  leads ../../../../d /d
  leads /d/e /d/e
  leads '?x=y' '/a/b/c?x=y'
  leads d/ /a/b/d/
  leads "//${address[script]}/d" /d
  leads "$url/d" /d
  leads "HTTP://${address[script]}" /
  leads 'd e' /a/b/d%20e
  leads ü /a/b/%C3%BC
  leads 'd#part' /a/b/d
}

@test "301, 302 and 303 turn POST into GET, 307 and 308 keep it (RFC 9110 15.4)" {
  script
  local code
  for code in 301 302 303; do
    [ "$(anet fetch -d a=b "$url/from?status=$code&to=/there")" = hello ]
    [ "$(line)" = 'GET /there HTTP/1.1' ]
    [ -z "$(sent Content-Length)$(sent Content-Type)$(body)" ]
  done
  # Also where POST was said in so many words; other methods stay but for 303.
  anet fetch -X POST -d a=b "$url/from?status=302&to=/there" >"$T/out"
  [ "$(line)" = 'GET /there HTTP/1.1' ]
  anet fetch -X DELETE "$url/from?status=302&to=/there" >"$T/out"
  [ "$(line)" = 'DELETE /there HTTP/1.1' ]
  anet fetch -X DELETE "$url/from?status=303&to=/there" >"$T/out"
  [ "$(line)" = 'GET /there HTTP/1.1' ]
  for code in 307 308; do
    [ "$(anet fetch -d a=b "$url/from?status=$code&to=/there")" = hello ]
    [ "$(line)" = 'POST /there HTTP/1.1' ]
    [ "$(body)" = a=b ]
    [ "$(sent Content-Type)" = application/x-www-form-urlencoded ]
  done
}

@test "PUT stays PUT, with the whole file again, except for 303" {
  script
  bytes 200000 >"$T/file"
  local code
  for code in 301 302 307 308; do
    anet fetch -T "$T/file" "$url/from?status=$code&to=/there" >"$T/out"
    [ "$(line)" = 'PUT /there HTTP/1.1' ] || show "$(line)"
    last | tail -c 200000 | cmp - "$T/file"
  done
  anet fetch -T "$T/file" "$url/from?status=303&to=/there" >"$T/out"
  [ "$(line)" = 'GET /there HTTP/1.1' ]
  # stdin too, if it is a file.
  anet fetch -T - "$url/from?status=307&to=/there" >"$T/out" <"$T/file"
  [ "$(line)" = 'PUT /there HTTP/1.1' ]
  last | tail -c 200000 | cmp - "$T/file"
}

@test "credentials go to no other origin" {
  script
  script_elsewhere
  local to
  to=$(quoted "$elsewhere/there")
  anet fetch -u me:secret "$url/from?status=302&to=$to"
  anet fetch "http://me:secret@${address[script]}/from?status=302&to=$to"
  anet fetch -H 'Authorization: Bearer secret' -H 'Cookie: id=secret' -H 'Proxy-Authorization: secret' -H 'X-Mine: x' \
    "$url/from?status=302&to=$to"
  [ "$(asked elsewhere)" -eq 3 ]
  not grep -qi 'secret\|authorization\|cookie' "$T"/elsewhere/*
  # What is none of that, does.
  [ "$(sent X-Mine elsewhere)" = x ]
  [ "$(sent Host elsewhere)" = "${address[elsewhere]}" ]
}

@test "credentials stay within the same origin" {
  script
  anet fetch -u me:secret "$url/from?status=302&to=/there"
  [ "$(line)" = 'GET /there HTTP/1.1' ]
  [ "$(sent Authorization)" = "Basic $(printf me:secret | base64)" ]
  anet fetch "http://me:secret@${address[script]}/from?status=302&to=$(quoted "$url/there")"
  [ "$(sent Authorization)" = "Basic $(printf me:secret | base64)" ]
  anet fetch -H 'Authorization: Bearer secret' -H 'Cookie: a=b' "$url/from?status=302&to=/there"
  [ "$(sent Authorization)" = 'Bearer secret' ]
  [ "$(sent Cookie)" = a=b ]
}

@test "credentials do not return through another origin" {
  script
  script_elsewhere
  local back
  back=$(quoted "$elsewhere/x?status=302&to=$(quoted "$url/there")")
  anet fetch -u me:secret "$url/from?status=302&to=$back"
  [ "$(line)" = 'GET /there HTTP/1.1' ]
  not grep -qi authorization "$T"/elsewhere/*
}

@test "user information in a Location is not sent as credentials" {
  script
  anet fetch "$url/from?status=302&to=$(quoted "http://evil:x@${address[script]}/there")"
  [ "$(line)" = 'GET /there HTTP/1.1' ]
  [ -z "$(sent Authorization)" ]
}

@test "a redirect loop ends with 47, after --max-redirects" {
  script
  fails 47 redirect "$url/?status=302&loop=1"
  [ "$(asked)" -eq 11 ]
  fails 47 redirect --max-redirects 3 "$url/?status=307&loop=1"
  [ "$(asked)" -eq 15 ]
  # With 0 none is followed, and the redirect is the answer.
  [ "$(anet fetch --max-redirects 0 "$url/?status=302&to=/there&body=moved")" = moved ]
  [ "$(anet fetch --max-redirects 1 "$url/?status=302&to=/there")" = hello ]
}

@test "the raw form prints a redirect, and follows it with -L" {
  script
  anet fetch "${address[script]}" '/from?status=302&to=/there' >"$T/out"
  grep -q '^Location: /there' "$T/out"
  [ "$(asked)" -eq 1 ]
  anet fetch -L "${address[script]}" '/from?status=302&to=/there' >"$T/out"
  [ "$(line)" = 'GET /there HTTP/1.0' ]
  [ "$(tail -n 1 "$T/out")" = hello ]
}

@test "a redirect to another scheme is refused" {
  script
  echo secret >"$T/secret"
  fails 1 'file' "$url/?status=302&to=file://$T/secret"
  fails 1 'ftp' "$url/?status=302&to=ftp://${address[script]}/"
  fails 1 'javascript|scheme|not' "$url/?status=302&to=javascript:alert(1)"
  fails 1 '' "$url/?status=302&to=http://"
  fails 1 '' "$url/?status=302&to=http://host:99999/"
}

@test "a redirect without Location is not followed, nor are 300 and 304" {
  script
  [ "$(anet fetch "$url/?status=302&body=x")" = x ]
  [ "$(anet fetch "$url/?status=300&to=/there&body=x")" = x ]
  anet fetch "$url/?status=304&to=/there&body="
  [ "$(asked)" -eq 3 ]
}

@test "the body of a redirect is not printed" {
  script
  [ "$(anet fetch "$url/?status=302&to=/there&size=300000")" = hello ]
  anet fetch -o "$T/file" "$url/x?status=302&to=/there&size=300000"
  [ "$(cat "$T/file")" = hello ]
  anet fetch -i "$url/y?status=302&to=/there&size=300000" | tail -n 1 | grep -qx hello
  # Also when it hangs in the middle of it.
  [ "$(timeout 10 "$ANET" fetch "$url/z?status=302&to=/there&size=300000&stall=100000")" = hello ]
}
