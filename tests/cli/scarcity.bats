#!/usr/bin/env bats
# shellcheck disable=SC2154 # helpers.bash sets them
# What the system refuses: descriptors, threads, memory for its calls. There is always a line that says
# so and an exit code, never a signal and never a hang.

bats_require_minimum_version 1.5.0

load ../lib/helpers

# LIMIT COMMAND...: it fails for want of descriptors, or does what it is for.
has_descriptors() {
  code=0
  (
    exec 3>&- {never}>&-
    ulimit -n "$1"
    exec timeout --foreground -s KILL 10 "$ANET" "${@:2}"
  ) <"$T/input" >"$T/out" 2>"$T/err" || code=$?
  [ "$code" -eq 0 ] || { [[ $code == @(1|23) ]] && grep -q "^anet: $2: .*too many open files" "$T/err"; } ||
    show "$*: $code" "$(cat "$T/err")"
}

@test "whatever the limit of descriptors, there is an answer or a line that says so" {
  serve echo anet echo 0
  serve time anet daytime 0
  echo hello >"$T/input"
  for limit in {4..16}; do
    has_descriptors "$limit" echo -c "${address[echo]}"
    [ "$code" -ne 0 ] || [ "$(cat "$T/out")" = hello ]
    has_descriptors "$limit" echo -c "${address[echo]}" --ping 1
    has_descriptors "$limit" daytime -c "${address[time]}"
    has_descriptors "$limit" chat -c "${address[echo]}" --linger 1ms
  done
  [ "$code" -eq 0 ]
  for limit in 4 5 6; do
    for server in "echo 0" "echo --http 0" "daytime 0" "chat 0" "forward 0 ${address[echo]}" \
      "fetch http://${address[echo]}/"; do
      # shellcheck disable=SC2086
      has_descriptors "$limit" $server
      [ "$code" -eq 1 ]
    done
  done
}

@test "without threads a name is not looked up, and that is said, exit 1" {
  [ "$EUID" -eq 0 ] || skip "only root can be somebody else"
  command -v setpriv prlimit >/dev/null || skip "setpriv or prlimit is missing"
  ! sanitized || skip "a sanitizer has threads of its own"
  local nobody=(setpriv --reuid=65533 --regid=65533 --clear-groups prlimit --nproc=1)
  cp "$ANET" /tmp/anet.$$
  for client in "echo -c" "echo --ping 1 -c" "daytime -c" "chat -c"; do
    # shellcheck disable=SC2086
    run --separate-stderr timeout 10 "${nobody[@]}" /tmp/anet.$$ $client localhost:1 </dev/null
    [ "$status" -eq 1 ] || { rm /tmp/anet.$$; show "$client: $status" "$stderr"; }
    [[ $stderr == "anet: ${client%% *}: resolve localhost: resource temporarily unavailable" ]]
  done
  rm /tmp/anet.$$
}

@test "each system call of a run that fails ends in a line and an exit code, or does no harm" {
  ! sanitized || skip "a sanitizer must be loaded first"
  local shim=${UNIT_TESTS:-$BATS_TEST_DIRNAME/../../build/tests}/fail_call.so
  run peer fail_each "$shim" "$ANET"
  [ "$status" -eq 0 ] || show "$output"
  [ -z "$output" ] || show "$output"
}

@test "a kill with SIGABRT still ends a server by it" {
  serve echo anet echo 0
  tell ABRT echo
  ends echo 10
  [ "$status" -eq 134 ]
}
