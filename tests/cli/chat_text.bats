#!/usr/bin/env bats
# anet chat: lines in any encoding and from any terminal, and what must not reach other terminals.
# shellcheck disable=SC2030,SC2031,SC2154 # each test is a function, load sets

bats_require_minimum_version 1.5.0
load ../lib/chat_helpers

# --- encodings ---

@test "UTF-8 passes unchanged, also when a character is split between two packets" {
  room
  play <<'END'
    ann,bob enters
    ann hears bob has entered the room.
    ann drips say é € 😀 \xe4\xbd\xa0\n
    ann,bob hears ann : é € 😀 你
    ann sends say {€*300}
    ann,bob hears ann : {€*300}
END
}

@test "lines in GBK arrive as UTF-8, however they are split" {
  room
  play <<'END'
    ann,bob enters
    ann hears bob has entered the room.
    ann sends say \xc4\xe3\xba\xc3, all
    ann,bob hears ann : 你好, all
    ann drips say \xc4\xe3\xba\xc3\r\n
    ann,bob hears ann : 你好
    ann sends say é and UTF-8 again
    ann,bob hears ann : é and UTF-8 again
END
}

@test "a name in GBK is the same as in UTF-8" {
  room
  play <<'END'
    ann enters
    x connects
    x hears Welcome to TestChat
    x sends login \xd6\xd0\xce\xc4
    ann hears 中文 has entered the room.
    y connects
    y hears Welcome to TestChat
    y sends login 中文
    y hears The name "中文" is taken.
    y hears Please try again.
END
}

@test "text in neither encoding arrives with U+FFFD for each bad byte" {
  room
  play <<'END'
    ann,bob enters
    ann hears bob has entered the room.
    ann sends say a\x80b é \xc3
    ann,bob hears ann : a\xef\xbf\xbdb é \xef\xbf\xbd
    ann sends say \xed\xa0\x80\xed!
    ann,bob hears ann : \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd!
    ann,bob hears-nothing
END
}

@test "half a character before the end of the connection harms nobody" {
  room
  play <<'END'
    bob enters
    ann connects
    ann puts login ann\nsay \xe2\x82
    bob hears ann has entered the room.
    ann stops-sending
    bob waits-for ann has left the room
    ann connects
    ann puts login ann\nsay \xe2\x82
    bob hears ann has entered the room.
    ann resets
    bob hears ann has left the room
    bob hears-nothing
END
}

# --- terminals ---

# What arrived has no control character, direction mark or line separator in it, raw or encoded.
harmless() {
  "$PYTHON" - "$T/heard" <<'PY'
import sys
text = open(sys.argv[1], "rb").read().decode()
bad = [c for c in text.replace("\n", "") if not c.isprintable() or c in "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029"]
assert not bad, bad
PY
}

@test "escape sequences, C1 controls, bells and direction marks arrive escaped" {
  room
  raw 'login ann
say red \x1b[31mred\x1b[0m end
say title \x1b]0;title\x07 end
say c1 \xc2\x9b2J \xc2\x85 end
say raw c1 \x9b2J end
say bidi \xe2\x80\xae\xe2\x81\xa6\xd8\x9c\xe2\x80\x8f end
say separators \xe2\x80\xa8 \xe2\x80\xa9 end
say back\x08\x7f\x0b\x0c end
say return \rfake : hello end
say nul \x00 end
me \x1b[2J end
/me \x1b[2J end
/\x1b[2J end
logout
' >"$T/heard"
  harmless
  [ "$(grep -c ' end$' "$T/heard")" -ge 10 ] || show "$(cat "$T/heard")"
  [ "$(grep -c '^ann : .* end$' "$T/heard")" -eq 9 ] || show "$(cat "$T/heard")"
  grep -q '^ann : red .*31mred' "$T/heard"
}

@test "a deceptive name is refused or escaped" {
  room
  raw 'login \x1b[31mroot\nlogin \xe2\x80\xaetoor\nlogin a\xe2\x80\x8bnn\nlogin \xc2\x9bx\nlook\nlogout\n' >"$T/heard"
  harmless
}

@test "control characters reach neither the logs nor a reader's terminal" {
  room --log-chat "$T/kept"
  raw 'login a\x1b[2Jb\nlogin ann\nsay \x1b[2J\xc2\x9b \xe2\x80\xae\n\x1b[2J\nlogout\n' >"$T/heard"
  logs chat left
  for file in heard kept chat.err; do
    cp "$T/$file" "$T/seen"
    "$PYTHON" -c 'import sys; assert open(sys.argv[1], encoding="utf-8").read().replace("\n", "").isprintable()' "$T/seen"
  done
}

@test "a tab separates words" {
  room
  play <<'END'
    ann enters
    ann sends say one\ttwo
    ann hears-like ann : one([ \t]|\\t)two
END
}

# --- telnet ---

@test "telnet negotiation is removed, at the start, inside a line and split at each byte" {
  room
  play <<'END'
    ann,bob enters
    ann hears bob has entered the room.
    x connects
    x hears Welcome to TestChat
    x puts \xff\xfd\x03\xff\xfb\x18\xff\xfb\x1f\xff\xfa\x1f\x00\x50\x00\x18\xff\xf0
    x sends login x
    ann,bob hears x has entered the room.
    x sends say one\xff\xf1 two\xff\xfb\x1f three\xff\xfa\x18\x00vt100\xff\xf0 four
    ann,bob,x hears x : one two three four
    x drips say o\xff\xfd\x03ne\xff\xfa\x18\x00\xff\xff\xff\xf0 two\r\n
    ann,bob,x hears x : one two
    ann,bob,x hears-nothing
END
}

@test "telnet's line ends work: CR LF and CR NUL" {
  room
  play <<'END'
    ann connects
    ann hears Welcome to TestChat
    ann puts login ann\r\0say one\r\0say two\r\n
    ann hears ann : one
    ann hears ann : two
    ann hears-nothing
END
}

@test "telnet's requests get no reply" {
  room
  [ "$(raw '\xff\xfd\x01\xff\xfd\x03\xff\xfb\x1f\xff\xf6login ann\nsay a\nlogout\n')" = $'Welcome to TestChat\nann : a' ]
}

# --- long lines ---

@test "a line that is too long is cut off and passed on, and its sender is told" {
  room
  play <<'END'
    ann,bob enters
    ann hears bob has entered the room.
    ann sends say {x*4092}
    ann,bob hears ann : {x*4092}
    ann sends say {x*5000}
    bob hears ann : {x*4092}
    ann waits-for Your line was cut off: it had more than 4096 bytes.
    bob hears-nothing
    ann sends say and on
    ann,bob hears ann : and on
    ann,bob hears-nothing
END
}

@test "--max-line is the limit, however the line arrives, and no character is cut in half" {
  room --max-line 20
  play <<'END'
    ann,bob enters
    ann hears bob has entered the room.
    ann drips say {x*16}\n
    ann,bob hears ann : {x*16}
    ann drips say {x*17}\r\n
    bob hears ann : {x*16}
    ann waits-for Your line was cut off: it had more than 20 bytes.
    ann sends say x{€*9}
    bob hears ann : x{€*5}
    ann waits-for Your line was cut off: it had more than 20 bytes.
    ann sends say {€*5}
    ann hears ann : {€*5}
    bob hears ann : {€*5}
    ann sends say {€*6}
    bob hears ann : {€*5}
    ann waits-for Your line was cut off: it had more than 20 bytes.
    ann,bob hears-nothing
END
}

@test "the CR of a line of exactly that length does not make it too long" {
  room --max-line 20
  play <<'END'
    ann,bob enters
    ann hears bob has entered the room.
    ann puts say {x*16}\r\nsay {y*16}\r\n
    ann,bob hears ann : {x*16}
    ann,bob hears ann : {y*16}
    ann drips say {z*16}\r\n
    ann,bob hears ann : {z*16}
    ann,bob hears-nothing
END
}

@test "a long line in GBK is cut between characters" {
  room --max-line 21
  raw 'login ann\nsay \xc4\xe3\xc4\xe3\xc4\xe3\xc4\xe3\xc4\xe3\xc4\xe3\xc4\xe3\xc4\xe3\xc4\xe3\xc4\xe3\nlogout\n' >"$T/heard"
  grep -qE '^ann : (你){5,8}$' "$T/heard" || show "$(cat "$T/heard")"
}

# --- the line protocol ---

@test "--protocol=line asks for a name, and then sends each line to the others" {
  serve chat anet chat --protocol=line 0
  play_line <<'END'
    ann,bob,cat enters
    ann,bob,cat hears-nothing
    ann sends Hello, all
    bob,cat hears <ann> Hello, all
    ann hears-nothing
    bob drips 你好 \r\n
    ann,cat hears <bob> 你好\x20
    cat sends say look who login
    ann,bob hears <cat> say look who login
    cat leaves
    ann sends still here
    bob hears <ann> still here
END
}

@test "--protocol=line gives a name to one client only" {
  serve chat anet chat --protocol=line 0
  play_line <<'END'
    ann enters
    bob connects
    bob hears What's your name?
    bob sends ann
    bob hears Name taken, please choose another.
    bob sends ANN
    bob hears Name taken, please choose another.
    bob sends bob
    bob hears Welcome, bob!
    ann leaves
    cat connects
    cat hears What's your name?
    cat sends ann
    cat hears Welcome, ann!
END
}

@test "--protocol=line converts and escapes what it passes on, too" {
  serve chat anet chat --protocol=line 0
  play_line <<'END'
    ann,bob enters
    ann sends \xc4\xe3\xba\xc3
    bob hears <ann> 你好
    ann puts LF alone\n
    bob hears <ann> LF alone
    ann sends \xff\xfb\x1fafter IAC
    bob hears <ann> after IAC
    ann puts \x1b[2J x\r\n
    bob hears-like <ann> [^\x1b]* x
END
}

@test "an unknown protocol is a usage error" {
  run anet chat --protocol=irc 0
  [ "$status" -eq 2 ]
  [[ ${lines[0]} == "anet: chat: "* ]]
}
