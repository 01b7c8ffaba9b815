#!/usr/bin/env bats
# Peers, readers and operators on a bad day: faults that happened, or nearly did.
# shellcheck disable=SC2034,SC2154 # an open descriptor need not be used; load sets

bats_require_minimum_version 1.5.0
load ../lib/helpers

# A pipe for stdout that nobody reads yet; ${reader} reads from it.
resting_reader() {
  mkfifo "$T/pipe"
  exec {reader}<>"$T/pipe"
}

@test "many clients that talk at once do not end a server whose dump nobody reads" {
  resting_reader
  OUTPUT=$T/pipe start echo anet echo -q --discard --dump=hex 0
  read -rt 10 where <&"$reader"
  "$PYTHON" - "$where" <<'PY'
import socket, sys
host, port = sys.argv[1].rsplit(":", 1)
socks = [socket.create_connection((host, int(port))) for _ in range(300)]
for sock in socks:
    sock.settimeout(0.05)
    try:
        sock.sendall(b"x" * 65536)
    except TimeoutError:
        pass
PY
  all_accepted() {
    tell USR1 echo
    grep -qE 'counters open [0-9]+ accepted 300' "$T/echo.err"
  }
  within 10 all_accepted || show "$(tail -n 1 "$T/echo.err")"
  not gone "${pid[echo]}"
}

@test "a dump that nobody reads does not keep the server from stopping" {
  resting_reader
  OUTPUT=$T/pipe start echo anet echo -q --discard --dump=raw --grace 200ms 0
  read -rt 10 where <&"$reader"
  start client peer client pushes "$where" 400000000
  within 30 grep -q 'blocked after' "$T/client.out"
  kill -KILL "${pid[client]}"
  tell TERM echo
  ends echo 10
  [ "$status" -eq 0 ]
}

@test "data that a client sent before its reset is in the dump" {
  resting_reader
  OUTPUT=$T/pipe start echo anet echo -v --discard --dump=raw --once 0
  read -rt 10 where <&"$reader"
  "$PYTHON" - "$where" <<'PY'
import socket, struct, sys
host, port = sys.argv[1].rsplit(":", 1)
sock = socket.create_connection((host, int(port)))
sock.sendall(b"x" * 500000)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
PY
  logs echo 'ended from .* received [0-9]+ '
  local received
  received=$(sed -n 's/.* received \([0-9]*\) .*/\1/p' "$T/echo.err")
  [ "$received" -gt 0 ]
  [ "$(timeout 10 head -c "$received" <&"$reader" | wc -c)" -eq "$received" ]
  ends echo 10
  [ "$status" -eq 56 ]
}

@test "the whole answer of a unix target that has already gone is delivered" {
  cat >"$T/answers.py" <<'PY'
import socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
print("unix:" + sys.argv[1], flush=True)
sock, _ = listener.accept()
sock.recv(1)
sock.sendall(b"y" * 3000000)
sock.close()
PY
  serve target "$PYTHON" "$T/answers.py" "$T/socket"
  serve front anet forward -q 0 "${address[target]}"
  run "$PYTHON" - "${address[front]}" <<'PY'
import socket, sys
host, port = sys.argv[1].rsplit(":", 1)
sock = socket.socket()
sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
sock.connect((host, int(port)))
sock.settimeout(20)
sock.sendall(b"?")
count = len(sock.recv(1000))
for _ in range(3):
    sock.sendall(b"more")
while data := sock.recv(65536):
    count += len(data)
print(count)
PY
  [ "$output" = 3000000 ] || show "$output"
}

@test "--max-conns counts the connections of all listeners together" {
  serve echo anet echo -q --max-conns 1 0 0 0
  within 10 test "$(wc -l <"$T/echo.out")" -eq 3
  mapfile -t listening <"$T/echo.out"
  "$PYTHON" - "${listening[@]}" <<'PY'
import socket, sys
socks = []
for where in sys.argv[1:]:
    host, port = where.rsplit(":", 1)
    socks.append(socket.create_connection((host, int(port))))
for sock in socks:
    sock.sendall(b"hello")
answered = 0
for sock in socks:
    sock.settimeout(5)
    answered += sock.recv(10) == b"hello"
    sock.close()
assert answered == 3, answered
PY
  tell USR1 echo
  logs echo 'counters '
}

@test "no more than --max-conns are open at once on several listeners" {
  serve echo anet echo -q --max-conns 1 0 0 0
  start one socat -u "TCP:$(line_of echo 1)" -
  start two socat -u "TCP:$(line_of echo 2)" -
  start three socat -u "TCP:$(line_of echo 3)" -
  accepted() { tell USR1 echo; grep -q 'counters open 1 accepted 1 ' "$T/echo.err"; }
  within 10 accepted
  not grep -qE 'counters open [23]' "$T/echo.err"
}

@test "the reader of the client's stdout sees its end while stdin is still open" {
  serve target peer server greet bye
  mkfifo "$T/in" "$T/out"
  exec {input}<>"$T/in"
  start reader bash -c 'cat "$1" >"$2" && touch "$3"' - "$T/out" "$T/read" "$T/ended"
  INPUT=$T/in OUTPUT=$T/out start client anet echo -c "${address[target]}"
  within 10 test -e "$T/ended"
  grep -q bye "$T/read"
  not gone "${pid[client]}"
}

@test "a client lost while the target stalls is dropped after --half-close-timeout" {
  serve target peer server stalls
  serve front anet forward -v --half-close-timeout 300ms 0 "${address[target]}"
  "$PYTHON" - "${address[front]}" <<'PY'
import socket, struct, sys
host, port = sys.argv[1].rsplit(":", 1)
sock = socket.create_connection((host, int(port)))
sock.settimeout(0.5)
try:
    while True:
        sock.sendall(b"x" * 65536)
except TimeoutError:
    pass
sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
PY
  logs front 'ended from .* reason half-close timeout'
}

@test "a forwarder whose target is itself comes to rest at its limit" {
  serve front anet forward -q --max-conns 20 --connect-timeout 1s 0 unix:"$T/loop" unix:"$T/loop" "unix:$T/loop"
  INPUT=$T/never start client anet echo -c "${address[front]}"
  at_its_limit() {
    tell USR1 front
    grep -q 'counters open 20 ' "$T/front.err"
  }
  within 10 at_its_limit || show "$(cat "$T/front.err")"
  rests front
  not gone "${pid[front]}"
}

# COMMAND...: runs with a stdout that does not block and has no room, which is read when it has had
# time to notice, and prints what it wrote.
into_a_full_pipe() {
  "$PYTHON" - "$@" <<'PY'
import os, subprocess, sys
reader, writer = os.pipe()
os.set_blocking(writer, False)
filled = 0
try:
    while True:
        filled += os.write(writer, b"x" * 4096)
except BlockingIOError:
    pass
process = subprocess.Popen(sys.argv[1:], stdout=writer)
os.close(writer)
try:
    process.wait(0.3)
except subprocess.TimeoutExpired:
    pass
data = b""
while more := os.read(reader, 65536):
    data += more
sys.stdout.buffer.write(data[filled:])
sys.exit(process.wait())
PY
}

@test "a stdout that does not block, such as one that ssh shares, is waited for" {
  serve time anet daytime 0
  into_a_full_pipe "$ANET" fetch --help >"$T/help"
  anet fetch --help | cmp - "$T/help"
  into_a_full_pipe "$ANET" daytime -c "${address[time]}" >"$T/time"
  [ "$(wc -l <"$T/time")" -eq 1 ]
}
