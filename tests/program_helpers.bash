# Running the C programs of tests/core, and running them under valgrind.

setup_file() {
  CORE_TESTS=$(realpath -- "${CORE_TESTS:-$BATS_TEST_DIRNAME/../build/tests}")
  export CORE_TESTS
}

# Passes: every test of a program.
passes() {
  run "$CORE_TESTS/$1"
  [ "$status" -eq 0 ] || complain "$output"
}

# Is clean: no error of memory, nothing still allocated (but what core/valgrind.supp names), no
# descriptor of its own still open. The programs' own alarm is for their real speed.
is_clean() {
  local log=$BATS_TEST_TMPDIR/valgrind
  [ -z "$ANET_SANITIZED" ] || skip "the sanitizers look for the same"
  command -v valgrind >/dev/null || skip "no valgrind"
  run valgrind --leak-check=full --errors-for-leak-kinds=all --error-exitcode=9 \
    --suppressions="$BATS_TEST_DIRNAME/core/valgrind.supp" --track-fds=yes --log-file="$log" \
    "$CORE_TESTS/$1"
  [ "$status" -eq 0 ] || complain "$output" "$(cat "$log")"
  own_descriptors "$log" || complain "$(cat "$log")"
}

# Every descriptor that valgrind lists at the end was there at the start.
own_descriptors() {
  awk '/Open .*(file descriptor|socket)/ { open++ } /<inherited from parent>/ { open-- }
       END { exit open != 0 }' "$1"
}

complain() {
  printf '%s\n' "$@" >&2
  return 1
}
