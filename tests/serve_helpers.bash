# What the tests of serve share: a folder, anet serving it, and curl asking.
# shellcheck disable=SC2034,SC2154

load helpers

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

ask() {
  curl --silent --show-error --max-time 20 --path-as-is "$@"
}

# The status of the answer.
code() {
  ask --output /dev/null --write-out '%{http_code}' "$@"
}

# A field of the answer.
field() {
  local name=$1
  shift
  ask --output /dev/null --dump-header - "$@" | tr -d '\r' | sed -n "s/^$name: //Ip"
}
