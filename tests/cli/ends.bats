#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # eval is meant, each test is a function, helpers.bash sets them
# What did not happen does not look as if it had: connections that were never made, resets, and streams
# that were cut.

bats_require_minimum_version 1.5.0

load ../lib/helpers

# COMMAND...: it fails with exit code 28 and one line that names the server, and prints nothing.
times_out() {
  run --separate-stderr anet "$@" <<<hello
  [ "$status" -eq 28 ] || show "$1: $status" "$stderr"
  [ -z "$output" ]
  [ "${#stderr_lines[@]}" -eq 1 ] || show "$stderr"
  [[ ${stderr_lines[0]} == "anet: $1: connect unix:$T/full: "*"timed out" ]] || show "$stderr"
}

# --- a server with no place in its backlog ---

@test "a unix server whose backlog stays full is given up after --connect-timeout, exit 28" {
  serve full peer server full "unix:$T/full"
  times_out echo -c "unix:$T/full" --connect-timeout 200ms
  times_out echo -c "unix:$T/full" --connect-timeout 200ms --ping 3
  times_out daytime -c "unix:$T/full" --timeout 200ms
  times_out chat -c "unix:$T/full" --connect-timeout 200ms
  run --separate-stderr anet fetch --connect-timeout 200ms --unix-socket "$T/full" http://x/
  [ "$status" -eq 28 ]
  [ -z "$output" ]
}

@test "a unix server whose backlog is full for a moment is waited for" {
  serve full peer server full "unix:$T/full"
  INPUT=<(echo hello) start echo anet echo -c "unix:$T/full"
  INPUT=<(echo hello) start ping anet echo -c "unix:$T/full" --ping 2
  read -rt 0.3 _ <&"$never" || true
  not gone "${pid[echo]}"
  not gone "${pid[ping]}"
  tell USR1 full
  ends echo 10
  [ "$status" -eq 0 ]
  [ "$(cat "$T/echo.out")" = hello ]
  ends ping 10
  [ "$status" -eq 0 ]
  prints ping '^min/median/p99/max'
}

@test "20 clients that wait for a place in a backlog are all served" {
  serve full peer server full "unix:$T/full"
  for i in {1..20}; do
    INPUT=<(echo "$i") start "client$i" anet echo -c "unix:$T/full"
  done
  tell USR1 full
  for i in {1..20}; do
    ends "client$i" 10
    [ "$status" -eq 0 ]
    [ "$(cat "$T/client$i.out")" = "$i" ] || show "$i: $(cat "$T/client$i.out")"
  done
}

# --- a server that cannot be reached ---

@test "whatever an address cannot be connected for is exit 7, with the reason" {
  : >"$T/plain"
  ln -s loop "$T/loop"
  "$PYTHON" -c 'import socket, sys; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).bind(sys.argv[1])' \
    "$T/datagrams"
  for address in "unix:$T/plain/x" "unix:$T/plain" "unix:$T/loop" "unix:$T/datagrams" "[fe80::1]:80"; do
    [[ $address != "["* ]] || has_ipv6 || continue
    for client in "echo -c" "echo --ping 1 -c" "daytime -c" "chat -c" "forward --once 0"; do
      # shellcheck disable=SC2086
      set -- $client "$address"
      if [ "$1" = forward ]; then
        serve front anet "$@"
        peer client observe "${address[front]}"
        ends front 10
        stderr=$(cat "$T/front.err")
      else
        run --separate-stderr anet "$@" </dev/null
      fi
      [ "$status" -eq 7 ] || show "$*: $status" "$stderr"
      [[ $stderr == "anet: $1: connect $address: "* ]] || show "$stderr"
      [[ $stderr != *[Uu]nknown* ]]
    done
  done
}

# --- a reset after the end ---

# Whether some socket still has a server that has closed for its peer.
half_closed() {
  awk -v port="$(printf ':%04X$' "$(port_of server)")" \
    '$3 ~ port && $4 == "08" {found = 1} END {exit !found}' /proc/net/tcp
}

# ADDRESS: a client that sends once the server has closed, and ends once that was answered with a
# reset.
sends_too_late() {
  mkfifo "$T/stdin"
  INPUT=$T/stdin start client anet echo -c "$1"
  exec {hold}>"$T/stdin"
  prints client '^bye$'
  within 10 half_closed
  echo data >&"$hold"
  within 10 not half_closed
  exec {hold}>&-
}

@test "a server that ended and then resets what it is sent is exit 56" {
  serve server peer server ends-first 0
  sends_too_late "${address[server]}"
  ends client 10
  [ "$status" -eq 56 ]
  logs client "^anet: echo: receive from ${address[server]}: "
}

@test "a forwarded client that sends to a target that has closed is reset, and the log says so" {
  serve server peer server ends-first 0
  serve front anet forward -v --once 0 "${address[server]}"
  sends_too_late "${address[front]}"
  ends front 10
  [ "$status" -eq 56 ]
  grep -q 'reason target: ' "$T/front.err"
}

# --- what is cut ---

@test "an echo server resets a connection that it cuts as idle" {
  serve echo anet echo --idle-timeout 200ms 0
  run peer client asks "${address[echo]}"
  [ "${lines[0]}" = hello ]
  [ "${lines[1]}" = reset ]
}

@test "every server resets what it cuts when its grace is over, and at the second signal" {
  serve target peer server silent
  for server in "echo --chargen" "echo" "forward"; do
    # shellcheck disable=SC2086
    for how in TERM "TERM INT"; do
      name=${server//[ -]/}${how//[ -]/}
      set -- $server 0
      [ "$server" != forward ] || set -- "$@" "${address[target]}"
      grace=1m
      [ "$how" != TERM ] || grace=100ms
      serve "$name" anet "$@" --grace "$grace"
      start "client$name" peer client holds "${address[$name]}"
      prints "client$name" connected
      for signal in $how; do
        tell "$signal" "$name"
        logs "$name" stopping
      done
      ends "$name" 10
      prints "client$name" '^reset after' || show "$server: $how"
    done
  done
}

@test "--idle-timeout of forward resets both sides" {
  serve target peer server observe
  serve front anet forward --idle-timeout 200ms 0 "${address[target]}"
  run peer client observe "${address[front]}"
  [[ $output == "0 "*" reset" ]] || show "$output"
  prints target '^1 reset$'
}
