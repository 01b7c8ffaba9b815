#!/usr/bin/env bats
# The rule of arrows: a folder includes only folders below it (core/README.md).

bats_require_minimum_version 1.5.0

setup() {
  top=$BATS_TEST_DIRNAME/../..
  house=$BATS_TEST_TMPDIR/house
  mkdir "$house"
  cp -r "$top/core" "$top/cmd" "$house"
}

# Adds an include to a copy of the tree; it is the only one found.
finds() {
  echo "#include \"$2\"" >>"$house/$1"
  run "$top/tests/lib/arrows" "$house"
  [ "$status" -eq 1 ]
  [ "${#lines[@]}" -eq 1 ]
  [[ ${lines[0]} == "$1:"*": \"$2\": $3" ]]
}

@test "every include of core and cmd points down" {
  "$top/tests/lib/arrows"
}

@test "an include of a higher room of core is found" {
  finds core/base/buffer.c core/event/reactor.h "core/base may not include core/event"
}

@test "a parser that includes a connection is found" {
  finds core/http/message/range.c core/http/server.h "core/http/message may not include core/http"
}

@test "core that includes a command is found" {
  finds core/net/server.h cmd/run/run.h "core/net may not include cmd/run"
}

@test "a command that includes another is found" {
  finds cmd/echo/echo.c cmd/chat/room.h "cmd/echo may not include cmd/chat"
}

@test "the command line that includes the loop is found" {
  finds cmd/cli/help.c core/event/reactor.h "cmd/cli may not include core/event"
}

@test "an include without a folder is found" {
  finds cmd/echo/echo.c dump.h "cmd/echo may not include a file without its folder"
}

@test "a private header is for its own folder only" {
  touch "$house/core/event/any_private.h"
  finds core/net/server.c core/event/any_private.h "it is private to core/event"
}
