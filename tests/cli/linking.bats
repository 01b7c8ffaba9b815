#!/usr/bin/env bats
# What the program is linked with.

bats_require_minimum_version 1.5.0

load ../lib/cli_helpers

@test "no library that is opened on first use is linked in" {
  local program
  for program in "$ANET" "${UNIT_TESTS:=$BATS_TEST_DIRNAME/../../build/tests}/test_digest" "$UNIT_TESTS/test_idn"; do
    run ldd "$program"
    [ "$status" -eq 0 ]
    [[ $output == *libc.so* ]]
    [[ $output != *libz.* && $output != *libcrypto* && $output != *libidn2* && $output != *libedit* ]]
  done
}
