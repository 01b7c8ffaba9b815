#!/usr/bin/env bats
# anet chat: what it has beyond the asynchat example: private messages, /me, /nick, several rooms and
# their history.
# shellcheck disable=SC2030,SC2031,SC2154 # each test is a function, load sets

bats_require_minimum_version 1.5.0
load ../lib/chat_helpers

@test "msg is shown to one member, named in any case, and to the sender" {
  room
  play <<'END'
    ann,Bob,cat enters
    ann hears Bob has entered the room.
    ann,Bob hears cat has entered the room.
    ann sends msg bob Are you  there?
    Bob hears [private] ann : Are you  there?
    ann hears [private to Bob] ann : Are you  there?
    Bob sends /msg ann yes
    ann hears [private] Bob : yes
    Bob hears [private to ann] Bob : yes
    ann,Bob,cat hears-nothing
END
}

@test "msg to nobody says so" {
  room
  play <<'END'
    ann enters
    ann sends msg dan hello
    ann hears No such name: dan
    ann sends /msg dan hello
    ann hears No such name: dan
    ann sends msg
    ann hears Use "msg <nickname> <text>"
    ann sends msg ann
    ann hears Use "msg <nickname> <text>"
    ann hears-nothing
END
}

@test "msg does not find the longest name by a text that only begins with it" {
  room
  play <<'END'
    x connects
    x hears Welcome to TestChat
    x sends login {😀*32}
    ann enters
    x hears ann has entered the room.
    ann sends msg {😀*32} hello
    x hears [private] ann : hello
    ann hears [private to {😀*32}] ann : hello
    ann sends msg {😀*32}junk hello
    ann hears No such name: {😀*32}junk
    ann sends msg {😀*33} hello
    ann hears No such name: {😀*33}
    x hears-nothing
END
}

@test "/me tells what a member does" {
  room
  play <<'END'
    ann,bob enters
    ann hears bob has entered the room.
    ann sends /me dances on  the table
    ann,bob hears * ann dances on  the table
    ann,bob hears-nothing
END
}

@test "/nick changes the name, and everything uses the new one from then on" {
  room
  play <<'END'
    ann,bob enters
    ann hears bob has entered the room.
    ann sends /nick eva
    ann,bob hears ann is now called eva.
    ann sends say it is me
    ann,bob hears eva : it is me
    bob sends look
    bob hears The following are in the room:
    bob hears eva
    bob hears bob
    bob sends who
    bob hears The following are logged in:
    bob hears eva
    bob hears bob
    bob hears-nothing
END
}

@test "/nick refuses the names that login refuses" {
  room
  play <<'END'
    ann,bob enters
    ann hears bob has entered the room.
    ann sends /nick BOB
    ann hears The name "BOB" is taken.
    ann hears Please try again.
    ann sends /nick
    ann hears Please enter a name
    ann sends /nick {x*33}
    ann hears A name has 1 to 32 visible characters.
    ann hears Please try again.
    ann sends /nick a b
    ann hears A name has 1 to 32 visible characters.
    ann hears Please try again.
    bob hears-nothing
    ann sends say still ann
    ann,bob hears ann : still ann
END
}

@test "/nick can change the case of the member's own name, and frees the old one" {
  room
  play <<'END'
    ann,bob enters
    ann hears bob has entered the room.
    ann sends /nick ANN
    ann,bob hears ann is now called ANN.
    ann sends /nick eva
    ann,bob hears ANN is now called eva.
    bob sends /nick ann
    ann,bob hears bob is now called ann.
    ann sends msg ann hello
    bob hears [private] eva : hello
    ann hears [private to ann] eva : hello
    ann,bob hears-nothing
END
}

@test "/help lists each command" {
  room
  raw 'login bob\n/help\n/quit\n' >"$T/help"
  for command in say look who msg /me /nick join /help /quit logout; do
    grep -qF -- "$command" "$T/help" || show "$command is not in" "$(cat "$T/help")"
  done
}

@test "/quit is a logout" {
  room
  play <<'END'
    ann,bob enters
    ann hears bob has entered the room.
    bob sends /quit
    bob sees-the-end
    ann hears bob has left the room
END
}

# --- rooms ---

@test "join goes to another room, and both rooms are told" {
  room
  play <<'END'
    ann,bob,cat enters
    ann hears bob has entered the room.
    ann,bob hears cat has entered the room.
    ann sends join garden
    bob,cat hears ann has left the room
    ann hears-nothing
    bob sends /join garden
    ann hears bob has entered the room.
    cat hears bob has left the room
    ann sends say flowers
    ann,bob hears ann : flowers
    cat sends say nobody
    cat hears cat : nobody
    ann,bob,cat hears-nothing
END
}

@test "look is about the member's own room, who and msg are about all rooms" {
  room
  play <<'END'
    ann,bob enters
    ann hears bob has entered the room.
    bob sends join garden
    ann hears bob has left the room
    bob sends look
    bob hears The following are in the room:
    bob hears bob
    bob sends who
    bob hears The following are logged in:
    bob hears ann
    bob hears bob
    ann sends msg bob where are you?
    bob hears [private] ann : where are you?
    ann hears [private to bob] ann : where are you?
    ann sends look
    ann hears The following are in the room:
    ann hears ann
    ann,bob hears-nothing
END
}

@test "a room is the same in any case, and forgotten once it is empty" {
  room
  play <<'END'
    ann,bob enters
    ann hears bob has entered the room.
    ann sends join Garden
    bob hears ann has left the room
    bob sends join GARDEN
    ann hears bob has entered the room.
    ann sends say a secret
    ann,bob hears ann : a secret
    cat enters
    cat sends join garden
    ann,bob hears cat has entered the room.
    cat hears ann : a secret
    ann,bob,cat sends logout
    dan enters
    dan sends join garden
    dan hears-nothing
END
}

@test "the rules for a member's name hold for a room's name" {
  room
  play <<'END'
    ann,bob enters
    ann hears bob has entered the room.
    ann sends join {x*33}
    ann hears A name has 1 to 32 visible characters.
    ann hears Please try again.
    ann sends join
    ann hears A name has 1 to 32 visible characters.
    ann hears Please try again.
    ann,bob hears-nothing
END
}

# --- history ---

@test "a member who enters hears the last lines" {
  room
  play <<'END'
    ann,bob enters
    ann hears bob has entered the room.
    ann sends say one
    ann,bob hears ann : one
    bob sends /me two
    ann,bob hears * bob two
    bob sends msg ann private
    ann sends who
    cat connects
    cat hears Welcome to TestChat
    cat sends login cat
    cat hears ann : one
    cat hears * bob two
    cat hears-nothing
END
}

@test "--history is the number of those lines: 20 by default, and 0 for none" {
  local n lines
  for n in 20 3 0; do
    if [ "$n" = 20 ]; then room; else room --history "$n"; fi
    {
      echo ann enters
      for line in {1..25}; do printf 'ann sends say %s\nann hears ann : %s\n' "$line" "$line"; done
      printf '%s\n' 'bob connects' 'bob hears Welcome to TestChat' 'bob sends login bob'
      lines=$((25 - n))
      while ((lines++ < 25)); do echo "bob hears ann : $lines"; done
      echo bob hears-nothing
    } | play
    tell TERM chat
    ends chat 10
    [ "$status" -eq 0 ]
  done
}

@test "each room keeps its own history, also for a member who comes back" {
  room
  play <<'END'
    ann,bob enters
    ann hears bob has entered the room.
    ann sends say here
    ann,bob hears ann : here
    ann sends join garden
    bob hears ann has left the room
    ann sends say there
    ann hears ann : there
    bob sends join garden
    ann hears bob has entered the room.
    bob hears ann : there
    bob hears-nothing
END
}
