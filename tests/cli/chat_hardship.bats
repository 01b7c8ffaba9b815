#!/usr/bin/env bats
# anet chat with members that do harm: the others still hear everything. Speed and CPU time are
# measured by bench/run.
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

@test "a thousand clients that connect and disconnect do no harm" {
  room -q
  suffer comes-and-goes 1000
  rests chat
  stays_under 16384
}

@test "a reset after any byte of a session does no harm" {
  room -q
  suffer resets-anywhere 5
  rests chat
  stays_under 16384
}

@test "a hundred megabytes without a newline do no harm, and their sender can go on" {
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

@test "half a character before the end of the connection does no harm" {
  room -q
  suffer half-characters 200
}

@test "storms of telnet negotiation do no harm" {
  room -q
  suffer iac-storm 10
  rests chat
  stays_under 16384
}

@test "a member that never reads is dropped as too slow, the log says so, and the others miss nothing" {
  room -v --rate 0
  suffer never-reads 40
  logs chat 'deaf.*too slow'
  stays_under 16384
}

@test "--max-queue is how much may wait for a member that does not read" {
  room -q --rate 0 --max-queue 20M
  run suffer never-reads 15
  [ "$status" -ne 0 ]
  [[ $output == *"it is still there"* ]]
}

@test "a long history does not get the member who enters and reads it dropped" {
  room -q --rate 0 --history 10000
  run suffer has-missed 10000
  [[ $output =~ ^heard\ ([0-9]+)\ lines$ ]] || show "$output"
  # The history takes at most a quarter of --max-queue.
  [ "${BASH_REMATCH[1]}" -gt 2500 ]
}

@test "a member that reads is not dropped for the replies it asked for" {
  room -q
  suffer asks 200 90
}

@test "a paste of 50 lines passes at once" {
  room -q --rate 1
  run suffer pastes 50
  [ "$status" -eq 0 ] || show "$output"
  # With pauses it would take 50 s.
  [[ $output =~ ^heard\ after\ ([0-9]+)\ ms$ ]]
  [ "${BASH_REMATCH[1]}" -lt 20000 ]
}

@test "a member that exceeds --rate is slowed down, not dropped, and the others are not affected" {
  room -q --rate 50
  suffer floods 250 2900
  rests chat
}

@test "--rate 0 slows nobody down" {
  room -q --rate 0
  suffer pastes 5000
}

@test "a flood is read no faster than it is heard, in little memory" {
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

@test "of 1,000 members one never reads and one floods: the others hear every line, in little memory" {
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
