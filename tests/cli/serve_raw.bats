#!/usr/bin/env bats
# anet serve against a table of raw requests, each with its right answer (peers/raw_table.py): however
# a request comes, in whatever pieces and before whatever else, the answer is the same.
# shellcheck disable=SC2154 # load sets

bats_require_minimum_version 1.5.0
load ../lib/helpers

setup_file() {
  find_python
}

# Sends all of them in one of the ways of peers/raw_requests.py, which says what was wrong.
answers_all() {
  peer raw_requests make "$T"
  serve web anet serve -l 0 "$T/www"
  run peer raw_requests send "$1" "${address[web]}"
  [ "$status" -eq 0 ] || show "${lines[@]}"
}

@test "each request gets the right response" {
  answers_all whole
}

@test "each request cut in two anywhere gets the right response" {
  answers_all split
}

@test "each request sent byte by byte gets the right response" {
  answers_all bytes
}

@test "each request sent twice gets its response twice, unless the first closes" {
  answers_all twice
}

@test "a second request behind each is answered, too" {
  answers_all behind
}

@test "no request reaches the log unescaped" {
  answers_all whole || true
  [ "$(grep -ac 'HTTP/' "$T/web.err")" -gt 500 ]
  iconv -f UTF-8 -t UTF-8 -o "$T/log" "$T/web.err"
  # Control characters, those of C1 too, and those that change the direction of a text.
  LC_ALL=C.UTF-8 run ! grep -aP '[\x00-\x09\x0b-\x1f\x7f-\x9f\x{202a}-\x{202e}\x{2066}-\x{2069}]' "$T/log"
}
