#!/usr/bin/env bats
# The unit tests of the core, and the same under valgrind.

bats_require_minimum_version 1.5.0

load program_helpers

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

@test "deadlines fall due, and threads do work" {
  passes test_deadline_work
}

@test "check sums are made" {
  passes test_digest
}

@test "a dispatcher gets its events" {
  passes test_dispatcher
}

@test "a dispatcher moves its bytes" {
  passes test_dispatcher_io
}

@test "hosts that are not ASCII get their A-labels" {
  passes test_idn
}

@test "libraries are opened on first use" {
  passes test_library
}

@test "a server listens everywhere it can" {
  passes test_listen
}

@test "options are read by their tables" {
  passes test_options
}

@test "hosts are counted" {
  passes test_peer_count
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

@test "base64 is coded and decoded" {
  passes test_base64
}

@test "a file takes all of it" {
  passes test_file
}

@test "nothing is linked with the libraries that are opened on first use" {
  local program
  for program in ../anet test_digest test_idn; do
    run ldd "$CORE_TESTS/$program"
    [ "$status" -eq 0 ]
    [[ $output == *libc.so* ]]
    [[ $output != *libz.* && $output != *libcrypto* && $output != *libidn2* ]]
  done
}

@test "a sink takes a stream" {
  passes test_sink
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

@test "deadlines fall due, and threads do work, and leaks nothing" {
  is_clean test_deadline_work
}

@test "check sums are made, and leaks nothing" {
  is_clean test_digest
}

@test "a dispatcher gets its events, and leaks nothing" {
  is_clean test_dispatcher
}

@test "a dispatcher moves its bytes, and leaks nothing" {
  is_clean test_dispatcher_io
}

@test "hosts that are not ASCII get their A-labels, and leaks nothing" {
  is_clean test_idn
}

@test "libraries are opened on first use, and leaks nothing" {
  is_clean test_library
}

@test "a server listens everywhere it can, and leaks nothing" {
  is_clean test_listen
}

@test "options are read by their tables, and leaks nothing" {
  is_clean test_options
}

@test "hosts are counted, and leaks nothing" {
  is_clean test_peer_count
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

@test "a sink takes a stream, and leaks nothing" {
  is_clean test_sink
}

@test "base64 is coded and decoded, and leaks nothing" {
  is_clean test_base64
}

@test "a file takes all of it, and leaks nothing" {
  is_clean test_file
}
