# What the tests of serve share: a folder, and anet serving it.
# shellcheck disable=SC2034,SC2154

load ../lib/http_helpers

setup() {
  T=$BATS_TEST_TMPDIR
  declare -gA pid=() address=()
  mkfifo "$T/never"
  exec {never}<>"$T/never"
  mkdir "$T/site"
  echo hello >"$T/site/hello.txt"
}

# The options: anet serves $T/site, and $url is what it printed, without the last slash.
web() {
  serve web anet serve -l 0 "$@" "$T/site"
  url=${address[web]%/}
}

# The same without root's power to read and write what is not its own to.
powerless() {
  local without=()
  [ "$(id -u)" -ne 0 ] || without=(setpriv --bounding-set="-dac_override,-dac_read_search" --)
  serve web "${without[@]}" "$ANET" "$@" -l 0 "$T/site"
  anets=web
  url=${address[web]%/}
}
