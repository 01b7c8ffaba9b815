#!/usr/bin/env bats
# The unit tests of the core, and the same under valgrind.

bats_require_minimum_version 1.5.0

setup_file() {
  CORE_TESTS=$(realpath -- "${CORE_TESTS:-$BATS_TEST_DIRNAME/../build/tests}")
  export CORE_TESTS
}

# Passes: every test of a program.
passes() {
  run "$CORE_TESTS/$1"
  [ "$status" -eq 0 ] || complain "$output"
}

# Is clean: no error of memory, nothing still allocated, no descriptor of its own still open. The
# programs' own alarm is for their real speed.
is_clean() {
  local log=$BATS_TEST_TMPDIR/valgrind
  [ -z "$ANET_SANITIZED" ] || skip "the sanitizers look for the same"
  command -v valgrind >/dev/null || skip "no valgrind"
  run valgrind --leak-check=full --errors-for-leak-kinds=all --error-exitcode=9 \
    --track-fds=yes --log-file="$log" "$CORE_TESTS/$1"
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

@test "addresses are read and shown" {
  passes test_address
}

@test "async_chat finds terminators" {
  passes test_async_chat_in
}

@test "async_chat sends what is queued" {
  passes test_async_chat_out
}

@test "buffers, texts, errors and log lines" {
  passes test_buffer_text
}

@test "dead peers are found" {
  passes test_dead_peer
}

@test "a dispatcher gets its events" {
  passes test_dispatcher
}

@test "a dispatcher moves its bytes" {
  passes test_dispatcher_io
}

@test "a server listens everywhere it can" {
  passes test_listen
}

@test "producers give their bytes" {
  passes test_producer
}

@test "the reactor runs its passes" {
  passes test_reactor
}

@test "a relay joins streams" {
  passes test_relay
}

@test "a relay splices bulk" {
  passes test_relay_splice
}

@test "names are resolved and addresses raced" {
  passes test_resolve_connect
}

@test "a server keeps its limits and stops in order" {
  passes test_server
}

# --- under valgrind ---

@test "addresses are read and shown, and leaks nothing" {
  is_clean test_address
}

@test "async_chat finds terminators, and leaks nothing" {
  is_clean test_async_chat_in
}

@test "async_chat sends what is queued, and leaks nothing" {
  is_clean test_async_chat_out
}

@test "buffers, texts, errors and log lines, and leaks nothing" {
  is_clean test_buffer_text
}

@test "dead peers are found, and leaks nothing" {
  is_clean test_dead_peer
}

@test "a dispatcher gets its events, and leaks nothing" {
  is_clean test_dispatcher
}

@test "a dispatcher moves its bytes, and leaks nothing" {
  is_clean test_dispatcher_io
}

@test "a server listens everywhere it can, and leaks nothing" {
  is_clean test_listen
}

@test "producers give their bytes, and leaks nothing" {
  is_clean test_producer
}

@test "the reactor runs its passes, and leaks nothing" {
  is_clean test_reactor
}

@test "a relay joins streams, and leaks nothing" {
  is_clean test_relay
}

@test "a relay splices bulk, and leaks nothing" {
  is_clean test_relay_splice
}

@test "names are resolved and addresses raced, and leaks nothing" {
  is_clean test_resolve_connect
}

@test "a server keeps its limits and stops in order, and leaks nothing" {
  is_clean test_server
}
