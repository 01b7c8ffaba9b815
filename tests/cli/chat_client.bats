#!/usr/bin/env bats
# anet chat -c: the client, in a script and on a terminal.
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2154 # eval is meant, each test is a function, load sets

bats_require_minimum_version 1.5.0
load ../lib/helpers

room() {
  serve room peer originals chat-room
}

# A server from peers/room.py.
scripted() {
  serve room peer room "$@"
}

join() {
  anet chat -c "${address[room]}" "$@"
}

# NAME ARGUMENT...: joins in the background and stays. Its stdin is what is written to descriptor
# ${in[NAME]}.
stay() {
  local name=$1 fd
  shift
  declare -gA in
  mkfifo "$T/in.$name"
  exec {fd}<>"$T/in.$name"
  in[$name]=$fd
  INPUT=$T/in.$name start "$name" anet chat -c "${address[room]}" "$@"
}

# --- a script ---

@test "all lines of a script go to the seed's room, and the replies are shown" {
  room
  run -0 --separate-stderr join < <(printf 'login x\nsay hi\n')
  [ "$output" = $'Welcome to TestChat\nx : hi' ]
  [ -z "$stderr" ]
}

@test "it ends as soon as the server closes after logout" {
  room
  local start=$EPOCHREALTIME
  run -0 join --linger 20s < <(printf 'login x\nlook\nlogout\n')
  [ "$output" = $'Welcome to TestChat\nThe following are in the room:\nx' ]
  [ $((${EPOCHREALTIME%.*} - ${start%.*})) -lt 10 ]
}

@test "it waits for --linger after the end of stdin" {
  scripted late 300
  [ "$(join --linger 0 < <(echo hello))" = '' ]
  [ "$(join --linger 10s < <(echo hello))" = 'heard hello' ]
}

@test "--nick logs in first" {
  room
  run -0 join --nick bob < <(printf 'who\nlogout\n')
  [ "${lines[2]}" = bob ]
}

@test "a last line without a newline gets one" {
  room
  run -0 join --nick bob < <(printf 'say end')
  [ "${lines[1]}" = 'bob : end' ]
}

@test "an empty stdin sends nothing" {
  scripted records "$T/heard"
  join --linger 0 </dev/null
  logs room 'heard 0 end'
}

@test "with --protocol=line it talks to the Twisted chat: a name, and lines that end in CRLF" {
  local python
  for python in "$PYTHON" /usr/bin/python3; do
    ! "$python" -W ignore -c 'import asynchat, twisted' 2>/dev/null || break
    python=
  done
  [ -n "$python" ] || skip "no python3-twisted"
  PYTHON=$python serve room peer originals twisted-chat
  stay ann --protocol line --nick ann
  prints ann 'Welcome, ann!'
  stay bob --protocol line --nick bob
  prints bob 'Welcome, bob!'
  printf 'hello\r\nand\n' >&"${in[bob]}"
  prints ann '^<bob> hello.$'
  prints ann '^<bob> and.$'
  echo hi, bob >&"${in[ann]}"
  prints bob '^<ann> hi, bob.$'
}

@test "with --protocol=line the nick is a line, and each line ends in CRLF" {
  scripted records "$T/heard"
  join --protocol line --nick ann --linger 0 < <(printf 'hello\nwith CR\r\nand\n\nend')
  logs room 'heard 33 end'
  cmp "$T/heard" <(printf 'ann\r\nhello\r\nwith CR\r\nand\r\n\r\nend\r\n')
}

@test "a stdin that cannot be read is 1, with the reason" {
  room
  run --separate-stderr join --linger 20s </
  [ "$status" -eq 1 ]
  [ "$stderr" = 'anet: chat: read stdin: illegal operation on a directory' ]
}

@test "everyone in the room sees a line as soon as it is said" {
  room
  stay ann --nick ann
  prints ann 'Welcome'
  stay bob --nick bob
  prints ann '^bob has entered the room\.$'
  echo say hello >&"${in[ann]}"
  prints bob '^ann : hello$'
  prints ann '^ann : hello$'
  echo logout >&"${in[bob]}"
  ends bob 10
  [ "$status" -eq 0 ]
  prints ann '^bob has left the room$'
}

@test "the seed's client and ours meet in the seed's room" {
  room
  stay ann --nick ann
  prints ann 'Welcome'
  printf 'login old\nsay from the old one\nlogout\n' >"$T/script"
  INPUT=$T/script start old peer originals chat-client "${address[room]}"
  prints ann '^old : from the old one$'
}

@test "nothing of a long stdin is lost" {
  scripted records "$T/heard"
  seq 300000 >"$T/said"
  join --linger 0 <"$T/said"
  logs room "heard $(wc -c <"$T/said") end"
  cmp "$T/said" "$T/heard"
}

@test "a slow server gets all of stdin, however short the linger" {
  scripted slow "$T/heard"
  seq 100000 >"$T/said"
  join --linger 10ms <"$T/said"
  logs room "heard $(wc -c <"$T/said") end"
  cmp "$T/said" "$T/heard"
}

@test "a server that stops reading stalls stdin, and memory does not grow" {
  scripted deaf
  mkfifo "$T/in"
  start writer bash -c 'head -c 200000000 /dev/zero | tr "\0" x >"$1"; echo written' - "$T/in"
  INPUT=$T/in start client anet chat -c "${address[room]}"
  logs room 'connected'
  rests client
  not grep -q written "$T/writer.out"
  sanitized || [ "$(memory_of client)" -lt 16384 ] || show "$(memory_of client) kB"
  tell TERM client
  ends client 10
  [ "$status" -eq 143 ]
}

@test "a client that waits for others uses no CPU time" {
  room
  stay ann --nick ann
  prints ann 'Welcome'
  rests ann
}

@test "the server's last words are shown, even if it closed while we were sending" {
  scripted leaves 'no more today'
  for _ in 1 2 3 4 5; do
    run --separate-stderr join < <(yes say something | head -c 3000000)
    # It closed with our lines unread, which resets the connection. What it said before is shown.
    [ "$output" = 'no more today' ]
    [ "$status" -eq 0 ] || [ "$status" -eq 56 ]
  done
}

@test "a connection reset is 56, and names the peer" {
  scripted resets
  run --separate-stderr join </dev/null
  [ "$status" -eq 56 ]
  [ "$stderr" = "anet: chat: receive from ${address[room]}: connection reset by peer" ]
}

@test "a refused connection is 7, and an unknown name 6" {
  serve gone peer originals chat-room
  kill "${pid[gone]}"
  ends gone 10
  run anet chat -c "${address[gone]}" </dev/null
  [ "$status" -eq 7 ]
  run anet chat -c no-such-host.invalid:5005 </dev/null
  [ "$status" -eq 6 ]
}

@test "a full stdout is 23" {
  [ -w /dev/full ] || skip "no /dev/full"
  room
  INPUT=/dev/null OUTPUT=/dev/full start full anet chat -c "${address[room]}" --linger 20s
  ends full 10
  [ "$status" -eq 23 ]
  [ "$(cat "$T/full.err")" = 'anet: chat: write stdout: no space left on device' ]
}

@test "it dies of SIGPIPE when stdout is closed by its reader" {
  room
  stay ann --nick ann
  prints ann 'Welcome'
  mkfifo "$T/pipe"
  start reader head -n 1 "$T/pipe"
  OUTPUT=$T/pipe stay bob --nick bob
  prints ann '^bob has entered'
  ends reader 10
  echo say one >&"${in[ann]}"
  ends bob 10
  [ "$status" -eq 141 ]
  [ ! -s "$T/bob.err" ]
}

@test "SIGINT and SIGTERM end it" {
  room
  for signal in INT TERM; do
    stay "$signal" --nick "$signal"
    prints "$signal" Welcome
    tell "$signal" "$signal"
    ends "$signal" 10
    [ "$status" -eq $((128 + $(kill -l "$signal"))) ]
  done
}

@test "a nick that is empty or could do harm is refused" {
  for nick in '' $'a\nb' $'a\eb' $'a\xe2\x80\xaeb' $'a\xff'; do
    run anet chat -c 1 --nick "$nick" </dev/null
    [ "$status" -eq 2 ]
    [[ ${lines[0]} == "anet: chat: nick '"*"': "* ]]
  done
}

@test "in a pipe the server's bytes pass unchanged" {
  scripted says 'a\x1b[31mb\xff\n'
  join </dev/null | cmp - <(printf 'a\e[31mb\xff\n')
}

# --- a terminal ---

# ARGUMENT...: joins on the terminal, between two looks at its modes.
sit() {
  terminal
  type_in "stty -a >$T/before; clear; $ANET chat -c ${address[room]} $*; echo status \$?; stty -a >$T/after"
}

# The room with somebody else in it, and ours logged in on the terminal.
sit_in_room() {
  room
  stay ann --nick ann
  prints ann Welcome
  sit --nick me
  prints ann '^me has entered'
  shows 'Welcome'
}

ann_says() {
  echo "say $1" >&"${in[ann]}"
}

modes_are_back() {
  within 10 test -s "$T/after"
  diff "$T/before" "$T/after"
}

# PATTERN PATTERN: the first is on the screen, and the second right below it.
shows_above() {
  within 10 is_above "$@" || show "$(screen)"
}

is_above() {
  screen | grep -A1 -E -- "$1" | tail -n 1 | grep -qE -- "$2"
}

@test "terminal: what others say appears above the line that is being typed" {
  sit_in_room
  press -l 'say half a'
  shows '^say half a$'
  ann_says 'good evening'
  shows_above '^ann : good evening$' '^say half a$'
  press -l ' sentence'
  shows '^say half a sentence$'
  press Enter
  shows '^me : half a sentence$'
  prints ann '^me : half a sentence$'
}

@test "terminal: a line longer than the screen is wide stays whole too" {
  sit_in_room
  local long='say one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen'
  press -l "$long"
  press Left Left Left
  shows '^ seventeen$'
  ann_says 'first'
  shows_above '^ann : first$' "^${long:0:100}$"
  ann_says 'second'
  shows_above '^ann : second$' "^${long:0:100}$"
  press -l 'X'
  press Enter
  prints ann "^me : ${long:4:-3}Xeen$"
  # Every earlier picture of it was painted over: what is left is what was typed last, and its echo.
  [ "$(screen | grep -c 'one two three')" -eq 2 ] || show "$(screen)"
}

@test "terminal: the line follows the width of the window" {
  sit_in_room
  # Not at the top of the screen, where tmux may move part of a rewrapped line out of reach.
  for line in 1 2 3 4 5; do
    ann_says "$line"
  done
  shows '^ann : 5$'
  local long='say one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen'
  press -l "$long"
  shows "^$long$"
  tmux -S "$T/tmux" resize-window -x 50
  shows "^${long:50}$"
  ann_says 'narrower'
  shows_above '^ann : narrower$' "^${long:0:50}$"
  tmux -S "$T/tmux" resize-window -x 120
  shows "^$long$"
  ann_says 'wider'
  shows_above '^ann : wider$' "^$long$"
  [ "$(screen | grep -c 'one two three')" -eq 1 ] || show "$(screen)"
}

@test "terminal: wide characters can be typed and deleted" {
  sit_in_room
  press -l 'say grüße, 中文'
  press BSpace
  press -l '国'
  shows '^say grüße, 中国$'
  press Enter
  prints ann '^me : grüße, 中国$'
}

@test "terminal: arrows bring back earlier lines, and Tab completes names seen in the room" {
  sit_in_room
  type_in 'say first'
  shows '^me : first'
  type_in 'say second'
  shows '^me : second'
  press Up Up
  shows '^say first$'
  press -l ' again'
  press Enter
  prints ann '^me : first again$'
  ann_says 'here I am'
  shows '^ann : here'
  press -l 'say dear A'
  press Tab
  shows '^say dear Ann'
  press -l 'who?'
  press Enter
  prints ann '^me : dear Ann who\?$'
}

@test "terminal: Tab knows the names that who listed" {
  sit_in_room
  type_in who
  shows '^ann$'
  press -l 'say an'
  press Tab
  press -l 'x'
  press Enter
  prints ann '^me : ann x$'
}

@test "terminal: an unknown escape sequence swallows nothing that follows" {
  sit_in_room
  press -l 'say '
  press Escape
  press -l '[99~'
  press -l 'still here'
  press Enter
  prints ann '^me : .*still here$'
}

@test "terminal: an unfinished line of the server is the prompt" {
  scripted asks 'name: '
  sit
  shows '^name:$'
  press -l joe
  shows '^name: joe$'
  press Enter
  shows '^hello joe$'
  shows '^name: joe$'
}

@test "terminal: the server's escape sequences are shown, and have no effect" {
  scripted says 'red:\x1b[31m\x07\x08:\xc2\x9b2J:\xe2\x80\xae:end\n' stay
  sit
  shows '^red:\\x1b\[31m\\x07\\x08:\\xc2\\x9b2J:\\xe2\\x80\\xae:end$'
  tmux -S "$T/tmux" capture-pane -pe >"$T/screen"
  not grep -q $'\e\[31m' "$T/screen"
}

@test "terminal: Ctrl-C ends it by SIGINT, with the terminal restored" {
  sit_in_room
  press -l 'say not this'
  shows '^say not this$'
  press C-c
  # A shell that sees its program die of SIGINT stops the line it was in.
  shows '^>$'
  type_in "echo status \$?; stty -a >$T/after"
  shows '^status 130'
  modes_are_back
  prints ann '^me has left'
  not grep -q 'not this' "$T/ann.out"
}

@test "terminal: Ctrl-D on an empty line ends it, and inside a line it deletes" {
  sit_in_room
  press -l 'say abc'
  press Left C-d Enter
  shows '^me : ab$'
  press C-d
  shows '^status 0'
  modes_are_back
  not on_screen Disconnected
  prints ann '^me has left'
}

@test "terminal: /quit and logout end it silently" {
  sit_in_room
  type_in /quit
  shows '^status 0'
  not on_screen 'Unknown|Disconnected'
  modes_are_back
  rm "$T/after"
  type_in clear
  within 10 not on_screen '^Welcome'
  type_in "$ANET chat -c ${address[room]} --nick me; echo again \$?; stty -a >$T/after"
  shows '^Welcome'
  type_in logout
  shows '^again 0'
  not on_screen 'Unknown|Disconnected'
  modes_are_back
}

@test "terminal: SIGTERM, SIGHUP and Ctrl-\\ restore the terminal" {
  scripted says 'hello\n' stay
  terminal
  for signal in TERM HUP QUIT; do
    rm -f "$T/after"
    type_in clear
    within 10 not on_screen '^hello' # of the round before
    type_in "stty -a >$T/before; clear; ulimit -c 0; $ANET chat -c ${address[room]}; echo status \$?; stty -a >$T/after"
    shows '^hello'
    press -l 'half'
    shows '^half$'
    if [ "$signal" = QUIT ]; then
      press C-\\
    else
      tell_in_front "$signal"
    fi
    shows "^status $((128 + $(kill -l "$signal")))"
    modes_are_back
  done
}

# The program in front on the terminal.
tell_in_front() {
  local shell
  shell=$(tmux -S "$T/tmux" display -p '#{pane_pid}')
  kill -"$1" "$(pgrep -P "$shell")"
}

@test "terminal: when the server closes it says so, and restores the terminal" {
  sit_in_room
  press -l 'say half'
  shows '^say half$'
  kill "${pid[room]}"
  shows '^Disconnected from the server$'
  shows '^status 0'
  modes_are_back
}

@test "terminal: a connection reset is 56, with the terminal restored" {
  scripted resets
  sit
  shows 'receive from .*: connection reset by peer$'
  shows '^status 56'
  modes_are_back
}

@test "terminal: Ctrl-Z gives the terminal to the shell, and fg brings the line back" {
  sit_in_room
  press -l 'say half'
  shows '^say half$'
  press C-z
  shows 'Stopped'
  type_in "stty -a >$T/asked && mv $T/asked $T/stopped"
  within 10 test -s "$T/stopped"
  diff "$T/before" "$T/stopped"
  ann_says 'while you were away'
  prints ann '^ann : while you were away$'
  type_in 'clear; fg'
  shows_above '^ann : while you were away$' '^say half$'
  press -l ' and half'
  press Enter
  prints ann '^me : half and half$'
  press C-d
  shows '^>'
}

@test "terminal: Ctrl-Z and Ctrl-\\ do nothing where the shell ignores them" {
  room
  stay ann --nick ann
  prints ann Welcome
  terminal
  type_in "stty -a >$T/before; clear; (trap '' TSTP QUIT; exec $ANET chat -c ${address[room]} --nick me); echo status \$?; stty -a >$T/after"
  shows Welcome
  press -l 'say half'
  shows '^say half$'
  press C-z
  press C-\\
  press -l ' and half'
  shows '^say half and half$'
  press Enter
  prints ann '^me : half and half$'
  press C-d
  shows '^status 0'
  modes_are_back
}

# Without an editor: the terminal edits lines itself, and what others say comes in between.
plain() {
  type_in "stty -a >$T/before; clear; $1 $ANET chat -c ${address[room]} --nick me; echo status \$?; stty -a >$T/after"
  shows '^Welcome'
  type_in 'say from a plain terminal'
  shows '^me : from a plain terminal$'
  prints ann '^me : from a plain terminal$'
  press C-d
  shows '^status 0'
  modes_are_back
}

@test "terminal: a dumb terminal edits its lines itself" {
  room
  stay ann --nick ann
  terminal
  plain TERM=dumb
}

@test "terminal: without libedit the terminal edits its lines itself" {
  sanitized && skip "the sanitizer's libraries are found by the same path"
  room
  stay ann --nick ann
  terminal
  mkdir "$T/lib"
  echo no library >"$T/lib/libedit.so.2"
  plain "LD_LIBRARY_PATH=$T/lib"
}
