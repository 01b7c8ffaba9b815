#!/usr/bin/env bats
# anet fetch against a table of raw replies (peers/reply_table.py): whatever a server sends, and in
# whatever pieces it comes, the exit code tells whether all of it is there, and a file is replaced
# only then.
# shellcheck disable=SC2154 # load sets

bats_require_minimum_version 1.5.0
load ../lib/helpers

setup_file() {
  find_python
}

# WAY: fetches all of them in one of the ways of peers/reply_judge.py, which says what was wrong.
fetches_all() {
  mkdir "$T/came"
  serve raw peer raw_replies
  run peer reply_judge "$1" "${address[raw]}" "$T/came"
  [ "$status" -eq 0 ] || show "${lines[@]}"
  [ ! -s "$T/raw.err" ] || show "$(cat "$T/raw.err")"
}

# N: with sanitizers, which are slow, every Nth is enough.
sample() {
  [ -z "$ANET_SANITIZED" ] || export EVERY=$1
}

@test "each reply has its exit code and its reason, and leaves a file only when it is whole" {
  fetches_all fresh
}

@test "a file that is there is replaced by a whole reply, and not touched by any other" {
  fetches_all whole
}

@test "so it is when the reply comes in two pieces, cut anywhere" {
  sample 11
  fetches_all split
}

@test "so it is when it comes byte by byte" {
  sample 3
  fetches_all bytewise
}

@test "HOST PATH shows each reply as it came, and tells as well whether that was all" {
  fetches_all raw
}
