#!/usr/bin/env bats
# anet chat with members one could do without: the others hear everything all the same. How many, how
# fast and with how much CPU time is for bench/run.
# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # each test is a function, load uses and sets

bats_require_minimum_version 1.5.0
load ../lib/chat_helpers

# WAY [ARGUMENT]...: see peers/chat_hardship.py.
suffer() {
  peer chat_hardship "$1" "${address[chat]}" "${@:2}"
}

# In kB, of a program without sanitizers.
stays_under() {
  sanitized || [ "$(memory_of chat)" -lt "$1" ] || show "$(memory_of chat) kB"
}

@test "a thousand who connect and are gone do no harm" {
  room -q
  suffer comes-and-goes 1000
  rests chat
  stays_under 16384
}

@test "a reset at any place of what one says does no harm" {
  room -q
  suffer resets-anywhere 5
  rests chat
  stays_under 16384
}

@test "a hundred megabytes without an end of line do no harm, and their sender may go on" {
  room -q
  suffer without-newline 100
  rests chat
  stays_under 16384
}

@test "random bytes do no harm" {
  room -q --rate 0
  suffer noise 3
  stays_under 32768
}

@test "half a character and then the end does no harm" {
  room -q
  suffer half-characters 200
}

@test "storms of telnet's negotiation do no harm" {
  room -q
  suffer iac-storm 10
  rests chat
  stays_under 16384
}

@test "one who never reads is dropped as too slow, in the log too, and the others miss nothing" {
  room -v --rate 0
  suffer never-reads 40
  logs chat 'deaf.*too slow'
  stays_under 16384
}

@test "--max-queue is how much may wait for one who does not read" {
  room -q --rate 0 --max-queue 20M
  run suffer never-reads 15
  [ "$status" -ne 0 ]
  [[ $output == *"it is still there"* ]]
}

@test "a long history does not throw out who enters and reads it" {
  room -q --rate 0 --history 10000
  run suffer has-missed 10000
  [[ $output =~ ^heard\ ([0-9]+)\ lines$ ]] || show "$output"
  # A quarter of --max-queue is what it may take.
  [ "${BASH_REMATCH[1]}" -gt 2500 ]
}

@test "nobody is thrown out for what it asked for, and reads" {
  room -q
  suffer asks 200 90
}

@test "a paste of 50 lines passes at once" {
  room -q --rate 1
  run suffer pastes 50
  [ "$status" -eq 0 ] || show "$output"
  # What is paused would take 50 s.
  [[ $output =~ ^heard\ after\ ([0-9]+)\ ms$ ]]
  [ "${BASH_REMATCH[1]}" -lt 20000 ]
}

@test "who says more than --rate is slowed down, not thrown out, and the others are not" {
  room -q --rate 50
  suffer floods 250 2900
  rests chat
}

@test "--rate 0 slows nobody down" {
  room -q --rate 0
  suffer pastes 5000
}

@test "a flood is not read further than it is heard, in little memory" {
  room -q
  start client peer client pushes "${address[chat]}" 400000000
  within 30 grep -q 'blocked after' "$T/client.out"
  stays_under 16384
  rests chat
}

@test "thousands of members hear each other, within the descriptor limit" {
  local count=2000
  ! sanitized || count=500
  [ "$(ulimit -Hn)" = unlimited ] || [ "$(ulimit -Hn)" -gt $((count + 100)) ] || count=$(($(ulimit -Hn) - 100))
  room -q --history 0
  run suffer many "$count"
  [ "$output" = "$count heard 20 lines" ] || show "$output"
}

@test "of 1,000, one who never reads and one who floods, 998 hear the rest, in little memory" {
  local count=1000
  ! sanitized || count=200
  room -q --history 0
  mkfifo "$T/stay"
  # shellcheck disable=SC2034
  exec {stay}<>"$T/stay"
  INPUT=$T/stay start crowd peer chat_hardship crowd "${address[chat]}" "$count" 100
  within 60 grep -q heard "$T/crowd.out" || show "$(cat "$T/crowd.err")"
  [ "$(cat "$T/crowd.out")" = "$((count - 1)) heard 100 lines" ]
  stays_under 65536
}
