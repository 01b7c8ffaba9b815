#!/usr/bin/env bats
# SIGHUP: every server goes on and says so, also without a terminal; a client dies of it.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # eval is meant, each test is a function, load sets

bats_require_minimum_version 1.5.0
load ../lib/helpers

# A server of each command, by name.
serve_each() {
  serve daytime anet daytime 0
  serve echo anet echo 0
  serve chat anet chat 0
  serve forward anet forward 0 "${address[daytime]}"
  mkdir "$T/site"
  serve web anet serve "$T/site" --listen 0
}

servers=(daytime echo chat forward web)

@test "SIGHUP stops no server, twice neither, and each says so in its log" {
  local name
  serve_each
  for name in "${servers[@]}"; do
    tell HUP "$name"
    logs "$name" 'SIGHUP: '
    tell HUP "$name"
    within 10 has_lines "$name" 2
    not gone "${pid[$name]}"
  done
  socat -T10 -u "TCP:${address[forward]}" - | grep -q 20
  for name in "${servers[@]}"; do
    tell TERM "$name"
    ends "$name" 10
    [ "$status" -eq 0 ]
  done
}

# NAME N: its log has so many lines about SIGHUP.
has_lines() {
  [ "$(grep -c 'SIGHUP: ' "$T/$1.err")" -eq "$2" ]
}

@test "-q leaves the line about SIGHUP out" {
  serve echo anet echo -q 0
  tell HUP echo
  tell USR1 echo
  logs echo counters
  not grep -q SIGHUP "$T/echo.err"
}

@test "a client dies of SIGHUP" {
  serve chat anet chat 0
  INPUT=$T/never start client anet chat -c "${address[chat]}" --nick ann
  prints client Welcome
  tell HUP client
  ends client 10
  [ "$status" -eq $((128 + 1)) ]
}

@test "under nohup a client goes on at SIGHUP, and dies of SIGTERM" {
  serve chat anet chat 0
  INPUT=$T/never start client nohup "$ANET" chat -c "${address[chat]}" --nick ann
  prints client Welcome
  tell HUP client
  start other anet chat -c "${address[chat]}" --nick bob
  prints client '^bob has entered'
  tell TERM client
  ends client 10
  [ "$status" -eq $((128 + 15)) ]
}
