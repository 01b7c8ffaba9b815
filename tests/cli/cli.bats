#!/usr/bin/env bats
# The command line that all commands share: help, options, usage errors, stdout.

bats_require_minimum_version 1.5.0
load ../lib/cli_helpers

# --- help ---

@test "anet alone shows short help on stderr and exits 2" {
  run --separate-stderr anet
  [ "$status" -eq 2 ]
  [ -z "$output" ]
  [ "${stderr_lines[0]}" = "Usage: anet COMMAND [OPTIONS] [OPERANDS]" ]
  [[ $stderr == *"  echo "* ]]
}

@test "anet -h fits on a screen" {
  run --separate-stderr anet -h
  [ "$status" -eq 0 ]
  [ -z "$stderr" ]
  [ "${lines[0]}" = "Usage: anet COMMAND [OPTIONS] [OPERANDS]" ]
  [ "$(anet -h | wc -l)" -le 24 ]
}

@test "anet --help also explains addresses, times, sizes and exit codes" {
  run --separate-stderr anet --help
  [ "$status" -eq 0 ]
  [ -z "$stderr" ]
  [[ $output == *"unix:PATH"* ]]
  [[ $output == *"500ms"* ]]
  [[ $output == *"64K"* ]]
  [[ $output == *"2  wrong usage"* ]]
}

@test "anet help says the same as anet --help" {
  [ "$(anet help)" = "$(anet --help)" ]
  [ "$(anet help help)" = "$(anet --help)" ]
}

@test "anet help COMMAND says the same as anet COMMAND --help, for every command" {
  [ -n "$(commands)" ]
  for name in $(commands); do
    run --separate-stderr anet help "$name"
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    [ "$output" = "$(anet "$name" --help)" ]
    [ "$output" = "$(anet --help "$name")" ]
  done
}

@test "the help of a command has its usage, options and exit codes" {
  for name in $(commands); do
    run anet "$name" --help
    [[ $output == "anet $name: "* ]]
    [[ $output == *$'\n'"Usage: anet $name "* ]]
    [[ $output == *"  -h, --help  "* ]]
    [[ $output == *"Exit codes:"*"  0  "*done* ]]
  done
}

@test "-h of a command is shorter than --help and still names every option" {
  for name in $(commands); do
    run anet "$name" -h
    [ "$status" -eq 0 ]
    [ "${#output}" -lt "$(anet "$name" --help | wc -c)" ]
    for option in $(anet complete -- "$name" -- | sed -n 's/^\(--[a-z0-9-]*\).*/\1/p'); do
      grep -q -e "$option\b" <<<"$output" || show "$option is not in the help of $name"
    done
  done
}

@test "--help wins wherever it stands before the first mistake" {
  run --separate-stderr anet echo 0 --once --help --no-such-thing
  [ "$status" -eq 0 ]
  [ "$output" = "$(anet echo --help)" ]
}

@test "-h may share its dash with other flags" {
  [ "$(anet echo -qh)" = "$(anet echo -h)" ]
}

@test "the help shows a default" {
  run anet echo --help
  [[ $output == *"--idle-timeout TIME"*"(default 5m)"* ]]
  [[ $output == *"--log-format=text|json"*"(default text)"* ]]
}

@test "help is at most 80 columns wide, or as wide as COLUMNS says, up to 100" {
  for name in $(commands); do
    [ "$(anet "$name" --help | wc -L)" -le 80 ]
    [ "$(COLUMNS=60 anet "$name" --help | wc -L)" -le 60 ]
    [ "$(COLUMNS=300 anet "$name" --help | wc -L)" -le 100 ]
  done
  [ "$(COLUMNS=300 anet echo --help | wc -L)" -gt 80 ]
}

@test "help follows the width of the terminal" {
  command -v script || skip "no script(1)"
  script -qec "stty cols 60 && '$ANET' echo --help" /dev/null </dev/null >"$BATS_TEST_TMPDIR/help"
  grep -q -- --idle-timeout "$BATS_TEST_TMPDIR/help"
  [ "$(tr -d '\r' <"$BATS_TEST_TMPDIR/help" | wc -L)" -le 60 ]
}

@test "help for something that is not a command is refused" {
  refuses "anet: unknown command 'ecko'" "did you mean echo?" help ecko
  refuses "anet: unknown option --quiet" "try 'anet --help'" help --quiet
}

@test "help for two commands at once is refused" {
  refuses "anet: help: takes one command, not also daytime" "try 'anet --help'" \
    help echo daytime
}

@test "--version says the version and what it was built with" {
  run --separate-stderr anet --version
  [ "$status" -eq 0 ]
  [ -z "$stderr" ]
  [ "${#lines[@]}" -eq 2 ]
  [[ ${lines[0]} =~ ^"anet "[0-9]+\.[0-9]+\.[0-9]+$ ]]
  [[ ${lines[1]} =~ ^"libuv "[0-9.]+", " ]]
}

@test "the manual pages are clean roff and hold every option" {
  command -v groff || skip "no groff"
  for name in "" $(commands); do
    anet help --man ${name:+"$name"} >"$BATS_TEST_TMPDIR/page.1"
    run groff -man -Tutf8 -ww -z "$BATS_TEST_TMPDIR/page.1"
    [ "$status" -eq 0 ]
    [ -z "$output" ]
    text=$(groff -man -Tascii -P-cbou "$BATS_TEST_TMPDIR/page.1")
    grep -qx NAME <<<"$text"
    [ -n "$name" ] || continue
    for option in $(anet complete -- "$name" -- | sed -n 's/^\(--[a-z0-9-]*\).*/\1/p'); do
      grep -q -e "$option\b" <<<"$text" || show "$option is not in the manual of $name"
    done
  done
}

@test "the manual page of one build date is always the same" {
  export SOURCE_DATE_EPOCH=86400
  run anet help --man echo
  [[ ${lines[0]} == '.TH ANET-ECHO 1 1970-01-02 "anet '* ]]
}

# --- mistakes ---

@test "a mistyped command gets a suggestion" {
  refuses "anet: unknown command 'ehco'" "did you mean echo?" ehco
  refuses "anet: unknown command 'forwrad'" "did you mean forward?" forwrad
  refuses "anet: unknown command 'day'" "did you mean daytime?" day
  refuses "anet: unknown command 'hlep'" "did you mean help?" hlep
}

@test "an unknown command without a near one gets a hint at the help" {
  refuses "anet: unknown command 'xyzzy'" "try 'anet --help'" xyzzy
  refuses "anet: unknown command ''" "try 'anet --help'" ""
}

@test "a mistyped option gets a suggestion" {
  refuses "anet: echo: unknown option --qiet" "did you mean --quiet?" echo --qiet
  refuses "anet: echo: unknown option --max_conns" "did you mean --max-conns?" echo --max_conns=3
  refuses "anet: echo: unknown option --idletimeout" "did you mean --idle-timeout?" \
    echo --idletimeout 5s
}

@test "a long option with one dash gets a suggestion" {
  refuses "anet: echo: unknown option -o" "did you mean --once?" echo -once
}

@test "an unknown option without a near one gets a hint at the help" {
  refuses "anet: echo: unknown option --frobnicate" "try 'anet echo --help'" echo --frobnicate
  refuses "anet: forward: unknown option -Z" "try 'anet forward --help'" forward -qZ
}

@test "a command's option is refused before the command" {
  refuses "anet: unknown option -q" "try 'anet --help'" -q echo
  refuses "anet: unknown option --verison" "did you mean --version?" --verison
}

@test "a long option is not abbreviated" {
  refuses "anet: echo: unknown option --onc" "did you mean --once?" echo --onc
  refuses "anet: echo: unknown option --max" "did you mean --max-conns?" echo --max 3
}

@test "what looks like a negative number is an option" {
  refuses "anet: echo: unknown option -5" "try 'anet echo --help'" echo -5
}

@test "a letter beyond ASCII is shown whole" {
  refuses "anet: echo: unknown option -é" "try 'anet echo --help'" echo -qé
}

@test "nothing typed reaches the terminal unescaped" {
  refuses "anet: unknown command '\\x1b[31m\\x9b\\n'" "try 'anet --help'" $'\e[31m\x9b\n'
  refuses "anet: echo: unknown option --\\x07" "try 'anet echo --help'" echo $'--\a'
}

# --- values ---

@test "a value follows = or comes as the next word" {
  reads echo --max-conns 5
  reads echo --max-conns=5
  reads echo --log-format json
  reads echo --log-format=json
}

@test "a value may follow its letter at once or as the next word" {
  reads echo -c 127.0.0.1:1
  reads echo -c127.0.0.1:1
  reads echo -qc 127.0.0.1:1
  reads echo -qvc127.0.0.1:1
}

@test "flags may share a dash" {
  reads echo -qv
  reads echo -vvq
}

@test "a value may look like an option, or be empty" {
  reads echo --greet --once
  reads echo --greet=--once
  reads echo --greet -- --quiet
  reads echo --greet=
  reads echo --greet ""
}

@test "options and operands come in any order, and the last value of an option counts" {
  local nowhere=unix:$BATS_TEST_TMPDIR/none/socket
  run --separate-stderr anet echo --log-format=json "$nowhere" --log-format=text
  [ "$status" -eq 1 ]
  [[ $stderr == "anet: echo: "* ]]
  run --separate-stderr anet echo --log-format text "$nowhere" --log-format json
  [ "$status" -eq 1 ]
  [[ $stderr == "{"* ]]
}

@test "-- ends the options" {
  run --separate-stderr anet echo -- --once
  [ "$status" -eq 2 ]
  [[ $stderr == *--once* ]]
  [[ $stderr != *"unknown option"* ]]
}

@test "a dash alone is an operand" {
  run --separate-stderr anet echo -
  [ "$status" -eq 2 ]
  [[ $stderr != *"unknown option"* ]]
}

@test "an option without its value is refused" {
  refuses "anet: echo: --max-conns N: the value is missing" "try 'anet echo --help'" \
    echo --max-conns
  refuses "anet: echo: -c ADDR: the value is missing" "try 'anet echo --help'" echo -qc
}

@test "a flag with a value is refused" {
  refuses "anet: echo: --once: takes no value, but was given yes" "try 'anet echo --help'" \
    echo --once=yes
  refuses "anet: echo: --once: takes no value, but was given an empty one" \
    "try 'anet echo --help'" echo --once=
  refuses "anet: echo: -q: takes no value, but was given 1" "try 'anet echo --help'" echo -q=1
  refuses "anet: echo: --help: takes no value, but was given me" "try 'anet echo --help'" \
    echo --help=me
}

@test "a malformed number is refused" {
  for text in x 5x 0x10 "" " 5" 5.0 +5 -5; do
    refuses "anet: echo: --max-conns ${text:-''}: not a number" "try 'anet echo --help'" \
      echo --max-conns="$text"
  done
}

@test "a number out of range is refused" {
  for text in 0 99999999999999999999; do
    run --separate-stderr anet echo --ping "$text"
    [ "$status" -eq 2 ]
    [[ ${stderr_lines[0]} == "anet: echo: --ping $text: out of range, 1 to "* ]]
    [ "${stderr_lines[1]}" = "try 'anet echo --help'" ]
  done
}

@test "times have units and decimals, and may be 0" {
  for text in 500ms 10s 10 5m 1h 0 0s 0.5s 1.5m 0.25 0.000000000001s; do
    reads echo --idle-timeout "$text"
  done
}

@test "a malformed time is refused" {
  for text in x s 5x -5 +5 "" 5. .5s 5.s 1s5 "5 s" 5S 1d 1e3 5ms5; do
    refuses "anet: echo: --idle-timeout ${text:-''}: not a time such as 500ms, 10s, 5m or 1h" \
      "try 'anet echo --help'" echo --idle-timeout "$text"
  done
}

@test "a time too long to count is refused" {
  for text in 99999999999999999999 9999999999999999h 18446744073709551616ms; do
    refuses "anet: echo: --grace $text: too large" "try 'anet echo --help'" echo --grace "$text"
  done
}

@test "an unknown choice is refused, with a suggestion" {
  refuses "anet: echo: --log-format xml: not one of text, json" "try 'anet echo --help'" \
    echo --log-format xml
  refuses "anet: echo: --log-format '': not one of text, json" "try 'anet echo --help'" \
    echo --log-format=
  refuses "anet: echo: --log-format jsno: not one of text, json" "did you mean json?" \
    echo --log-format=jsno
}

# --- options that do not go together ---

@test "a client refuses options that only a server uses" {
  local option
  for option in --max-conns=1 --grace=1s --once --idle-timeout=5m; do
    for name in echo daytime; do
      refuses "anet: $name: --connect does not go with ${option%=*}" "try 'anet $name --help'" \
        "$name" -c 1 "$option"
    done
  done
  refuses "anet: echo: --connect does not go with --greet" "try 'anet echo --help'" \
    echo --greet hello -c 1
  refuses "anet: daytime: --connect does not go with --utc" "try 'anet daytime --help'" \
    daytime --utc -c 1
}

# --- stdout and the descriptors ---

@test "a full disk under stdout is an error, exit 23" {
  [ -w /dev/full ] || skip "no /dev/full"
  run --separate-stderr bash -c '"$ANET" echo --help >/dev/full'
  [ "$status" -eq 23 ]
  [ "$stderr" = "anet: echo: write stdout: no space left on device" ]
  run --separate-stderr bash -c '"$ANET" --version >/dev/full'
  [ "$status" -eq 23 ]
  [ "$stderr" = "anet: write stdout: no space left on device" ]
}

@test "a closed stdout is an error for a command that writes" {
  run --separate-stderr bash -c '"$ANET" --version >&-'
  [ "$status" -eq 23 ]
  [ "$stderr" = "anet: write stdout: bad file descriptor" ]
}

@test "a closed stdout does not matter to a command that writes nothing" {
  run --separate-stderr bash -c '"$ANET" echo --frobnicate >&-'
  [ "$status" -eq 2 ]
  [ "${stderr_lines[0]}" = "anet: echo: unknown option --frobnicate" ]
}

@test "a closed stdin or stderr does no harm" {
  run bash -c '"$ANET" --version <&- 2>&-'
  [ "$status" -eq 0 ]
  run bash -c '"$ANET" --frobnicate <&- 2>&-'
  [ "$status" -eq 2 ]
  [ -z "$output" ]
}

@test "a reader of stdout that has gone ends the program by SIGPIPE, without a message" {
  mkfifo "$BATS_TEST_TMPDIR/pipe"
  run --separate-stderr bash -c '
    exec 3<>"$1" 4>"$1" 3>&-
    "$ANET" help --man echo >&4' - "$BATS_TEST_TMPDIR/pipe"
  [ "$status" -eq 141 ]
  [ -z "$stderr" ]
}
