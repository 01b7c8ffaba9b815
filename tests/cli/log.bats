#!/usr/bin/env bats
# The log, where the reader of stderr is slow, stalled or gone.

load ../lib/serve_helpers
bats_require_minimum_version 1.5.0

# A server whose stderr is a pipe, which $log reads, and $url.
logged() {
  mkfifo "$T/log"
  exec {log}<>"$T/log"
  serve web bash -c 'exec "$@" 2>"$0"' "$T/log" "$ANET" serve -l 0 "$@" "$T/site"
  url=${address[web]%/}
}

# So many requests, each a line of some 2 KB.
ask_often() {
  curl -s --no-buffer --max-time 20 --user-agent "$(printf 'x%.0s' {1..2000})" -o /dev/null "$url/hello.txt?[1-$1]"
}

# Reads 4 KiB each 0.4 s.
slow_reader() {
  while head -c 4096 <&"$log" >>"$T/read"; do
    read -rt 0.4 _ <&"$never" || true
  done &
  pid[reader]=$!
}

# Milliseconds since the system started.
now_ms() {
  local up
  read -r up _ </proc/uptime
  echo "$((10#${up/./} * 10))"
}

@test "answers come at once while the reader of the log is slow" {
  logged
  ask_often 100 # the pipe is full
  slow_reader
  begun=$(now_ms)
  ask_often 100
  spent=$(($(now_ms) - begun))
  [ "$spent" -lt 5000 ] || show "$spent ms" # a line each 0.4 s are 40 s for these
}

# Nothing more goes into the pipe: dd fills it, and fails then.
fill_log() {
  dd if=/dev/zero of="$T/log" bs=4096 oflag=nonblock conv=notrunc status=none || true
}

@test "a line is not waited for while nobody reads the log" {
  local spent=()
  for _ in 1 2 3 4 5; do # the quickest counts: a busy machine may be slow
    rm -f "$T/log"
    logged
    fill_log
    begun=$(now_ms)
    ask_often 3
    spent+=("$(($(now_ms) - begun))")
    tell TERM web
    ends web 10
    exec {log}>&-
    [ "${spent[-1]}" -ge 900 ] || return 0
  done
  show "${spent[@]}"
}

@test "SIGTERM and SIGUSR1 that come while a line waits end a server in order" {
  for signals in "USR1 TERM" "TERM USR1"; do
    rm -f "$T/log"
    logged --grace 3s
    fill_log
    ask_often 1
    read -rt 0.2 _ <&"$never" || true # its line may be waited for now
    for signal in $signals; do
      tell "$signal" web || gone "${pid[web]}"
    done
    ends web 10
    [ "$status" -eq 0 ]
    unset 'pid[web]'
    exec {log}>&-
  done
}

@test "SIGUSR1 that comes while a line waits does not stop a server" {
  logged
  fill_log
  ask_often 1
  read -rt 0.2 _ <&"$never" || true
  tell USR1 web
  [ "$(curl -s --max-time 20 "$url/hello.txt")" = hello ]
}

# The server that says so goes on.
lost() {
  ask_often 1
  grep -qE "$1" "$T/read"
}

@test "how many lines were lost stands in the log, in its form" {
  for format in text json; do
    rm -f "$T/log" "$T/read"
    logged --log-format "$format"
    ask_often 300 # the pipe and the queue are full
    cat <&"$log" >"$T/read" &
    pid[cat]=$!
    case $format in
      text) within 10 lost '^anet: [0-9]+ log lines were lost$' ;;
      json)
        within 10 lost '"event":"lost".*}$'
        "$PYTHON" - "$T/read" <<'END'
import json, sys
lines = open(sys.argv[1]).read().split("\n")  # the last of them may still be on its way
facts = [json.loads(line) for line in lines[:-1]]
lost = [fact["lines"] for fact in facts if fact["event"] == "lost"]
assert len(lost) == 1 and 0 < lost[0] < 300, lost
END
        ;;
    esac
    tell TERM web
    ends web 10
    [ "$status" -eq 0 ]
    kill "${pid[cat]}"
    unset 'pid[web]' 'pid[cat]'
    exec {log}>&-
  done
}

@test "lines that wait at the end are written to a reader that comes within a second" {
  logged
  ask_often 100
  # It sleeps until there is a reader: a busy machine may need the second to start one.
  tell STOP web
  tell TERM web
  cat <&"$log" >"$T/read" &
  pid[cat]=$!
  within 10 test -s "$T/read"
  tell CONT web
  ends web 10
  within 10 eval '[ "$(grep -c "hello.txt" "$T/read")" -eq 100 ]'
}

@test "the reason is said however long the URL is" {
  long=$(printf 'a%.0s' {1..1100})
  for format in text json; do
    run -7 --separate-stderr anet fetch --log-format "$format" "http://127.0.0.1:1/$long"
    [[ $stderr == *"connection refused"* ]] || show "$stderr"
  done
}

@test "stderr stays blocking for those who share it" {
  mkfifo "$T/pipe"
  exec {log}<>"$T/pipe"
  flags() { sed -n 's/^flags:\t*//p' "/proc/$BASHPID/fdinfo/2"; }
  {
    before=$(flags)
    timeout 10 "$ANET" serve -l 0 "$T/site" >"$T/address" &
    within 10 test -s "$T/address"
    read -r url <"$T/address"
    url=${url%/}
    ask_often 100
    [ "$(flags)" = "$before" ]
    kill "$!"
    wait "$!" || true
    [ "$(flags)" = "$before" ]
  } 2>"$T/pipe"
}

@test "a wrong command line is said without a long wait for a stderr that is full" {
  mkfifo "$T/pipe"
  exec {log}<>"$T/pipe"
  dd if=/dev/zero of="$T/pipe" bs=4096 oflag=nonblock conv=notrunc status=none || true
  run -2 timeout 20 "$ANET" fetch --no-such-thing 2>"$T/pipe"
}
