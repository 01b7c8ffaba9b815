#!/usr/bin/env bats
# anet beside the Python programs whose work it does: the same client sees the same bytes.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # eval is meant, each test is a function, load sets

bats_require_minimum_version 1.5.0
load ../lib/helpers

# ORIGINAL... -- ANET...: both serve, as ${address[old]} and ${address[new]}.
both() {
  local old=()
  while [ "$1" != -- ]; do
    old+=("$1")
    shift
  done
  serve old peer originals "${old[@]}"
  serve new anet "${@:2}"
}

# What COMMAND prints is the same with the address of the one and of the other for {}.
same() {
  local which
  for which in old new; do
    "${@/\{\}/${address[$which]}}" >"$T/answer.$which" </dev/null
  done
  cmp "$T/answer.old" "$T/answer.new"
  [ -s "$T/answer.old" ]
}

# Replaces the ports in what one of them printed or logged.
without_ports() {
  sed -E 's/127\.0\.0\.1:[0-9]+/HOST:PORT/g; s/^anet: [a-z]+: //' "$1"
}

@test "daytime serves the line that the original serves" {
  both daytime -- daytime 0
  # Both must be asked in the same second, which one of several tries is.
  same_second() { same socat -t10 -T10 -u "TCP:{}" -; }
  within 10 same_second
}

@test "daytime's client shows what the original shows" {
  both daytime -- daytime 0
  for name in old new; do
    same_answer() {
      peer originals ask-time "${address[$name]}" >"$T/old.answer"
      anet daytime -c "${address[$name]}" >"$T/new.answer"
      cmp "$T/old.answer" "$T/new.answer"
    }
    within 10 same_answer
    [ "$(wc -l <"$T/new.answer")" -eq 1 ]
  done
}

@test "echo sends back what the original sends back, and logs the client" {
  both echo -- echo 0
  same peer client half-close "{}" 3000000 2
  [ "$(head -n 1 "$T/answer.new")" = "3000000 $(sum_of 3000000 0) end" ]
  within 10 eval '[ "$(wc -l <"$T/new.err")" -eq 2 ]'
  [ "$(without_ports "$T/new.err")" = "$(without_ports <(grep connected "$T/old.err"))" ]
}

@test "echo --reply ok answers on two ports as the select server does" {
  both ok-on-two-ports -- echo --reply ok 0 0
  within 10 test -n "$(line_of new 2)"
  same peer client converses "{}" one two three
  grep -q '^ok$' "$T/answer.new"
  address[old]=$(line_of old 2)
  address[new]=$(line_of new 2)
  same peer client converses "{}" four five
}

@test "echo -c talks to the select server line by line as its client does" {
  serve server peer originals ok-on-two-ports
  converse_with() {
    local name=$1 so_far='' line in
    shift
    mkfifo "$T/in.$name"
    exec {in}<>"$T/in.$name"
    INPUT=$T/in.$name start "$name" "$@" "${address[server]}"
    for line in one two three; do
      echo "$line" >&"$in"
      so_far+=ok
      within 10 eval '[ "$(cat "$T/$name.out")" = "$so_far" ]'
    done
    exec {in}>&-
  }
  converse_with old peer originals converse
  converse_with new anet echo -c
  cmp "$T/old.out" "$T/new.out"
}

@test "echo --greet thanks as the forking and the threading server do" {
  for kind in forking threading; do
    serve old peer originals thanks "$kind"
    serve new anet echo --greet 'Thank you for connecting .' --discard --close 0
    same socat -t10 -T10 -u "TCP:{}" -
    [ "$(cat "$T/answer.new")" = 'Thank you for connecting .' ]
    tell KILL old
    tell TERM new
    ends new 10
  done
}

@test "echo --dump=text shows what the select and the poll logger show" {
  for how in select poll; do
    serve old peer originals logger "$how"
    serve new anet echo --dump=text 0
    for name in old new; do
      peer client says "${address[$name]}" 'hello' 'two\nlines\r\n' 'Gr\xc3\xbc\xc3\x9fe'
      prints "$name" disconnected
    done
    # The original has Python's escapes for what is not ASCII.
    [ "$(without_ports "$T/new.out")" = "$(without_ports "$T/old.out" | sed 's/\\xfc/ü/; s/\\xdf/ß/')" ]
    grep -qF ': two\nlines\r\n' "$T/new.out"
    tell KILL old
    tell TERM new
    ends new 10
  done
}

@test "echo --dump=lines shows what the line logger shows" {
  both lines -- echo --dump=lines 0
  for name in old new; do
    peer client says "${address[$name]}" 'one\r\ntw' 'o\r\n' 'Gr\xc3' '\xbc\xc3\x9fe\r\n'
    prints "$name" disconnected
  done
  cmp <(without_ports "$T/new.out") <(without_ports "$T/old.out")
  grep -q ': Grüße$' "$T/new.out"
}

@test "echo --discard only shows, and answers nothing" {
  serve new anet echo --discard --dump=text 0
  run peer client half-close "${address[new]}" 1000 1
  [[ $output == "0 "*" end" ]]
  prints new disconnected
}

@test "forward passes on what the asyncore forwarder passes on, and logs both addresses" {
  serve target peer server echo
  both forward "${address[target]}" -- forward 0 "${address[target]}"
  same peer client drip "{}" 200
  same peer client converses "{}" one two three
  [ "$(grep -c "to ${address[target]}$" "$T/new.err")" -eq 2 ]
  [ "$(without_ports "$T/new.err")" = "$(without_ports <(grep connected "$T/old.err"))" ]
}

@test "forward delivers the last bytes, which the asyncore forwarder drops" {
  serve target peer server late 1000011 0
  both forward "${address[target]}" -- forward 0 "${address[target]}"
  run peer client half-close "${address[new]}" 100000 1
  [ "$output" = "1000011 $(sum_of 1000011 1) end" ]
  run peer client half-close "${address[old]}" 100000 1
  [[ $output != "1000011 "* ]]
}

# --- what answers a browser ---

# The same, of what prints a URL.
both_web() {
  both "$@"
  address[new]=${address[new]#http://}
  address[new]=${address[new]%/}
}

# NAME PATH [OPTION]...: what curl gets from the one or the other: the head in $T/head, the body on
# stdout.
ask() {
  timeout 30 curl -s -D "$T/head" "${@:3}" "http://${address[$1]}$2"
}

# The field of that head.
field() {
  sed -n "s/^$1: *\(.*\)\r\$/\1/ip" "$T/head"
}

status() {
  sed -n '1s/^HTTP\/1\.[01] \([0-9]*\).*/\1/p' "$T/head"
}

@test "serve gives the files that the asynchat web server gives, with its length and type" {
  mkdir -p "$T/site/below"
  seq 100000 >"$T/site/numbers.txt"
  echo '<title>x</title>' >"$T/site/below/page.html"
  head -c 300000 /dev/urandom >"$T/site/noise.png"
  : >"$T/site/empty.css"
  both_web web "$T/site" -- serve -l 0 "$T/site"
  local path name old new
  for path in numbers.txt below/page.html noise.png empty.css; do
    for name in old new; do
      ask "$name" "/$path" | cmp - "$T/site/$path"
      eval "$name"='"$(status) $(field content-length) $(field content-type)"'
    done
    # Ours says which letters it is written with.
    [ "${new%; charset=utf-8}" = "$old" ] || show "$old" "$new"
  done
}

@test "serve gives a client of HTTP/1.0 what the asynchat web server gives it" {
  mkdir "$T/site"
  seq 100000 >"$T/site/numbers.txt"
  both_web web "$T/site" -- serve -l 0 "$T/site"
  for name in old new; do
    peer originals get "${address[$name]}" /numbers.txt | sed '1,/^\r$/d' | cmp - "$T/site/numbers.txt"
    peer originals get "${address[$name]}" /nothing | head -n 1 | grep -q '^HTTP/1\.[01] 404 Not Found'
  done
}

@test "serve refuses what the asynchat web server refuses, and more" {
  mkdir -p "$T/site/folder"
  echo secret >"$T/secret"
  both_web web "$T/site" -- serve -l 0 "$T/site"
  for name in old new; do
    ask "$name" /nothing >"$T/body"
    [ "$(status)" = 404 ]
    ask "$name" / -X BREW >"$T/body"
    [ "$(status)" = 501 ]
  done
  # A known method that is not allowed has a status of its own.
  ask new /folder -X DELETE >"$T/body"
  [ "$(status)" = 405 ]
  [[ $(field allow) == *GET* ]]
  # The original calls the missing file %s.
  not grep -F %s "$T/body"

  # The original gives away any file of the machine.
  [ "$(ask old "/$T/secret" --path-as-is)" = secret ]
  [ "$(ask old /../secret --path-as-is)" = secret ]
  not grep secret <(ask new "/$T/secret" --path-as-is)
  [ "$(status)" = 404 ]
  not grep secret <(ask new /../secret --path-as-is)
  [ "$(status)" = 400 ]

  # The original does not answer for a folder, nor to a request that is not HTTP.
  run ask old /folder --fail
  [ "$status" -ne 0 ]
  ask new /folder -L | grep -q '<table>'
  [ -z "$(printf 'hello\r\n\r\n' | socat -t10 -T10 - "TCP:${address[old]}")" ]
  printf 'hello\r\n\r\n' | socat -t10 -T10 - "TCP:${address[new]}" | head -n 1 | grep -q '^HTTP/1.1 400 Bad Request'
}

@test "echo --http --reply answers a browser with the page that the select server has" {
  both_web page -- echo --http --reply 'hello from here' 0
  for path in / /any/where?x=1; do
    [ "$(ask old "$path" --http0.9)" = 'hello from here' ]
    [ "$(ask new "$path")" = 'hello from here' ]
    [ "$(status)" = 200 ]
  done
  # Also after more than fits into one recv.
  [ "$(ask new / --data-binary "@$BATS_TEST_FILENAME")" = 'hello from here' ]
}

@test "echo --http tells the URL of a request, as the header-parsing server does" {
  both_web tell-url -- echo --http --json 0
  local path
  for path in / /a/b '/x?name=value&other' '/%41%2f' /../up; do
    ask old "$path" --path-as-is >"$T/old.url"
    ask new "$path" --path-as-is >"$T/new.json"
    [ "$(json "$T/new.json" 'answer["url"]')" = "$(cat "$T/old.url")" ]
    [ "$(cat "$T/old.url")" = "$path" ]
  done
  ask new /x -H 'X-Mine: a "b" ü' -X FROB >"$T/new.json"
  [ "$(json "$T/new.json" 'answer["method"]')" = FROB ]
  [ "$(json "$T/new.json" '[f["value"] for f in answer["headers"] if f["name"] == "X-Mine"][0]')" = 'a "b" ü' ]
}

# FILE EXPRESSION: its value, with what the file says as `answer`.
json() {
  "$PYTHON" -c 'import json, sys; answer = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$@"
}

@test "echo --http has the form of the asynchat server, and shows its fields" {
  both_web form -- echo --http 0
  for name in old new; do
    ask "$name" / >"$T/form"
    grep -qi '<form method="\?post"\?' "$T/form"
    grep -qiE "<input [^>]*name=[\"']?name[\"' >]" "$T/form"
    grep -qiE "<input [^>]*name=[\"']?mail[\"' >]" "$T/form"
    ask "$name" / -d name=Ada -d mail=ada@example >"$T/shown"
    [ "$(status)" = 200 ]
    grep -q Ada "$T/shown"
    grep -q ada@example "$T/shown"
    [[ $(field content-type) == text/html* ]]
    [ "$(field content-length)" -eq "$(wc -c <"$T/shown")" ]
    [ -n "$(field server)" ]
    [ -n "$(field date)" ]
    # A line for each.
    [ "$(grep -cE '(GET|POST) (for )?/' "$T/$name.err")" -eq 2 ] || show "$(cat "$T/$name.err")"
  done
  # The date is not in the format of ctime.
  [[ $(field date) == ???,\ ??\ ???\ ????\ ??:??:??\ GMT ]]
}

@test "echo --http decodes and escapes what it shows, where the asynchat server does neither" {
  both_web form -- echo --http 0
  local evil='<script>alert("1")</script>'
  ask old / --data-raw "name=$evil&mail=a%40b" >"$T/shown"
  grep -qF "$evil" "$T/shown"
  grep -qF 'a%40b' "$T/shown"
  ask new / --data-raw "name=$evil&mail=a%40b+c" >"$T/shown"
  not grep -iF '<script' "$T/shown"
  grep -qF '&lt;script&gt;' "$T/shown"
  grep -qF 'a@b c' "$T/shown"
  # A field without =, and an empty one: the original has no answer to either.
  [ -z "$(ask old / --data-raw 'name&mail=x')" ]
  ask new / --data-raw 'name&&mail=x' -H 'Accept: application/json' >"$T/new.json"
  [ "$(json "$T/new.json" '[(f["name"], f["value"]) for f in answer["form"] if f["name"]]')" = \
    "[('name', ''), ('mail', 'x')]" ]
}

@test "serve has the 404 page, the line in the log, Date and Server of the asynchat server" {
  mkdir "$T/site"
  both_web form -- serve -l 0 "$T/site"
  for name in old new; do
    ask "$name" '/not%20here' | grep -qi 'not found'
    [ "$(status)" = 404 ]
    [[ $(field content-type) == text/html* ]]
    [ -n "$(field server)" ]
    [ -n "$(field date)" ]
    grep -qE '^127\.0\.0\.1.*GET (for )?/not%20here' "$T/$name.err"
  done
}
