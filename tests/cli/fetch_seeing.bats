#!/usr/bin/env bats
# What anet fetch shows of itself: to scripts, in its log, and on a terminal.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # eval is meant, each test is a function, load sets

bats_require_minimum_version 1.5.0
load ../lib/fetch_helpers

@test "-w prints the variables it names, and curl prints the same" {
  script
  local format='%{http_code}|%{method}|%{num_redirects}|%{url}|%{url_effective}|%{size_download}|%{content_type}|%{remote_ip}|%{remote_port}|%{http_version}|%{exitcode}\n%%\t' typed
  typed="$url/?status=302&field=Connection:close&to=$(quoted '/x?field=Content-Type:text/plain&size=3000')"
  anet fetch -o "$T/file" -w "$format" "$typed" >"$T/ours"
  curl -sL --max-time 20 -o "$T/file" -w "$format" "$typed" >"$T/curl"
  diff "$T/curl" "$T/ours"
  grep -q '|GET|1|.*|3000|text/plain|127.0.0.1|' "$T/ours"
}

@test "-w prints after each URL, failed or not" {
  script
  run --separate-stderr anet fetch -w '[%{exitcode} %{http_code}]' "$url/?body=a" "$url/?status=404" "$url/?body=b&cut=0"
  [ "$output" = 'a[0 200][22 404][18 200]' ] || show "$output"
}

@test "the times of -w are in order" {
  script
  anet fetch -o "$T/file" -w '%{time_namelookup} %{time_connect} %{time_pretransfer} %{time_starttransfer} %{time_total}\n' \
    "$url/?size=6&drip=20" >"$T/times"
  tr ' ' '\n' <"$T/times" | sort -nc
  awk '{ exit !($5 >= 0.1 && $5 < 10 && $4 < $5) }' "$T/times" || show "$(cat "$T/times")"
}

@test "--stats=json prints one object per URL on stderr" {
  script
  run --separate-stderr anet fetch --stats=json "$url/?body=abc" "$url/?status=404&body=page" "$url/?status=302&to=/x"
  [ "$status" -eq 22 ]
  [ "$output" = abchello ]
  grep '^{' <<<"$stderr" >"$T/stats"
  [ "$(jq -s length "$T/stats")" -eq 3 ]
  [ "$(jq -sc 'map(.status)' "$T/stats")" = '[200,404,200]' ] || show "$(cat "$T/stats")"
  [ "$(jq -sc 'map(.exit_code)' "$T/stats")" = '[0,22,0]' ] || show "$(cat "$T/stats")"
  [ "$(jq -sr '.[0].url' "$T/stats")" = "$url/?body=abc" ]
  [ "$(jq -sr '.[2].effective_url' "$T/stats")" = "$url/x" ]
  [ "$(jq -sr '.[1].error' "$T/stats")" = 'HTTP 404 Not Found' ]
}

@test "text from a server is escaped before it is printed" {
  script
  run --separate-stderr anet fetch -v -w '%{content_type}' -o "$T/file" "$url/?field=Content-Type:%1b%5b31mred&field=X:%c2%9b31m"
  # A control character is none that a field may have, so that it is an error, shown escaped.
  not grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' <(printf '%s\n%s' "$output" "$stderr")
  run --separate-stderr anet fetch -v "$url/?status=404&field=X:a%c2%9b31m%e2%80%aeb"
  [ "$status" -eq 22 ]
  LC_ALL=C.UTF-8 not grep -qP '[\x{80}-\x{9f}\x{202a}-\x{202e}]' <<<"$stderr"
}

@test "-v logs request and response heads, also of redirects" {
  script
  run --separate-stderr anet fetch -v -H 'X-Mine: yes' "$url/a?status=302&to=/b"
  [ "$output" = hello ]
  local line
  for line in '> GET /a?status=302&to=/b HTTP/1.1' "> Host: ${address[script]}" '> X-Mine: yes' '< HTTP/1.1 302 Found' \
    '< Location: /b' '> GET /b HTTP/1.1' '< HTTP/1.1 200 OK' '< Content-Length: 6'; do
    grep -qxF -- "$line" <<<"$stderr" || show "$line" "$stderr"
  done
}

@test "nothing is logged on success, and -q logs only errors" {
  script
  run --separate-stderr anet fetch -o "$T/file" "$url/"
  [ -z "$output$stderr" ]
  run --separate-stderr anet fetch -q "$url/?status=404"
  [ "$status" -eq 22 ]
  [ "${#stderr_lines[@]}" -eq 1 ]
}

@test "--log-format=json logs an error as an object" {
  script
  run --separate-stderr anet fetch --log-format=json "$url/?status=404"
  [ "$status" -eq 22 ]
  jq -e . <<<"$stderr" >"$T/json"
  grep -q 404 "$T/json"
}

# --- a terminal ---

# What stands on the screen, without the empty lines at its end.
seen() {
  screen | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'
}

@test "on a terminal a body's control characters are shown, not obeyed" {
  script
  terminal
  type_in "$ANET fetch '$url/?body=red:%1b%5b31m%07%08:end%0a'; echo status \$?"
  shows '^status 0'
  shows 'red:.*\[31m.*:end'
  # Neither did the colour change nor was a letter taken back.
  tmux -S "$T/tmux" capture-pane -pe >"$T/screen"
  not grep -q $'\e\[31m' "$T/screen"
}

@test "output to a pipe or a file is not escaped, even if stderr is a terminal" {
  script
  terminal
  type_in "$ANET fetch '$url/?body=a%1b%5b31mb' >$T/file; $ANET fetch '$url/?body=a%1b%5b31mb' | cat >$T/pipe; echo done"
  shows '^done'
  printf 'a\e[31mb' | cmp - "$T/file"
  printf 'a\e[31mb' | cmp - "$T/pipe"
}

@test "with -o the terminal shows the progress, and finally the finished file" {
  script
  terminal
  type_in "$ANET fetch -o $T/file '$url/name?size=3000000&stall=1500000,'"
  shows '50 ?%.*'
  press C-c
  shows '^>$'
  # It is off the screen.
  not on_screen '50 ?%'
  [ ! -e "$T/file" ]
  # One that takes long enough to be shown stays, finished.
  type_in "clear; $ANET fetch -o $T/file '$url/name?size=60&drip=20'; echo status \$?"
  shows '^status 0'
  shows '100 ?%|60'
  bytes 60 | cmp - "$T/file"
  [ "$(seen | grep -c '[0-9] \?%')" -le 1 ] || show "$(seen)"
}

@test "for an unknown length it shows the bytes so far" {
  script
  terminal
  type_in "$ANET fetch -o $T/file '$url/name?size=3000000&stall=1500000&length=no&version=1.0'"
  shows '1\.[45] ?[MK]i?B?'
  press C-c
  shows '^>$'
}

@test "several transfers at once have a line each" {
  script
  terminal
  type_in "$ANET fetch --parallel 3 -P $T '$url/one?size=3000000&stall=1500000' '$url/two?size=3000000&stall=300000' '$url/three?size=3000000&stall=2700000'"
  shows 'one.* 50 ?%'
  shows 'two.* 10 ?%'
  shows 'three.* 90 ?%'
  [ "$(seen | grep -c '[0-9] \?%')" -eq 3 ] || show "$(seen)"
  press C-c
  shows '^>$'
  not on_screen '[0-9] ?%'
  [ "$(find "$T" -name 'one*' -o -name 'two*' -o -name 'three*')" = '' ]
}

@test "what waits for a response, or for its turn, is shown too" {
  script
  serve silent peer server silent
  terminal
  type_in "$ANET fetch --parallel 2 -P $T 'http://${address[silent]}/one' '$url/two?size=3000000&stall=300000' '$url/three' '$url/four'"
  shows '^two.* 10 ?%'
  shows '^one .*waiting'
  shows '^\.\.\. and 2 waiting'
  press C-c
  shows '^>$'
  not on_screen 'waiting'
}

@test "no progress is shown to a file, in a dumb terminal, or for a short transfer" {
  script
  anet fetch -o "$T/file" "$url/name?size=60&drip=20" 2>"$T/err"
  [ ! -s "$T/err" ]
  terminal
  type_in "TERM=dumb $ANET fetch -o $T/file '$url/name?size=60&drip=20'; NO_COLOR=1 $ANET fetch -o $T/file '$url/x?size=60&drip=20'; echo status \$?"
  type_in "$ANET fetch -o $T/file '$url/name?size=60'; echo and \$?"
  shows '^and 0'
  not on_screen '%.*[0-9]$|100 ?%'
}

@test "Ctrl-C at a terminal ends it by that signal" {
  script
  terminal
  type_in "$ANET fetch '$url/?size=100&stall=50' >$T/out"
  prints script stalls
  press C-c
  type_in 'echo "status $?"'
  shows '^status 130'
}

# --- formats ---

@test "-w reads a format from a file or stdin, and leaves an unknown variable out with a warning" {
  script
  printf '%%{http_code}|' >"$T/format"
  [ "$(anet fetch -o "$T/file" -w "@$T/format" "$url/")" = '200|' ]
  [ "$(anet fetch -o "$T/file" -w @- "$url/a" --stats none <"$T/format")" = '200|' ]
  fails 1 "none: no such file" -w "@$T/none" "$url/"
  [ "$(asked)" -eq 2 ]
  run --separate-stderr anet fetch -o "$T/file" -w '[%{no_such_thing}%{http_cod}%{http_code}]' "$url/"
  [ "$status" -eq 0 ]
  [ "$output" = '[200]' ]
  [[ ${stderr_lines[0]} == *"warning of unknown variable '%{no_such_thing}'"* ]] || show "$stderr"
  [[ ${stderr_lines[1]} == *"'%{http_cod}', did you mean '%{http_code}'?" ]] || show "$stderr"
  [ "${#stderr_lines[@]}" -eq 2 ]
  run --separate-stderr anet fetch -q -o "$T/file" -w '%{no_such_thing}' "$url/"
  [ -z "$stderr" ]
}

@test "-v hides what others could log in with, unless --show-secrets" {
  script
  local fields=(-u me:swordfish -H 'Proxy-Authorization: Swordfish swordfish' -H 'Cookie: id=swordfish'
    -H 'x-api-key: swordfish' -H 'X-Other: seen') proxy=http://him:swordfish@${address[script]} form
  run --separate-stderr anet fetch -v "${fields[@]}" "$url/?field=Set-Cookie:id=swordfish"
  [ "$output" = hello ]
  [ "$(sent Cookie)" = id=swordfish ]
  not grep -q swordfish < <(grep -v '^> GET' <<<"$stderr") || show "$stderr"
  not grep -qF "$(printf me:swordfish | base64)" <<<"$stderr"
  for form in '> Authorization: Basic [hidden]' '> Proxy-Authorization: [hidden]' '> Cookie: [hidden]' \
    '> x-api-key: [hidden]' '< Set-Cookie: [hidden]' '> X-Other: seen'; do
    grep -qxF -- "$form" <<<"$stderr" || show "$form" "$stderr"
  done
  run --separate-stderr anet fetch -v --log-format=json "${fields[@]}" "$url/"
  not grep -q swordfish <<<"$stderr"
  not grep -qF "$(printf me:swordfish | base64)" <<<"$stderr"
  http_proxy=$proxy run --separate-stderr anet fetch -v http://far.example/
  grep -qxF -- '> Proxy-Authorization: Basic [hidden]' <<<"$stderr" || show "$stderr"
  run --separate-stderr anet fetch -v --show-secrets "${fields[@]}" "$url/"
  grep -qxF -- "> Authorization: Basic $(printf me:swordfish | base64)" <<<"$stderr" || show "$stderr"
  grep -qxF -- '> Cookie: id=swordfish' <<<"$stderr"
}

@test "-v warns of a Content-Encoding that names no coding" {
  script
  run --separate-stderr anet fetch -v "$url/?field=Content-Encoding:UTF-8"
  [ "$output" = hello ]
  grep -q "warning of 'UTF-8' in Content-Encoding" <<<"$stderr" || show "$stderr"
  run --separate-stderr anet fetch "$url/?field=Content-Encoding:UTF-8"
  [ -z "$stderr" ]
}
