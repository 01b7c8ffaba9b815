#!/usr/bin/env bats
# anet chat for its operator: the log, the file of the conversation, the limits and the end.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # eval is meant, each test is a function, load sets

bats_require_minimum_version 1.5.0
load ../lib/chat_helpers

# --- the log ---

@test "the log says who connected, logged in and left, and why" {
  room -v
  act 'ann enters' 'bob enters' 'ann hears bob has entered the room.'
  [ "$(grep -cE '^anet: chat: connected from 127\.0\.0\.1:[0-9]+$' "$T/chat.err")" -eq 2 ]
  grep -qE '^anet: chat: logged in as ann from 127\.0\.0\.1:[0-9]+$' "$T/chat.err"
  act 'bob leaves'
  logs chat '^anet: chat: left as bob because logged out$'
  act 'bob enters' 'bob hangs-up'
  logs chat '^anet: chat: left as bob because the peer ended$'
  act 'bob enters' 'bob resets'
  logs chat '^anet: chat: left as bob because .*reset'
  act 'x connects' 'x hears Welcome to TestChat' 'x hangs-up'
  within 10 eval '[ "$(grep -c " ended from .* received .* sent " "$T/chat.err")" -eq 4 ]' || show "$(cat "$T/chat.err")"
}

@test "-q logs only errors" {
  room -q
  act 'ann enters' 'ann sends say hello' 'ann hears ann : hello' 'ann leaves'
  tell TERM chat
  ends chat 10
  [ ! -s "$T/chat.err" ] || show "$(cat "$T/chat.err")"
}

@test "--log-format=json is one object a line, whatever the names" {
  room --log-format=json -v
  # shellcheck disable=SC1003 # a backslash is meant
  act 'x connects' 'x hears Welcome to TestChat' 'x sends login "é\\' 'x hears-nothing' 'x leaves'
  logs chat 'logged out'
  "$PYTHON" -c 'import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
assert any("\"é\\" in map(str, line.values()) for line in lines), lines' "$T/chat.err"
}

@test "SIGUSR1 logs the counters" {
  room
  act 'ann enters'
  tell USR1 chat
  logs chat '^anet: chat: counters open 1 accepted 1 '
}

# --- the conversation in a file ---

@test "--log-chat appends what is said to its file, one line each with its time" {
  local date='^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z '
  echo before >"$T/kept"
  room --log-chat "$T/kept"
  act 'ann enters' 'ann sends say one' 'ann hears ann : one' 'ann sends /me waves' 'ann hears * ann waves' \
    'ann sends msg ann secret' 'ann sends join garden' 'ann sends say two' 'ann waits-for ann : two'
  # A line that was heard is in the file.
  grep -qE "${date}[^ ]+ ann : one\$" "$T/kept"
  grep -qE "${date}[^ ]+ \* ann waves\$" "$T/kept"
  grep -qE "${date}garden ann : two\$" "$T/kept"
  not grep -q secret "$T/kept"
  tell TERM chat
  ends chat 10
  room --log-chat "$T/kept"
  echo 'bob enters
bob sends say three
bob hears bob : three' | play
  [ "$(sed -n 1p "$T/kept")" = before ]
  [ "$(grep -oE ': (one|two|three)$' "$T/kept" | tr -d '\n')" = ': one: two: three' ]
  [ "$(sed 1d "$T/kept" | grep -cvE "$date")" -eq 0 ] || show "$(cat "$T/kept")"
}

@test "the time in --log-chat's file is the current time" {
  room --log-chat "$T/kept"
  local before at
  before=$(date +%s)
  echo 'ann enters
ann sends say x
ann hears ann : x' | play
  at=$(date -d "$(cut -d' ' -f1 <(grep ': x$' "$T/kept"))" +%s)
  [ "$at" -ge "$before" ]
  [ "$at" -le "$(date +%s)" ]
}

@test "--log-chat keeps lines that nobody else heard, many of them in order" {
  room --log-chat "$T/kept" --rate 0
  {
    echo ann enters
    for n in {1..500}; do printf 'ann sends say %d\nann hears ann : %d\n' "$n" "$n"; done
  } | play
  [ "$(sed -n 's/.* : //p' "$T/kept")" = "$(seq 500)" ]
}

@test "a full disk is logged, and the room goes on" {
  [ -e /dev/full ] || skip "no /dev/full"
  room --log-chat /dev/full
  play <<'END'
    ann,bob enters
    ann hears bob has entered the room.
    ann sends say one
    ann,bob hears ann : one
    bob sends say two
    ann,bob hears bob : two
END
  logs chat '^anet: chat: .*/dev/full: no space left on device'
  # Once, not for each line.
  [ "$(grep -c 'no space' "$T/chat.err")" -eq 1 ]
}

@test "SIGHUP reopens --log-chat's file, and no line is lost between the two" {
  room --log-chat "$T/kept" --rate 0
  act 'ann enters'
  for turn in 1 2 3; do
    local lines=()
    for n in {1..50}; do lines+=("ann sends say $turn.$n" "ann hears ann : $turn.$n"); done
    act "${lines[@]}"
    mv "$T/kept" "$T/kept.$turn"
    act "ann sends say last of $turn" "ann hears ann : last of $turn"
    tell HUP chat
    within 10 test -e "$T/kept"
  done
  act 'ann sends say end' 'ann hears ann : end'
  [ "$(sed 's/.* : //' "$T/kept")" = end ]
  for turn in 1 2 3; do
    [ "$(sed 's/.* : //' "$T/kept.$turn")" = "$(seq -f "$turn.%g" 50; echo "last of $turn")" ]
  done
}

@test "when SIGHUP cannot reopen the file, the old one stays in use, and the log says so" {
  room --log-chat "$T/kept"
  mv "$T/kept" "$T/kept.1"
  mkdir "$T/kept"
  tell HUP chat
  logs chat 'kept: .*; the old file is still in use$'
  printf '%s\n' 'ann enters' 'ann sends say one' 'ann hears ann : one' | play
  grep -q ' ann : one$' "$T/kept.1"
}

@test "a file that cannot be opened is an error before anyone connects" {
  run --separate-stderr anet chat --log-chat "$T/none/kept" 0
  [ "$status" -eq 1 ]
  [ -z "$output" ]
  [[ $stderr == "anet: chat: "*"$T/none/kept: no such file or directory" ]]
}

# --- the greeting ---

@test "--motd is shown to everyone who connects" {
  printf 'Be kind.\nNo flooding, \xc3\xa9h?\n' >"$T/motd"
  room --motd "$T/motd"
  raw 'login ann\nlogout\n' >"$T/heard"
  grep -qx 'Be kind.' "$T/heard"
  grep -qx 'No flooding, éh?' "$T/heard"
  [ "$(grep -c 'Welcome to TestChat' "$T/heard")" -eq 1 ]
}

@test "a missing --motd file is an error, and nothing listens" {
  run --separate-stderr anet chat --motd "$T/none" 0
  [ "$status" -eq 1 ]
  [ -z "$output" ]
  [[ $stderr == *"$T/none: no such file or directory" ]]
}

@test "--motd may have CRLF, no newline at its end, or nothing in it" {
  printf 'one\r\ntwo' >"$T/motd"
  room --motd "$T/motd"
  raw 'login ann\nsay x\nlogout\n' >"$T/heard"
  grep -qx 'one' "$T/heard"
  grep -qx 'two' "$T/heard"
  grep -qx 'ann : x' "$T/heard"
  : >"$T/motd"
  serve empty anet chat --motd "$T/motd" 0
  address[chat]=${address[empty]}
  [ "$(raw 'login ann\nsay x\nlogout\n')" = $'Welcome to TestChat\nann : x' ]
}

# --- limits ---

@test "a client that does not log in within --login-timeout is disconnected, a member may rest" {
  room -v --login-timeout 1s
  play <<'END'
    ann enters
    x connects
    x waits-for Welcome to TestChat
    x sends hello
    x waits-for Please log in
    x waits-for Use "login <nickname>"
    x hears No login in time.
    x sees-the-end
    ann hears-nothing
END
  logs chat ' ended from .* reason no login in time$'
}

@test "--login-timeout 0 disables it" {
  room --login-timeout 0
  act 'x connects' 'x hears Welcome to TestChat'
  act 'x sends login x' 'x hears-nothing'
}

@test "--max-conns makes the next client wait until one leaves" {
  room --max-conns 2
  play <<'END'
    ann,bob enters
    ann hears bob has entered the room.
    cat connects
    bob leaves
    ann hears bob has left the room
    cat hears Welcome to TestChat
    cat sends login cat
    ann hears cat has entered the room.
END
}

@test "--max-per-host refuses one connection too many from one address, until one ends" {
  serve chat anet chat --max-per-host 2 0 "unix:$T/sock"
  act 'ann enters' 'bob enters' 'ann hears bob has entered the room.' 'cat connects' 'cat is-reset'
  logs chat 'too many connections from 127\.0\.0\.1'
  [ "$(printf 'login u\nlogout\n' | socat -t20 - "UNIX-CONNECT:$T/sock")" = 'Welcome to TestChat' ]
  act 'ann hears u has entered the room.' 'ann hears u has left the room' 'bob resets'
  act 'ann waits-for bob has left the room' 'cat enters' 'ann hears cat has entered the room.'
}

@test "--idle-timeout disconnects a member that sends nothing, and is off unless given" {
  room -v --idle-timeout 400ms
  play <<'END'
    ann enters
    ann is-reset
END
  logs chat ' ended from .* reason idle$'
  anet chat --help | tr -s ' \n' ' ' | grep -qF -- 'disconnect a member that sends nothing for TIME'
}

@test "--idle-timeout counts what a member sends, not what it hears" {
  room --rate 0 --max-queue 1G --idle-timeout 1s
  peer chat_hardship only-reads "${address[chat]}" 4
}

@test "--idle-timeout spares a member whose lines still wait for --rate" {
  room --rate 1 --idle-timeout 400ms
  {
    echo ann enters
    for n in {1..102}; do echo "ann sends say $n"; done
    echo ann waits-for ann : 102
  } | play
}

# --- the end ---

@test "SIGTERM ends the server: members get what was said, and the exit code is 0" {
  room --grace 1m
  act 'ann enters' 'bob enters' 'ann hears bob has entered the room.'
  act 'ann sends say last words' 'ann hears ann : last words'
  tell TERM chat
  ends chat 10
  [ "$status" -eq 0 ]
  act 'bob hears ann : last words' 'ann is-reset' 'bob is-reset'
}

@test "--once ends when its only member leaves" {
  room --once
  play <<'END'
    ann enters
    ann sends say hello
    ann hears ann : hello
    ann leaves
END
  ends chat 10
  [ "$status" -eq 0 ]
  serve again anet chat --once 0
  address[chat]=${address[again]}
  play <<'END'
    ann enters
    ann resets
END
  ends again 10
  [ "$status" -eq 56 ]
}

@test "one room can have several addresses" {
  serve chat anet chat 0 "unix:$T/sock" 0
  within 10 test -n "$(line_of chat 3)"
  act 'ann enters'
  [ "$(printf 'login u\nsay hi\nlogout\n' | socat -t20 - "UNIX-CONNECT:$T/sock")" = $'Welcome to TestChat\nu : hi' ]
  [ "$(printf 'login v\nsay hi\nlogout\n' | socat -t20 - "TCP:$(line_of chat 3)")" = $'Welcome to TestChat\nu : hi\nv : hi' ]
  act 'ann hears u has entered the room.' 'ann hears u : hi' 'ann hears u has left the room' \
    'ann hears v has entered the room.' 'ann hears v : hi' 'ann hears v has left the room' 'ann hears-nothing'
}

@test "numbers out of range are a usage error" {
  for options in '--max-line 3' '--max-line 2M' '--max-queue 1K' '--history x' '--rate -1' '--login-timeout soon'; do
    # shellcheck disable=SC2086
    run --separate-stderr anet chat $options 0
    [ "$status" -eq 2 ] || show "$options"
    [ -z "$output" ]
    [[ ${stderr_lines[0]} == "anet: chat: "* ]]
  done
}

@test "options that contradict each other are a usage error, and so is a control character in --name" {
  refuses 'anet: chat: --nick needs --connect ADDR' "try 'anet chat --help'" chat --nick ann
  refuses "anet: chat: --connect takes no LISTEN '2'" "try 'anet chat --help'" chat -c 1 2
  refuses 'anet: chat: --name: must not contain control characters' "try 'anet chat --help'" chat --name $'a\tb'
  refuses 'anet: chat: --name: must not contain control characters' "try 'anet chat --help'" chat --name $'a\x7f'
  refuses 'anet: chat: --max-queue: out of range, 4K to 1G' "try 'anet chat --help'" chat --max-queue 2G
}

@test "a --motd file that cannot be read is an error, and nothing listens" {
  run --separate-stderr anet chat --motd "$T" 0
  [ "$status" -eq 1 ]
  [ -z "$output" ]
  [[ $stderr == "anet: chat: read $T: "* ]]
}

@test "the default port is 5005" {
  run anet chat --help
  [[ $output == *5005* ]]
}
