#!/usr/bin/env bats
# anet fetch against a table of raw responses (peers/reply_table.py): whatever a server sends, and
# however it is split, the exit code tells whether the response is complete, and a file is replaced
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

@test "each response has its exit code and reason, and leaves a file only if it is complete" {
  fetches_all fresh
}

@test "an existing file is replaced by a complete response, and not touched by any other" {
  fetches_all whole
}

@test "the same holds if the response comes in two pieces, wherever it is split" {
  sample 11
  fetches_all split
}

@test "the same holds if it comes byte by byte" {
  sample 3
  fetches_all bytewise
}

@test "HOST PATH shows each response as it came, and tells too whether it is complete" {
  fetches_all raw
}
