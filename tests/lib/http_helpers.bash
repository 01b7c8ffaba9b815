# What the tests of whatever speaks HTTP share: asking with curl.

load ../lib/helpers

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
