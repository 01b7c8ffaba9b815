#!/usr/bin/env bats
# anet chat beside the Python programs it replaces: the same members hear the same.
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2154 # each test is a function, load sets

bats_require_minimum_version 1.5.0
load ../lib/helpers

# KIND: the members of a script (peers/chat.py) hear the same from both servers, word for word.
both_hear() {
  local name
  cat >"$T/script"
  for name in old new; do
    peer chat "$1" "${address[$name]}" <"$T/script" || show "${address[$name]} is the $name one"
  done
}

@test "chat sends what the asynchat room sends, to the last byte" {
  serve old peer originals chat-room quiet
  serve new anet chat --history 0 0
  both_hear room <<'END'
    ann connects
    ann hears Welcome to TestChat
    ann sends hello
    ann hears Please log in
    ann hears Use "login <nickname>"
    ann puts \n  \n
    ann sends look
    ann hears Please log in
    ann hears Use "login <nickname>"
    ann sends login
    ann hears Please enter a name
    ann sends login ann
    ann hears-nothing
    bob connects
    bob hears Welcome to TestChat
    bob sends login ann
    bob hears The name "ann" is taken.
    bob hears Please try again.
    bob puts login bob\r\n
    ann hears bob has entered the room.
    cat enters
    ann,bob hears cat has entered the room.
    ann sends say Hello,  you two!
    ann,bob,cat hears ann : Hello,  you two!
    bob puts say with CRLF\r\nsay   spaces  \nsay\n
    ann,bob,cat hears bob : with CRLF
    ann,bob,cat hears bob : spaces
    ann,bob,cat hears bob :\x20
    cat sends say grüße 你好 😀
    ann,bob,cat hears cat : grüße 你好 😀
    cat sends say \xc4\xe3\xba\xc3
    ann,bob,cat hears cat : 你好
    bob sends look
    bob hears The following are in the room:
    bob hears ann
    bob hears bob
    bob hears cat
    bob sends who
    bob hears The following are logged in:
    bob hears ann
    bob hears bob
    bob hears cat
    ann sends dance with me
    ann hears Unknown command: dance
    ann puts \n
    ann puts  say with a space before\n
    ann hears Unknown command:\x20
    cat puts say one\nsay two\nlook\n
    ann,bob,cat hears cat : one
    ann,bob,cat hears cat : two
    cat hears The following are in the room:
    cat hears ann
    cat hears bob
    cat hears cat
    x connects
    x hears Welcome to TestChat
    x leaves
    bob leaves
    ann,cat hears bob has left the room
    cat hangs-up
    ann hears cat has left the room
    ann sends who
    ann hears The following are logged in:
    ann hears ann
    bob enters
    ann hears bob has entered the room.
    ann leaves
    bob hears ann has left the room
    bob leaves
END
}

# WHICH NAME: that server has let NAME in, which it does without a reply.
let_in() {
  if [ "$1" = old ]; then prints old "^<< 'login $2"; else logs new "logged in as $2 "; fi
}

@test "a select client of the asynchat room sees the same in our room" {
  PYTHONUNBUFFERED=1 serve old peer originals chat-room
  serve new anet chat 0
  local which name in
  for which in old new; do
    for name in ann bob; do
      mkfifo "$T/$which.$name"
      exec {in}<>"$T/$which.$name"
      INPUT=$T/$which.$name start "$which-$name" peer originals chat-client "${address[$which]}"
      prints "$which-$name" '^Welcome to TestChat$'
      echo "login $name" >&"$in"
      eval "$name=$in"
      let_in "$which" "$name"
    done
    # One line at a time: of several that arrive at once it shows the first, until another arrives.
    prints "$which-ann" '^bob has entered the room\.$'
    echo dance >&"$ann"
    prints "$which-ann" '^Unknown command: dance$'
    echo 'say grüße' >&"$bob"
    prints "$which-ann" '^bob : grüße$'
    prints "$which-bob" '^bob : grüße$'
    echo who >&"$ann"
    prints "$which-ann" '^bob$'
    echo 'logout now' >&"$bob"
    prints "$which-ann" '^bob has left the room$'
    echo logout >&"$ann"
    prints "$which-ann" '^Disconnected from server$'
    ends "$which-ann" 5
    [ "$status" -eq 0 ]
    ends "$which-bob" 5
    [ "$status" -eq 0 ]
  done
  cmp "$T/old-ann.out" "$T/new-ann.out"
  cmp "$T/old-bob.out" "$T/new-bob.out"
}

@test "chat --protocol=line sends what Twisted's chat sends, to the last byte" {
  local python
  for python in "$PYTHON" /usr/bin/python3 ''; do
    [ -n "$python" ] || skip "no python3-twisted"
    ! "$python" -W ignore -c 'import asynchat, twisted' 2>/dev/null || break
  done
  serve old "$python" "$BATS_TEST_DIRNAME/../peers/originals.py" twisted-chat
  serve new anet chat --protocol=line --history 0 0
  both_hear line <<'END'
    ann enters
    bob connects
    bob hears What's your name?
    bob sends ann
    bob hears Name taken, please choose another.
    bob sends bob
    bob hears Welcome, bob!
    cat connects
    cat hears What's your name?
    ann sends Hello, all
    bob hears <ann> Hello, all
    cat sends cat
    cat hears Welcome, cat!
    bob puts one\r\ntwo  \r\n\r\n
    ann,cat hears <bob> one
    ann,cat hears <bob> two\x20\x20
    ann,cat hears <bob>\x20
    cat drips grüße 你好 😀\r\n
    ann,bob hears <cat> grüße 你好 😀
    cat hears-nothing
    bob leaves
    ann sends still here
    cat hears <ann> still here
    bob enters
    ann sends again
    bob,cat hears <ann> again
    ann leaves
    bob leaves
    cat leaves
END
}
