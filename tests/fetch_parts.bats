#!/usr/bin/env bats
# The unit tests of what fetch is made of, and the same under valgrind.

bats_require_minimum_version 1.5.0

load program_helpers

@test "scripts are told what is known of a transfer" {
  passes test_fetch_report
}

@test "transfers are seen going on, on any terminal" {
  passes test_fetch_progress
}

@test "the environment names the proxy" {
  passes test_fetch_proxy
}

@test "a retry waits, and a redirect leads somewhere" {
  passes test_fetch_retry
}

@test "an answer gets its name once it is whole" {
  passes test_fetch_output
}

@test "a file is received under another name" {
  passes test_incoming
}

@test "a head is what was asked for, to the byte" {
  passes test_fetch_request
}

@test "what is sent along is the same each time" {
  passes test_fetch_upload
}

@test "the head of an answer is judged by what was asked" {
  passes test_fetch_verdict
}

@test "a part is summed in turns" {
  passes test_part_sum
}

# --- under valgrind ---

@test "scripts are told what is known of a transfer, and nothing leaks" {
  is_clean test_fetch_report
}

@test "transfers are seen going on, on any terminal, and nothing leaks" {
  is_clean test_fetch_progress
}

@test "the environment names the proxy, and nothing leaks" {
  is_clean test_fetch_proxy
}

@test "a retry waits, and a redirect leads somewhere, and nothing leaks" {
  is_clean test_fetch_retry
}

@test "an answer gets its name once it is whole, and nothing leaks" {
  is_clean test_fetch_output
}

@test "a file is received under another name, and nothing leaks" {
  is_clean test_incoming
}

@test "a head is what was asked for, to the byte, and nothing leaks" {
  is_clean test_fetch_request
}

@test "what is sent along is the same each time, and nothing leaks" {
  is_clean test_fetch_upload
}

@test "the head of an answer is judged by what was asked, and nothing leaks" {
  is_clean test_fetch_verdict
}

@test "a part is summed in turns, and nothing leaks" {
  is_clean test_part_sum
}
