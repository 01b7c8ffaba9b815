#!/usr/bin/env bats
# The unit tests of what chat is made of, and the same under valgrind.

bats_require_minimum_version 1.5.0

load program_helpers

@test "what a telnet client says beside its lines is swallowed" {
  passes test_telnet
}

@test "lines of any terminal become UTF-8" {
  passes test_charset
}

@test "a burst passes, and then so many a second" {
  passes test_token_bucket
}

@test "a name is visible, and the same in small letters" {
  passes test_chat_name
}

@test "a conversation is kept, and what is not is told" {
  passes test_chat_journal
}

@test "who has been seen in a room can be completed" {
  passes test_chat_seen
}

# --- under valgrind ---

@test "what a telnet client says beside its lines is swallowed, and nothing leaks" {
  is_clean test_telnet
}

@test "lines of any terminal become UTF-8, and nothing leaks" {
  is_clean test_charset
}

@test "a burst passes, and then so many a second, and nothing leaks" {
  is_clean test_token_bucket
}

@test "a name is visible, and the same in small letters, and nothing leaks" {
  is_clean test_chat_name
}

@test "a conversation is kept, and what is not is told, and nothing leaks" {
  is_clean test_chat_journal
}

@test "who has been seen in a room can be completed, and nothing leaks" {
  is_clean test_chat_seen
}
