# What the tests of fetch share: a server that answers as the query of a URL says
# (peers/web_script.py), and what it was asked.
# shellcheck disable=SC2034,SC2154

load ../lib/helpers

# No proxy but one that a test names.
unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY

# $url is where it serves. It keeps each request in $T/asked, by its number.
script() {
  serve script peer web_script "$T/asked"
  url=http://${address[script]}
}

# Another one, at $elsewhere, which keeps its requests in $T/elsewhere.
script_elsewhere() {
  serve elsewhere peer web_script "$T/elsewhere"
  elsewhere=http://${address[elsewhere]}
}

# How many requests came [to another than the first].
asked() {
  find "$T/${1-asked}" -name '[0-9]*' | wc -l
}

# The last one [of another], as it came.
last() {
  cat "$T/${1-asked}/$(asked "${1-asked}")"
}

# What stands in front of the fields, and the values of the field NAME in it.
line() {
  last "$@" | head -n 1 | tr -d '\r'
}

sent() {
  last "${@:2}" | sed '/^\r$/,$d' | tr -d '\r' | sed -n "s/^$1: //Ip"
}

# What follows its head.
body() {
  last "$@" | sed '1,/^\r$/d'
}

# CODE PATTERN ARGUMENT...: fetch ends with that code, nothing on stdout, and one line that looks so.
fails() {
  run --separate-stderr anet fetch "${@:3}"
  [ "$status" -eq "$1" ] || show "exit code $status" "$stderr"
  [ -z "$output" ] || show "$output"
  [ "${#stderr_lines[@]}" -eq 1 ] || show "$stderr"
  [[ ${stderr_lines[0]} == "anet: fetch: "* ]] || show "$stderr"
  grep -qiE -- "$2" <<<"$stderr" || show "$stderr"
}

# CODE PATTERN ARGUMENT...: the same of wrong usage, which has a second line.
is_refused() {
  run --separate-stderr anet fetch "$@"
  [ "$status" -eq 2 ] || show "exit code $status: $*" "$stderr"
  [ -z "$output" ] || show "$output"
  [[ ${stderr_lines[0]} == "anet: fetch: "* ]] || show "$stderr"
}

# The text percent-encoded, to stand in a query.
quoted() {
  "$PYTHON" -c 'import sys, urllib.parse; print(urllib.parse.quote(sys.argv[1], safe=""))' "$1"
}

# So many bytes of which none is like another, as size=N of the script has them.
bytes() {
  (cd "$BATS_TEST_DIRNAME/../peers" && "$PYTHON" -c "import net, sys
for block in net.blocks($1): sys.stdout.buffer.write(block)")
}

# $T/FOLDER has these files, and no other.
has_only() {
  local there
  there=$(find "$T/$1" -mindepth 1 -printf '%P\n' | sort | tr '\n' ' ')
  [ "$there" = "$(printf '%s\n' "${@:2}" | grep . | sort | tr '\n' ' ')" ] || show "$there"
}
