#!/usr/bin/env bats
# shellcheck disable=SC2154 # helpers.bash sets them
# What the client of `anet echo` can be told: what to read, how long to wait, and how to end.

bats_require_minimum_version 1.5.0

load ../lib/helpers

# LINES: a server that sends so many lines and loses interest in clients that end their side.
feed() {
  serve feed peer server drops-half-closers "$1"
}

@test "--no-half-close gets all lines of a server that drops a client which has ended" {
  feed 10
  [ "$(anet echo -c "${address[feed]}" </dev/null | wc -l)" -lt 10 ]
  for input in /dev/null <(echo hello) <(:); do
    [ "$(anet echo -c "${address[feed]}" --no-half-close <"$input" | wc -l)" -eq 10 ] || show "$input"
  done
}

@test "--receive-only prints what comes, whatever stdin is" {
  feed 10
  [ "$(anet echo -c "${address[feed]}" --receive-only </dev/null | wc -l)" -eq 10 ]
  [ "$(anet echo -c "${address[feed]}" --receive-only <&- | wc -l)" -eq 10 ]
  [ "$(anet echo -c "${address[feed]}" --receive-only <&"$never" | wc -l)" -eq 10 ]
  (
    anet echo -c "${address[feed]}" --receive-only >"$T/feed"
    cat
  ) <<<"not read" >"$T/rest"
  [ "$(wc -l <"$T/feed")" -eq 10 ]
  [ "$(cat "$T/rest")" = "not read" ]
}

@test "--receive-only sends nothing, and tells of a reset" {
  serve quiet peer server observe
  run timeout -s TERM 0.3 "$ANET" echo -c "${address[quiet]}" --receive-only <<<hello
  [ "$status" -eq 124 ]
  prints quiet '^0 end$'
  serve cut peer server resets-at-once 100000
  run --separate-stderr anet echo -c "${address[cut]}" --receive-only
  [ "$status" -eq 56 ]
}

@test "--linger ends the client so long after the end of stdin, exit 0" {
  serve pattern anet echo --greet here --discard 0
  serve silent peer server silent
  for option in "" --no-half-close; do
    before=${EPOCHREALTIME/[.,]/}
    # shellcheck disable=SC2086
    run anet echo -c "${address[silent]}" --linger 300ms $option <<<hello
    [ "$status" -eq 0 ]
    [ $((${EPOCHREALTIME/[.,]/} - before)) -ge 300000 ]
  done
  run anet echo -c "${address[pattern]}" --no-half-close --linger 300ms <<<hello
  [ "$status" -eq 0 ]
  [ "$output" = here ]
}

@test "--linger counts from the last byte that the server has taken" {
  serve stalls peer server stalls
  bytes=10000000
  INPUT=<(head -c $bytes /dev/zero) start client anet echo -c "${address[stalls]}" --linger 100ms
  read -rt 0.5 _ <&"$never" || true
  not gone "${pid[client]}"
  tell USR1 stalls
  ends client 10
  [ "$status" -eq 0 ]
  prints stalls "^$bytes "
}

@test "a server that ends before --linger is over ends the client" {
  serve echo anet echo 0
  run anet echo -c "${address[echo]}" --linger 1h <<<hello
  [ "$status" -eq 0 ]
  [ "$output" = hello ]
}

@test "--stall-timeout gives up after so long without a byte either way, exit 28" {
  serve silent peer server silent
  run --separate-stderr anet echo -c "${address[silent]}" --stall-timeout 300ms <&"$never"
  [ "$status" -eq 28 ]
  [ -z "$output" ]
  [ "$stderr" = "anet: echo: receive from ${address[silent]}: timed out: no data for 0.3 s" ]
}

@test "--stall-timeout does not end a connection on which something moves" {
  serve drip peer server echo
  (for _ in {1..8}; do
    echo line
    sleep 0.1
  done) | anet echo -c "${address[drip]}" --stall-timeout 600ms >"$T/lines"
  [ "$(wc -l <"$T/lines")" -eq 8 ]
}

@test "options that make no sense together are refused by name" {
  refused() {
    run --separate-stderr anet echo "${@:2}"
    [ "$status" -eq 2 ] || show "${*:2}: $status"
    [ "${stderr_lines[0]}" = "anet: echo: $1" ] || show "$stderr"
  }
  refused "--receive-only needs --connect ADDR" --receive-only
  refused "--no-half-close needs --connect ADDR" --no-half-close 0
  refused "--linger needs --connect ADDR" --linger 2s
  refused "--stall-timeout needs --connect ADDR" --stall-timeout 2s
  refused "--ping does not go with --receive-only" -c 1 --ping 1 --receive-only
  refused "--ping does not go with --linger" -c 1 --ping 1 --linger 1s
  refused "--receive-only does not go with --linger: stdin is not read" \
    -c 1 --receive-only --linger 1s
  refused "--receive-only does not go with --no-half-close: stdin is not read" \
    -c 1 --receive-only --no-half-close
}

@test "the help names the option for a server that dislikes half-close" {
  run anet echo --help
  [[ $output == *"--no-half-close"*"--no-half-close"* ]]
}

# --- stdin and stdout are one socket ---

@test "with one socket as stdin and stdout the server's end and its reset are passed on" {
  serve greet peer server early 1000
  serve cut peer server resets 5
  run "$PYTHON" - "$ANET" "${address[greet]}" "${address[cut]}" <<'END'
import socket, subprocess, sys
anet, greet, cut = sys.argv[1:]

def pair(family):
    if family == socket.AF_UNIX:
        return socket.socketpair()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ours = socket.create_connection(listener.getsockname())
        return ours, listener.accept()[0]

def run(family, server):
    ours, theirs = pair(family)
    ours.settimeout(10)
    client = subprocess.Popen([anet, "echo", "-c", server], stdin=theirs, stdout=theirs)
    theirs.close()
    return ours, client

def read(sock):
    total = 0
    while data := sock.recv(65536):
        total += len(data)
    return total

for family in socket.AF_INET, socket.AF_UNIX:
    ours, client = run(family, greet)
    print(read(ours), client.poll())   # the end came while the client still runs
    ours.sendall(b"rest")
    ours.shutdown(socket.SHUT_WR)
    print(client.wait(10))
ours, client = run(socket.AF_INET, cut)
ours.sendall(b"x")
try:
    print(read(ours), "end")
except ConnectionResetError:
    print("reset")
print(client.wait(10))
END
  [ "$status" -eq 0 ] || show "$output"
  [ "$(tail -n +1 <<<"$output" | grep -v '^anet:')" = $'1000 None\n0\n1000 None\n0\nreset\n56' ] ||
    show "$output"
  prints greet '^4 .* end$'
}

@test "a socket that is stdout alone is left open for others that write to it" {
  serve greet peer server greet here
  run "$PYTHON" - "$ANET" "${address[greet]}" <<'END'
import socket, subprocess, sys
ours, theirs = socket.socketpair()
ours.settimeout(10)
subprocess.run([*sys.argv[1:2], "echo", "-c", sys.argv[2]], stdin=subprocess.DEVNULL, stdout=theirs)
theirs.sendall(b"there\n")
theirs.close()
print(ours.makefile().read(), end="")
END
  [ "$output" = $'here\nthere' ]
}

# --- what a probe prints ---

@test "--ping waits for a stdout that does not block and is full" {
  serve echo anet echo 0
  run "$PYTHON" - "$ANET" "${address[echo]}" <<'END'
import os, subprocess, sys, time
r, w = os.pipe()
os.set_blocking(w, False)
client = subprocess.Popen([sys.argv[1], "echo", "-c", sys.argv[2], "--ping", "20000"], stdout=w)
try:
    while True:
        os.write(w, b"0 fill\n" * 100)
except BlockingIOError:
    pass
time.sleep(0.3)
os.close(w)
lines = [line for line in os.fdopen(r) if not line.startswith("0 fill")]
print(client.wait(10), len([line for line in lines if line.endswith(" ms\n")]))
END
  [ "$output" = "0 20001" ] || show "$output"
}
