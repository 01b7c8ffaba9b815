#!/usr/bin/env bats
# anet beside the Python programs whose work it does: the same client sees the same bytes.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # eval is meant, each test is a function, load sets

bats_require_minimum_version 1.5.0
load helpers

# ORIGINAL... -- ANET...: both serve, as ${address[old]} and ${address[new]}.
both() {
  local old=()
  while [ "$1" != -- ]; do
    old+=("$1")
    shift
  done
  serve old peer originals "${old[@]}"
  serve new anet "${@:2}"
}

# What COMMAND prints is the same with the address of the one and of the other for {}.
same() {
  local which
  for which in old new; do
    "${@/\{\}/${address[$which]}}" >"$T/answer.$which" </dev/null
  done
  cmp "$T/answer.old" "$T/answer.new"
  [ -s "$T/answer.old" ]
}

# What both printed or logged is the same but for whose ports they are.
without_ports() {
  sed -E 's/127\.0\.0\.1:[0-9]+/HOST:PORT/g; s/^anet: [a-z]+: //' "$1"
}

@test "daytime serves the line that the original serves" {
  both daytime -- daytime 0
  # In the same second, that is: one of several tries is.
  same_second() { same socat -T10 -u "TCP:{}" -; }
  within 5 same_second
}

@test "daytime's client shows what the original shows" {
  both daytime -- daytime 0
  for name in old new; do
    same_answer() {
      peer originals ask-time "${address[$name]}" >"$T/old.answer"
      anet daytime -c "${address[$name]}" >"$T/new.answer"
      cmp "$T/old.answer" "$T/new.answer"
    }
    within 5 same_answer
    [ "$(wc -l <"$T/new.answer")" -eq 1 ]
  done
}

@test "echo sends back what the original sends back, and says who came" {
  both echo -- echo 0
  same peer client half-close "{}" 3000000 2
  [ "$(head -n 1 "$T/answer.new")" = "3000000 $(sum_of 3000000 0) end" ]
  within 5 eval '[ "$(wc -l <"$T/new.err")" -eq 2 ]'
  [ "$(without_ports "$T/new.err")" = "$(without_ports <(grep connected "$T/old.err"))" ]
}

@test "echo --reply ok answers on two ports as the select server does" {
  both ok-on-two-ports -- echo --reply ok 0 0
  within 5 test -n "$(line_of new 2)"
  same peer client converses "{}" one two three
  grep -q '^ok$' "$T/answer.new"
  address[old]=$(line_of old 2)
  address[new]=$(line_of new 2)
  same peer client converses "{}" four five
}

@test "echo -c talks to the select server line by line as its client does" {
  serve server peer originals ok-on-two-ports
  converse_with() {
    local name=$1 so_far='' line in
    shift
    mkfifo "$T/in.$name"
    exec {in}<>"$T/in.$name"
    INPUT=$T/in.$name start "$name" "$@" "${address[server]}"
    for line in one two three; do
      echo "$line" >&"$in"
      so_far+=ok
      within 10 eval '[ "$(cat "$T/$name.out")" = "$so_far" ]'
    done
    exec {in}>&-
  }
  converse_with old peer originals converse
  converse_with new anet echo -c
  cmp "$T/old.out" "$T/new.out"
}

@test "echo --greet thanks as the forking and the threading server do" {
  for kind in forking threading; do
    serve old peer originals thanks "$kind"
    serve new anet echo --greet 'Thank you for connecting .' --discard --close 0
    same socat -T10 -u "TCP:{}" -
    [ "$(cat "$T/answer.new")" = 'Thank you for connecting .' ]
    tell KILL old
    tell TERM new
    ends new 10
  done
}

@test "echo --dump=text shows what the select and the poll logger show" {
  for how in select poll; do
    serve old peer originals logger "$how"
    serve new anet echo --dump=text 0
    for name in old new; do
      peer client says "${address[$name]}" 'hello' 'two\nlines\r\n' 'Gr\xc3\xbc\xc3\x9fe'
      prints "$name" disconnected
    done
    # The original has Python's escapes for what is not ASCII.
    [ "$(without_ports "$T/new.out")" = "$(without_ports "$T/old.out" | sed 's/\\xfc/ü/; s/\\xdf/ß/')" ]
    grep -qF ': two\nlines\r\n' "$T/new.out"
    tell KILL old
    tell TERM new
    ends new 10
  done
}

@test "echo --dump=lines shows what the line logger shows" {
  both lines -- echo --dump=lines 0
  for name in old new; do
    peer client says "${address[$name]}" 'one\r\ntw' 'o\r\n' 'Gr\xc3' '\xbc\xc3\x9fe\r\n'
    prints "$name" disconnected
  done
  cmp <(without_ports "$T/new.out") <(without_ports "$T/old.out")
  grep -q ': Grüße$' "$T/new.out"
}

@test "echo --discard only shows, and answers nothing" {
  serve new anet echo --discard --dump=text 0
  run peer client half-close "${address[new]}" 1000 1
  [[ $output == "0 "*" end" ]]
  prints new disconnected
}

@test "forward passes on what the asyncore forwarder passes on, and says from where to where" {
  serve target peer server echo
  both forward "${address[target]}" -- forward 0 "${address[target]}"
  same peer client drip "{}" 200
  same peer client converses "{}" one two three
  [ "$(grep -c "to ${address[target]}$" "$T/new.err")" -eq 2 ]
  [ "$(without_ports "$T/new.err")" = "$(without_ports <(grep connected "$T/old.err"))" ]
}

@test "forward delivers the last bytes, which the asyncore forwarder drops" {
  serve target peer server late 1000011 0
  both forward "${address[target]}" -- forward 0 "${address[target]}"
  run peer client half-close "${address[new]}" 100000 1
  [ "$output" = "1000011 $(sum_of 1000011 1) end" ]
  run peer client half-close "${address[old]}" 100000 1
  [[ $output != "1000011 "* ]]
}
