#!/usr/bin/env bats
# The unit tests of HTTP, and the same under valgrind.

bats_require_minimum_version 1.5.0

load program_helpers

@test "header fields are taken apart" {
  passes test_http_fields
}

@test "the head of a request is held to the standard" {
  passes test_http_request
}

@test "hosts and ports are told from what is none" {
  passes test_http_authority
}

@test "a head is followed while it comes" {
  passes test_http_head
}

@test "a connection has a deadline in each of its phases" {
  passes test_http_server
}

@test "chunks are taken off" {
  passes test_http_chunked
}

@test "dates are read and printed" {
  passes test_http_date
}

@test "ranges are resolved" {
  passes test_http_range
}

@test "conditions are weighed in order" {
  passes test_http_condition
}

@test "what a client prefers is heeded" {
  passes test_http_negotiate
}

@test "targets become paths" {
  passes test_http_target
}

@test "forms are read" {
  passes test_http_form
}

@test "parts of a form are told apart" {
  passes test_http_multipart
}

@test "responses are held to the standard" {
  passes test_http_response
}

@test "a response is read however it is cut" {
  passes test_http_reader
}

@test "URLs are taken apart, resolved and printed" {
  passes test_http_url
}

@test "content codings are taken off" {
  passes test_http_decoder
}

@test "a client asks once, and says how it ended" {
  passes test_http_client
}

# --- under valgrind ---

@test "header fields are taken apart, and leaks nothing" {
  is_clean test_http_fields
}

@test "the head of a request is held to the standard, and leaks nothing" {
  is_clean test_http_request
}

@test "hosts and ports are told from what is none, and leaks nothing" {
  is_clean test_http_authority
}

@test "a head is followed while it comes, and leaks nothing" {
  is_clean test_http_head
}

@test "a connection has a deadline in each of its phases, and leaks nothing" {
  is_clean test_http_server
}

@test "chunks are taken off, and leaks nothing" {
  is_clean test_http_chunked
}

@test "dates are read and printed, and leaks nothing" {
  is_clean test_http_date
}

@test "ranges are resolved, and leaks nothing" {
  is_clean test_http_range
}

@test "conditions are weighed in order, and leaks nothing" {
  is_clean test_http_condition
}

@test "what a client prefers is heeded, and leaks nothing" {
  is_clean test_http_negotiate
}

@test "targets become paths, and leaks nothing" {
  is_clean test_http_target
}

@test "forms are read, and leaks nothing" {
  is_clean test_http_form
}

@test "parts of a form are told apart, and leaks nothing" {
  is_clean test_http_multipart
}

@test "responses are held to the standard, and leaks nothing" {
  is_clean test_http_response
}

@test "a response is read however it is cut, and leaks nothing" {
  is_clean test_http_reader
}

@test "URLs are taken apart, resolved and printed, and leaks nothing" {
  is_clean test_http_url
}

@test "content codings are taken off, and leaks nothing" {
  is_clean test_http_decoder
}

@test "a client asks once, and says how it ended, and leaks nothing" {
  is_clean test_http_client
}
