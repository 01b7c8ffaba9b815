# What cli.bats and completions.bats share.

ANET=$(realpath -- "${ANET:-$BATS_TEST_DIRNAME/../../build/anet}")
export ANET
unset COLUMNS

anet() {
  "$ANET" "$@"
}

# The command line ends with exit code 2, nothing on stdout and exactly these two lines on stderr.
refuses() {
  local complaint=$1 hint=$2
  shift 2
  run --separate-stderr anet "$@"
  [ "$status" -eq 2 ]
  [ -z "$output" ]
  [ "${#stderr_lines[@]}" -eq 2 ]
  [ "${stderr_lines[0]}" = "$complaint" ] || show "${stderr_lines[0]}"
  [ "${stderr_lines[1]}" = "$hint" ] || show "${stderr_lines[1]}"
}

# The words are read without complaint: what is refused is the option that stands after them.
reads() {
  refuses "anet: $1: unknown option --no-such-thing" "try 'anet $1 --help'" "$@" --no-such-thing
}

# Says what there was instead, and fails.
show() {
  printf 'got: %s\n' "$@" >&2
  return 1
}

# The names that the list of commands shows.
commands() {
  anet --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\)  .*/\1/p' | grep -vx help
}
