#!/usr/bin/env bats
# anet chat beside the chats that it takes after: the same script is played against both, word for
# word, and their clients talk in its room.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # eval is meant, each test is a function, load sets

bats_require_minimum_version 1.5.0
load chat_helpers

# An interpreter that has both asynchat and Twisted.
find_twisted() {
  local python
  for python in "$PYTHON" /usr/bin/python3; do
    "$python" -W ignore -c 'import asynchat, twisted' 2>/dev/null || continue
    PYTHON=$python
    return
  done
  skip "no python3-twisted"
}

@test "asynchat's room and anet's say the same, word for word" {
  local which
  serve old peer originals chat-room
  serve new anet chat 0
  for which in old new; do
    address[chat]=${address[$which]}
    play <<'END'
      ann connects
      ann hears Welcome to TestChat
      ann sends hello
      ann hears Please log in
      ann hears Use "login <nickname>"
      ann sends login
      ann hears Please enter a name
      ann sends login ann
      bob connects
      bob hears Welcome to TestChat
      bob sends login ann
      bob hears The name "ann" is taken.
      bob hears Please try again.
      bob sends login bob
      ann hears bob has entered the room.
      ann sends say hello, 你好
      ann,bob hears ann : hello, 你好
      bob sends look
      bob hears The following are in the room:
      bob hears ann
      bob hears bob
      bob sends who
      bob hears The following are logged in:
      bob hears ann
      bob hears bob
      bob sends dance
      bob hears Unknown command: dance
      bob sends logout
      ann hears bob has left the room
END
  done
}

@test "Twisted's chat and --protocol=line say the same, word for word" {
  find_twisted
  local which
  serve old peer originals twisted-chat
  serve new anet chat --protocol=line 0
  for which in old new; do
    address[chat]=${address[$which]}
    play_line <<'END'
      ann connects
      ann hears What's your name?
      ann sends ann
      ann hears Welcome, ann!
      bob connects
      bob hears What's your name?
      bob sends ann
      bob hears Name taken, please choose another.
      bob sends bob
      bob hears Welcome, bob!
      ann sends hello
      bob hears <ann> hello
      ann hears-nothing
      bob sends say who look
      ann hears <bob> say who look
END
  done
}

@test "the select client of asynchat's room talks in anet's" {
  room
  act 'ann enters'
  mkfifo "$T/keys"
  exec {keys}<>"$T/keys"
  INPUT=$T/keys start old peer originals chat-client "${address[chat]}"
  prints old '^Welcome to TestChat$'
  echo login old >&"$keys"
  act 'ann hears old has entered the room.' 'ann sends say hello'
  prints old '^ann : hello$'
  echo say hi, ann >&"$keys"
  prints old '^old : hi, ann$'
  act 'ann hears ann : hello' 'ann hears old : hi, ann'
  echo 'logout ' >&"$keys"
  ends old 5
  [ "$status" -eq 0 ]
  act 'ann hears old has left the room'
}
