#!/usr/bin/env bats
# The unit tests of what serve is made of, and the same under valgrind.

bats_require_minimum_version 1.5.0

load program_helpers

@test "only what is beneath the folder is opened" {
  passes test_tree
}

@test "names tell media types" {
  passes test_media
}

@test "a folder is listed in the order of the eye" {
  passes test_listing
}

@test "who may ask is known by name and password" {
  passes test_auth
}

@test "requests are logged, whatever they hold" {
  passes test_access_log
}

@test "where it can be opened is said" {
  passes test_urls
}

@test "a process shuts itself into its folders" {
  passes test_sandbox
}

# --- under valgrind ---

@test "only what is beneath the folder is opened, and leaks nothing" {
  is_clean test_tree
}

@test "names tell media types, and leaks nothing" {
  is_clean test_media
}

@test "a folder is listed in the order of the eye, and leaks nothing" {
  is_clean test_listing
}

@test "who may ask is known by name and password, and leaks nothing" {
  is_clean test_auth
}

@test "requests are logged, whatever they hold, and leaks nothing" {
  is_clean test_access_log
}

@test "where it can be opened is said, and leaks nothing" {
  is_clean test_urls
}

@test "a process shuts itself into its folders, and leaks nothing" {
  is_clean test_sandbox
}
