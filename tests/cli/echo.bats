#!/usr/bin/env bats
# anet echo: the server with its options, the dump, and the client.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # eval is meant, each test is a function, load sets

bats_require_minimum_version 1.5.0
load ../lib/helpers

setup_file() {
  find_python
  head -c 20000000 /dev/urandom >"$BATS_FILE_TMPDIR/random"
}

echo_server() {
  serve echo anet echo "$@" 0
}

# --- the server ---

@test "what is sent comes back, whatever the bytes" {
  echo_server
  socat -t20 -T20 - "TCP:${address[echo]}" <"$BATS_FILE_TMPDIR/random" >"$T/came"
  cmp "$T/came" "$BATS_FILE_TMPDIR/random"
}

@test "one server listens on several addresses" {
  serve echo anet echo 0 "unix:$T/echo" 127.0.0.2:0
  within 10 test -n "$(line_of echo 3)"
  [ "$(echo a | socat -t10 -T10 - "TCP:$(line_of echo 1)")" = a ]
  [ "$(echo b | socat -t10 -T10 - "UNIX-CONNECT:$T/echo")" = b ]
  [ "$(echo c | socat -t10 -T10 - "TCP:$(line_of echo 3)")" = c ]
}

@test "while a client does not read, nothing is read from it, and memory stays small" {
  echo_server
  start client peer client pushes "${address[echo]}" 400000000
  within 30 grep -q 'blocked after' "$T/client.out"
  sanitized || [ "$(memory_of echo)" -lt 8192 ] || show "$(memory_of echo) kB"
  rests echo
  [ "$(echo others | socat -t10 -T10 - "TCP:${address[echo]}")" = others ]
}

@test "--discard reads all and answers nothing" {
  echo_server -v --discard
  run peer client half-close "${address[echo]}" 5000000 1
  [[ $output == "0 "*" end" ]]
  logs echo 'received 5000000 sent 0 .* reason the peer ended$'
}

@test "--chargen sends the pattern of RFC 864, and goes on after a reader has left" {
  echo_server --chargen
  for _ in 1 2; do
    socat -t0 -u "TCP:${address[echo]}" - 2>"$T/socat.err" | head -c 500000 >"$T/pattern" || true
    peer chargen 500000 | cmp - "$T/pattern"
  done
}

@test "--chargen reads and drops what is sent to it" {
  echo_server -v --chargen
  start client peer client half-close "${address[echo]}" 5000000 1
  logs echo 'received 5000000 '
}

@test "--greet sends its text to each client, then echoes" {
  echo_server --greet 'Hallo, wer da?'
  [ "$(printf '%s' ' ich' | socat -t10 -T10 - "TCP:${address[echo]}")" = 'Hallo, wer da? ich' ]
}

@test "--reply answers each message" {
  echo_server --reply ok
  run peer client converses "${address[echo]}" one two three
  [ "${lines[0]}${lines[1]}${lines[2]}" = okokok ]
  [[ ${lines[3]} == "0 "*" end" ]]
}

@test "--close ends after the first answer" {
  echo_server --reply bye --close
  run peer client half-close "${address[echo]}" 1 1
  [[ $output == "3 "*" end" ]]
  start client peer client asks "${address[echo]}"
  prints client '^bye$'
  prints client '^end$'
}

@test "--greet with --close closes after the greeting, which arrives even if the client has sent data" {
  echo_server --greet 'go away' --close
  for _ in {1..10}; do
    [ "$(head -c 200000 "$BATS_FILE_TMPDIR/random" | socat -t5 -T5 - "TCP:${address[echo]}" 2>&1)" = 'go away' ]
  done
}

@test "options that exclude each other are refused" {
  for options in '--discard --chargen' '--reply ok --discard' '--ping 3' '-c 9 --greet x' '-c 9 10'; do
    # shellcheck disable=SC2086
    run --separate-stderr anet echo $options
    [ "$status" -eq 2 ] || show "$options"
    [ -z "$output" ]
    [[ ${stderr_lines[0]} == "anet: echo: "* ]]
  done
}

@test "a server out of descriptors says so, waits, and then serves the rest" {
  echo_server -q
  # The limit is one of descriptor numbers: it leaves two free ones.
  local n limit=0 free=0
  while ((free < 2)); do
    [ -e "/proc/${pid[echo]}/fd/$limit" ] || ((++free))
    ((++limit))
  done
  prlimit --pid "${pid[echo]}" --nofile="$limit:$(ulimit -Hn)"
  for n in 1 2 3 4; do start "c$n" peer client asks "${address[echo]}"; done
  logs echo "^anet: echo: accept on ${address[echo]}: too many open files; waiting a second$"
  served() {
    [ "$(cat "$T"/c?.out | grep -c hello)" -eq "$1" ]
  }
  within 10 served 2
  prlimit --pid "${pid[echo]}" --nofile="$((limit + 9)):$(ulimit -Hn)"
  within 10 served 4
  [ "$(wc -l <"$T/echo.err")" -le 4 ]
}

@test "--max-per-host refuses further connections from a host until one has left, but never unix sockets" {
  serve echo anet echo --max-per-host 1 0 "unix:$T/echo"
  start first peer client asks "${address[echo]}"
  prints first '^hello$'
  start second peer client holds "${address[echo]}"
  prints second '^end after'
  logs echo '^anet: echo: too many connections from 127\.0\.0\.1$'
  [ "$(echo b | socat -t10 -T10 - "UNIX-CONNECT:$T/echo")" = b ]
  [ "$(echo c | socat -t10 -T10 - "UNIX-CONNECT:$T/echo")" = c ]
  not gone "${pid[first]}"
  kill "${pid[first]}"
  served_again() {
    [ "$(echo again | socat -t10 -T10 - "TCP:${address[echo]}")" = again ]
  }
  within 10 served_again
}

# --- what it shows ---

@test "--dump=text shows who came, what they sent and who left" {
  echo_server --dump=text
  local who
  who=$(peer client says "${address[echo]}" 'hello\n' 'tab\tand\\.')
  prints echo "^$who disconnected$"
  [ "$(sed 1d "$T/echo.out")" = "$who connected
$who: hello\n
$who: tab\tand\\\\.
$who disconnected" ] || show "$(cat "$T/echo.out")"
}

@test "a character split between two reads is shown whole" {
  echo_server --dump=text
  peer client says "${address[echo]}" 'a\xc3' '\xa9b\xe2\x82' '\xac\xf0' '\x9f\x98' '\x80 \xff.\xc3'
  prints echo disconnected
  [ "$(sed -n 's/^[0-9.:]*: //p' "$T/echo.out")" = 'a
éb
€
😀 \xff.
\xc3' ] || show "$(cat "$T/echo.out")"
}

@test "escape sequences, bells and bidirectional marks are shown escaped" {
  for form in text lines; do
    serve "$form" anet echo "--dump=$form" 0
    peer client says "${address[$form]}" '\x1b]0;title\x07\x9b2J\xe2\x80\xae\xc2\x9b\n'
    prints "$form" disconnected
    grep -qF ': \x1b]0;title\x07\x9b2J\xe2\x80\xae\xc2\x9b' "$T/$form.out"
    not grep -q $'[\x01-\x09\x0b-\x1f\x7f]' "$T/$form.out"
  done
}

@test "--dump=lines shows one line for each line, however it was split" {
  echo_server --dump=lines
  local who
  who=$(peer client says "${address[echo]}" 'one\r\ntw' 'o\n\nthr' 'ee')
  prints echo "^$who disconnected$"
  [ "$(sed 1d "$T/echo.out")" = "$who connected
$who: one
$who: two
$who: 
$who: three
$who disconnected" ] || show "$(cat "$T/echo.out")"
}

@test "--dump=hex shows rows of 16 bytes with their offset" {
  echo_server --dump=hex
  local who
  who=$(peer client says "${address[echo]}" 'GET / HTTP/1.0\r\n\x00\xff|' '~')
  prints echo "^$who disconnected$"
  [ "$(sed 1d "$T/echo.out" | tr -s ' ')" = "$who connected
$who: 00000000 47 45 54 20 2f 20 48 54 54 50 2f 31 2e 30 0d 0a |GET / HTTP/1.0..|
$who: 00000010 00 ff 7c |..||
$who: 00000013 7e |~|
$who disconnected" ] || show "$(cat "$T/echo.out")"
}

@test "--dump=raw is the bytes and nothing else" {
  echo_server --dump=raw --discard
  socat -t20 -T20 - "TCP:${address[echo]}" <"$BATS_FILE_TMPDIR/random"
  within 10 eval '[ "$(wc -c <"$T/echo.out")" -ge 20000000 ]'
  sed 1d "$T/echo.out" | cmp - "$BATS_FILE_TMPDIR/random"
}

@test "--dump=raw to a terminal is refused" {
  run timeout 10 script -qec "'$ANET' echo --dump=raw 0" /dev/null
  [ "$status" -eq 2 ]
  [[ ${lines[0]} == "anet: echo: --dump=raw is for a file or a pipe"* ]]
}

@test "a reader of the dump that has gone ends the server without a message" {
  { "$ANET" echo -q --dump=lines 0 2>"$T/err" || echo "$?" >"$T/code"; } 3>&- | head -n 1 >"$T/address" &
  within 10 test -s "$T/address"
  within 10 eval 'echo x | socat -t5 -T5 - "TCP:$(cat "$T/address")" >/dev/null 2>&1; [ -e "$T/code" ]'
  [ "$(cat "$T/code")" = 141 ]
  [ ! -s "$T/err" ]
}

@test "a slow reader of the dump slows the client down, and nothing is lost" {
  mkfifo "$T/dump"
  exec {dump}<>"$T/dump"
  OUTPUT=$T/dump start echo anet echo -q --discard --dump=raw 0
  local where
  read -rt 10 where <&"$dump"
  start client peer client pushes "$where" 400000000
  within 30 grep -q 'blocked after' "$T/client.out"
  sanitized || [ "$(memory_of echo)" -lt 8192 ] || show "$(memory_of echo) kB"
  rests echo
  local sent
  sent=$(grep -oE '[0-9]+' "$T/client.out")
  [ "$(timeout 20 head -c "$sent" <&"$dump" | sha256sum)" = "$(sum_of "$sent" 0)  -" ]
}

@test "a dump that cannot be written is exit 23, at the start and later" {
  run timeout 20 bash -c '"$0" echo --dump=text --grace 1m 0 2>&1 >/dev/full' "$ANET"
  [ "$status" -eq 23 ]
  [ "$output" = "anet: echo: write stdout: no space left on device" ]
  serve echo bash -c 'trap "" XFSZ; ulimit -f 8; exec "$@"' - "$ANET" echo -q --dump=raw 0
  socat -t5 -T5 - "TCP:${address[echo]}" <"$BATS_FILE_TMPDIR/random" &>"$T/socat.out" || true
  ends echo 10
  [ "$status" -eq 23 ]
  [ "$(cat "$T/echo.err")" = "anet: echo: write stdout: file too large" ]
}

# --- the client ---

@test "the client sends its stdin and shows the answer, from and to pipes and files" {
  echo_server
  local random=$BATS_FILE_TMPDIR/random
  anet echo -c "${address[echo]}" <"$random" >"$T/copy"
  cmp "$T/copy" "$random"
  # shellcheck disable=SC2002
  cat "$random" | anet echo -c "${address[echo]}" | cmp - "$random"
  head -c 300000 "$random" | anet echo -c "${address[echo]}" >>"$T/copy"
  tail -c +20000001 "$T/copy" | cmp - <(head -c 300000 "$random")
  [ "$(wc -c <"$T/copy")" -eq 20300000 ]
}

@test "the client works with /dev/null and with closed stdin" {
  echo_server -v
  run anet echo -c "${address[echo]}" </dev/null
  [ "$status" -eq 0 ]
  [ -z "$output" ]
  anet echo -c "${address[echo]}" <"$BATS_FILE_TMPDIR/random" >/dev/null
  logs echo 'received 20000000 sent 20000000 '
  run timeout 20 bash -c '"$0" echo -c "$1" 2>&1 <&-' "$ANET" "${address[echo]}"
  [ "$status" -eq 1 ]
  [ "$output" = "anet: echo: read stdin: bad file descriptor" ]
}

@test "the client passes on the end of stdin and waits for the whole answer" {
  serve late peer server late 1000011 300
  head -c 100000 /dev/zero | anet echo -c "${address[late]}" | sha256sum >"$T/sum"
  [ "$(cat "$T/sum")" = "$(sum_of 1000011 1)  -" ]
  prints late '^100000 '
}

@test "a server that ends first still gets the rest of stdin" {
  serve early peer server early 1000
  { read -rt 0.3 _ <&"$never" || head -c 3000000 /dev/zero; } | anet echo -c "${address[early]}" >"$T/answer"
  [ "$(wc -c <"$T/answer")" -eq 1000 ]
  prints early '^3000000 .* end$'
}

@test "data is shown as soon as it arrives" {
  echo_server
  mkfifo "$T/in"
  exec {in}<>"$T/in"
  INPUT=$T/in start client anet echo -c "${address[echo]}"
  echo first >&"$in"
  prints client '^first$'
  echo second >&"$in"
  prints client '^second$'
}

@test "on a terminal, escape sequences are shown escaped" {
  serve evil anet echo --greet $'safe\e[2J\e]0;owned\a\r\nnext\n'
  terminal
  type_in "'$ANET' echo -c ${address[evil]}"
  shows 'safe\\x1b\[2J\\x1b\]0;owned\\x07'
  shows '^next'
  type_in 'typed'
  shows '^typed'
}

@test "Ctrl-C ends the client as SIGINT does, and leaves the terminal as it was" {
  echo_server
  terminal
  type_in "'$ANET' echo -c ${address[echo]}"
  type_in 'hello'
  shows_twice() { [ "$(screen | grep -c '^hello')" -eq 2 ]; }
  within 10 shows_twice
  press C-c
  shows '^>$'
  type_in 'echo "status $?"; cat'
  shows '^status 130'
  # A terminal left non-blocking would end cat at once.
  type_in 'still here'
  shows_again() { [ "$(screen | grep -c '^still here')" -eq 2 ]; }
  within 10 shows_again
}

@test "stdin and stdout that others share are left blocking" {
  echo_server
  for kind in pipe terminal socket; do
    run peer flags "$kind" "$ANET" echo -c "${address[echo]}"
    [ "${lines[0]}" = "came back: hello" ]
    [ "$kind" = socket ] || [ "${lines[1]}" = "meanwhile: as before" ] || show "$kind"
    [ "${lines[2]}" = "after it: as before" ] || show "$kind"
  done
}

@test "the client's exit code tells what failed" {
  serve refused peer server refuses
  serve full peer server full
  serve reset peer server resets 5
  serve greet anet echo --greet 'something to write' 0
  fails() {
    local expected=$1 words=$2
    shift 2
    run --separate-stderr anet echo "$@"
    [ "$status" -eq "$expected" ] || show "$* gave $status"
    [[ $stderr == "anet: echo: $words"* ]] || show "$stderr"
    [ "${#stderr_lines[@]}" -eq 1 ]
  }
  fails 6 'resolve nosuch.invalid: ' -c nosuch.invalid:7 </dev/null
  fails 7 "connect ${address[refused]}: connection refused" -c "${address[refused]}" </dev/null
  fails 7 "connect unix:$T/nobody: " -c "unix:$T/nobody" </dev/null
  fails 28 "connect ${address[full]}: " --connect-timeout 200ms -c "${address[full]}" </dev/null
  fails 56 "receive from ${address[reset]}: connection reset by peer" -c "${address[reset]}" <<<x
  run timeout 20 bash -c '"$0" echo -c "$1" </dev/null 2>&1 >/dev/full' "$ANET" "${address[greet]}"
  [ "$status" -eq 23 ]
  [ "$output" = "anet: echo: write stdout: no space left on device" ]
}

@test "a reader of the answer that has gone ends the client without a message" {
  serve pattern anet echo -q --chargen 0
  run --separate-stderr timeout 20 bash -c '"$0" echo -c "$1" | head -n 1; exit "${PIPESTATUS[0]}"' \
    "$ANET" "${address[pattern]}" <&"$never"
  [ "$status" -eq 141 ]
  [ "${#lines[@]}" -eq 1 ]
  [ -z "$stderr" ]
}

# --- probes ---

@test "--ping measures each probe and sums them up" {
  echo_server -v
  run --separate-stderr anet echo -c "${address[echo]}" --ping 20
  [ "$status" -eq 0 ]
  [ -z "$stderr" ]
  [ "${#lines[@]}" -eq 21 ]
  printf '%s\n' "${lines[@]}" | "$PYTHON" -c '
import re, sys
*probes, last = sys.stdin.read().splitlines()
times = []
for number, line in enumerate(probes, 1):
    n, ms = re.fullmatch(r"(\d+) (\d+\.\d{3}) ms", line).groups()
    assert int(n) == number, line
    times.append(float(ms))
times.sort()
values = re.fullmatch(r"min/median/p99/max (.*) ms", last).group(1).split("/")
assert [float(v) for v in values] == [times[0], times[9], times[19], times[19]], last
'
  logs echo 'received 1280 sent 1280'
}

@test "--interval waits between probes" {
  echo_server
  local before=${EPOCHREALTIME/[.,]/}
  anet echo -c "${address[echo]}" --ping 4 --interval 100ms
  [ $((${EPOCHREALTIME/[.,]/} - before)) -ge 300000 ]
}

@test "a probe without an answer, with a wrong answer or a lost connection has its own exit code" {
  serve silent peer server silent
  serve other anet echo --reply 'something else, of whatever length that may be, and a few bytes more' 0
  serve cut peer server resets 5
  run --separate-stderr anet echo -c "${address[silent]}" --ping 3 --timeout 200ms
  [ "$status" -eq 28 ]
  [[ $stderr == "anet: echo: probe 1 to ${address[silent]}: "*"timed out" ]]
  run --separate-stderr anet echo -c "${address[other]}" --ping 3
  [ "$status" -eq 56 ]
  [ "$stderr" = "anet: echo: probe 1 to ${address[other]}: the answer differs from the probe" ]
  run --separate-stderr anet echo -c "${address[cut]}" --ping 3
  [ "$status" -eq 56 ]
  [ "${#stderr_lines[@]}" -eq 1 ]
}
