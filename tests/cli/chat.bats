#!/usr/bin/env bats
# anet chat: what members say to the room and hear there, as in the asynchat example. What it has
# beyond that is in chat_beyond.bats.
# shellcheck disable=SC2030,SC2031,SC2154 # each test is a function, load sets

bats_require_minimum_version 1.5.0
load ../lib/chat_helpers

# --- login and logout ---

@test "a client that connects is welcomed, and asked to log in whatever it says" {
  room
  play <<'END'
    ann connects
    ann hears Welcome to TestChat
    ann sends hello
    ann hears Please log in
    ann hears Use "login <nickname>"
    ann sends say hello
    ann hears Please log in
    ann hears Use "login <nickname>"
    ann sends who
    ann hears Please log in
    ann hears Use "login <nickname>"
END
}

@test "--name is the name in the welcome" {
  room --name "Bob's café"
  play <<'END'
    ann connects
    ann hears Welcome to Bob's café
END
}

@test "a login needs a name, and one that is not taken" {
  room
  play <<'END'
    ann enters
    bob connects
    bob hears Welcome to TestChat
    bob sends login
    bob hears Please enter a name
    bob sends login \x20\x20
    bob hears Please enter a name
    bob sends login ann
    bob hears The name "ann" is taken.
    bob hears Please try again.
    ann hears-nothing
    bob sends login bob
    ann hears bob has entered the room.
    bob hears-nothing
END
}

@test "a taken name is taken in any case, also in letters beyond ASCII" {
  room
  play <<'END'
    Ann enters
    Émile enters
    Ann hears Émile has entered the room.
    x connects
    x hears Welcome to TestChat
    x sends login aNN
    x hears The name "aNN" is taken.
    x hears Please try again.
    x sends login éMILE
    x hears The name "éMILE" is taken.
    x hears Please try again.
END
}

@test "a name has 1 to 32 visible characters, not bytes" {
  room
  play <<'END'
    watcher enters
    x connects
    x hears Welcome to TestChat
    x sends login {é*33}
    x hears A name has 1 to 32 visible characters.
    x hears Please try again.
    x sends login two words
    x hears A name has 1 to 32 visible characters.
    x hears Please try again.
    x sends login \xe2\x80\x8b
    x hears A name has 1 to 32 visible characters.
    x hears Please try again.
    x sends login {é*32}
    watcher hears {é*32} has entered the room.
    x hears-nothing
    y connects
    y hears Welcome to TestChat
    y sends login {😀*32}
    watcher,x hears {😀*32} has entered the room.
END
}

@test "a name is free again once its member has gone" {
  room
  play <<'END'
    watcher enters
    ann enters
    watcher hears ann has entered the room.
    ann leaves
    watcher hears ann has left the room
    ann enters
    watcher hears ann has entered the room.
    ann hangs-up
    watcher hears ann has left the room
    ann enters
    watcher hears ann has entered the room.
    ann resets
    watcher hears ann has left the room
    ann enters
    watcher hears ann has entered the room.
    ann stops-sending
    ann sees-the-end
    watcher hears ann has left the room
END
}

@test "logout ends the connection, before a login too" {
  room
  play <<'END'
    watcher enters
    ann connects
    ann hears Welcome to TestChat
    ann leaves
    ann enters
    watcher hears ann has entered the room.
    ann leaves
    watcher hears ann has left the room
    watcher hears-nothing
END
}

@test "lines before a logout in the same write are heard, lines after it are not" {
  room
  play <<'END'
    watcher enters
    ann connects
    ann hears Welcome to TestChat
    ann puts login ann\nsay bye\nlogout\nsay more\n
    watcher hears ann has entered the room.
    ann,watcher hears ann : bye
    ann sees-the-end
    watcher hears ann has left the room
    watcher hears-nothing
END
}

# --- talking ---

@test "everyone in the room hears what a member says, the member too" {
  room
  play <<'END'
    ann,bob,cat enters
    ann hears bob has entered the room.
    ann,bob hears cat has entered the room.
    ann sends say Hello,  everybody!
    ann,bob,cat hears ann : Hello,  everybody!
    cat sends say \x20  spaces around  \x20
    ann,bob,cat hears cat : spaces around
    bob sends say
    ann,bob,cat hears bob :\x20
    ann,bob,cat hears-nothing
END
}

@test "a client that has not logged in hears nothing of the room" {
  room
  play <<'END'
    ann enters
    x connects
    x hears Welcome to TestChat
    ann sends say secret
    ann hears ann : secret
    x sends hm
    x hears Please log in
    x hears Use "login <nickname>"
END
}

@test "look lists the members in the room, who lists everyone logged in" {
  room
  play <<'END'
    cat,ann,bob enters
    cat hears ann has entered the room.
    cat,ann hears bob has entered the room.
    x connects
    ann sends look
    ann hears The following are in the room:
    ann hears cat
    ann hears ann
    ann hears bob
    ann hears-nothing
    bob sends who
    bob hears The following are logged in:
    bob hears cat
    bob hears ann
    bob hears bob
    bob hears-nothing
    cat hears-nothing
    ann leaves
    cat,bob hears ann has left the room
    bob sends look
    bob hears The following are in the room:
    bob hears cat
    bob hears bob
    bob sends who
    bob hears The following are logged in:
    bob hears cat
    bob hears bob
    bob hears-nothing
END
}

@test "an unknown command is reported to its sender alone" {
  room
  play <<'END'
    ann,bob enters
    ann hears bob has entered the room.
    ann sends dance
    ann hears Unknown command: dance
    ann sends SAY hello
    ann hears Unknown command: SAY
    ann sends login ann
    ann hears Unknown command: login
    ann sends /dance a while
    ann hears Unknown command: /dance
    bob hears-nothing
END
}

@test "empty lines are ignored, before the login and after it" {
  room
  play <<'END'
    ann connects
    ann hears Welcome to TestChat
    ann puts \n\r\n   \n\t\n
    ann sends login ann
    ann hears-nothing
    ann puts \n\r\n   \n\t\n
    ann hears-nothing
END
}

@test "lines may end in CRLF, and are answered with LF" {
  room
  play <<'END'
    ann connects
    ann hears Welcome to TestChat
    ann puts login ann\r\nsay one\r\nsay two\nsay three\r\nlook\r\n
    ann hears ann : one
    ann hears ann : two
    ann hears ann : three
    ann hears The following are in the room:
    ann hears ann
    ann hears-nothing
END
}

@test "a line may come byte by byte" {
  room
  play <<'END'
    ann connects
    ann hears Welcome to TestChat
    ann drips login ann\r\nsay grüße 你好 😀\r\nlook\n
    ann hears ann : grüße 你好 😀
    ann hears The following are in the room:
    ann hears ann
    ann hears-nothing
END
}

@test "nc, socat and telnet work as clients" {
  room --history 0
  [ "$(printf 'login ann\nsay hi\nlogout\n' | socat -t20 - "TCP:${address[chat]}")" = $'Welcome to TestChat\nann : hi' ]
  command -v busybox >/dev/null || skip "no busybox"
  [ "$(printf 'login ann\nsay hi\nlogout\n' | timeout 10 busybox nc 127.0.0.1 "$(port_of chat)")" = $'Welcome to TestChat\nann : hi' ]
  # The lines of a terminal, as telnet sends them. It ends when the server closes.
  terminal
  type_in "busybox telnet 127.0.0.1 $(port_of chat)"
  shows '^Welcome to TestChat'
  type_in 'login ann'
  type_in 'say hi'
  shows '^ann : hi'
  type_in logout
  shows '^Connection closed|^> $'
}
