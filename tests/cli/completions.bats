#!/usr/bin/env bats
# Completion: the answers of the binary, then those of real shells: bash, zsh and fish.

bats_require_minimum_version 1.5.0
load ../lib/cli_helpers

setup() {
  scripts=$(realpath "$BATS_TEST_DIRNAME/../../completions")
  mkdir -p "$BATS_TEST_TMPDIR/bin" "$BATS_TEST_TMPDIR/here/folder"
  ln -s "$ANET" "$BATS_TEST_TMPDIR/bin/anet"
  PATH=$BATS_TEST_TMPDIR/bin:$PATH
  HOME=$BATS_TEST_TMPDIR
  cd "$BATS_TEST_TMPDIR/here"
  touch sock1 "two words"
}

teardown() {
  tmux -S "$BATS_TEST_TMPDIR/tmux" kill-server 2>/dev/null || true
}

needs() {
  command -v "$1" >/dev/null || skip "no $1"
}

# The candidates for these words, without descriptions and directive.
offered() {
  anet complete -- "$@" | sed '$d' | cut -f 1
}

# The directive for these words.
directed() {
  anet complete -- "$@" | tail -n 1
}

# --- the binary ---

@test "the first word is a command" {
  [ "$(offered for)" = forward ]
  [ "$(offered "")" = "$(commands; echo help)" ]
  [ "$(directed "")" = ":none" ]
}

@test "candidates come with descriptions" {
  run anet complete -- hel
  [ "${lines[0]}" = $'help\tshow help for anet or for a command' ]
}

@test "anet itself has options" {
  [ "$(offered --)" = $'--help\n--version' ]
}

@test "help takes a command" {
  [ "$(offered help ec)" = echo ]
  [ "$(offered --help ec)" = echo ]
  [ -z "$(offered help echo ec)" ]
}

@test "a dash offers long and short options" {
  offered echo - | grep -qx -e --idle-timeout
  offered echo - | grep -qx -e -q
  offered echo - | grep -qx -e --help
  [ "$(offered echo --idl)" = --idle-timeout ]
  [ -z "$(offered echo -- | grep -v -e ^--)" ]
}

@test "a choice is completed after = and as a word" {
  [ "$(offered echo --log-format=)" = $'--log-format=text\n--log-format=json' ]
  [ "$(offered echo --log-format=j)" = --log-format=json ]
  [ "$(offered echo --log-format "")" = $'text\njson' ]
  [ "$(offered echo --log-format j)" = json ]
}

@test "after a flag, or an option with its value, an operand is next" {
  [ "$(offered echo --once loc)" = localhost: ]
  [ "$(offered echo --log-format=json loc)" = localhost: ]
  [ "$(offered echo --log-format json loc)" = localhost: ]
  [ "$(offered echo -qv loc)" = localhost: ]
}

@test "no space follows an incomplete address" {
  [ "$(directed echo loc)" = ":nospace" ]
  [ "$(offered echo -c loc)" = localhost: ]
  [ "$(offered echo -qc loc)" = localhost: ]
  [ "$(offered echo -cloc)" = -clocalhost: ]
  [ "$(offered echo '--connect=[:')" = '--connect=[::1]:' ]
}

@test "file names follow unix:" {
  [ "$(directed echo unix:/t)" = ":files unix:" ]
  [ "$(directed echo --connect=unix:/t)" = ":files --connect=unix:" ]
}

@test "nothing is offered where nothing is known" {
  [ "$(anet complete -- echo --max-conns "")" = ":none" ]
  [ "$(anet complete -- nosuch "")" = ":none" ]
}

@test "after -- there are no options" {
  [ -z "$(offered echo -- -)" ]
}

@test "no kind of address is offered that a command refuses" {
  local start
  while read -r start; do
    run anet daytime -c "${start}1"
    [ "$status" -ne 2 ] || show "$start"
  done < <(offered echo '' | grep ':$')
  [[ $(anet --help) != *udp:* ]]
}

@test "complete itself stays hidden" {
  [ -z "$(anet --help | grep complete)" ]
  [ -z "$(offered compl)" ]
}

# --- bash ---

# What the function answers when bash has split the line (the first argument) at the breaks of
# COMP_WORDBREAKS into the other arguments.
in_bash() {
  bash --norc -c '
    source "$1/anet.bash"
    COMP_LINE=$2 COMP_POINT=${#2} COMP_WORDS=("${@:3}") COMP_CWORD=$(($# - 3))
    _anet
    ((${#COMPREPLY[@]} == 0)) || printf "%s\n" "${COMPREPLY[@]}"' - "$scripts" "$@"
}

@test "bash completes a command and an option" {
  [ "$(in_bash 'anet forw' anet forw)" = forward ]
  [ "$(in_bash 'anet echo --idle' anet echo --idle)" = --idle-timeout ]
  [ "$(in_bash 'anet echo  -' anet echo -)" = "$(offered echo -)" ]
}

@test "bash replaces only the part after = and :" {
  [ "$(in_bash 'anet echo --log-format=j' anet echo --log-format = j)" = json ]
  [ "$(in_bash 'anet echo --log-format=' anet echo --log-format = '')" = $'text\njson' ]
  [ "$(in_bash 'anet echo --log-format=' anet echo --log-format =)" = $'text\njson' ]
  [ "$(in_bash 'anet echo [::' anet echo [ ::)" = 1]: ]
  [ "$(in_bash 'anet echo --connect=[::' anet echo --connect = [ ::)" = 1]: ]
}

@test "bash replaces the whole word where = and : are no word breaks" {
  run bash --norc -c '
    source "$1/anet.bash"
    COMP_WORDBREAKS=" " COMP_LINE="anet echo --log-format=j" COMP_POINT=24 COMP_CWORD=2
    COMP_WORDS=(anet echo --log-format=j)
    _anet
    printf "%s\n" "${COMPREPLY[@]}"' - "$scripts"
  [ "$output" = --log-format=json ]
}

@test "bash tells a colon that begins a word from one inside" {
  [ "$(in_bash 'anet echo :50 loc' anet echo : 50 loc)" = localhost: ]
  [ -z "$(in_bash 'anet echo --log-format :' anet echo --log-format :)" ]
}

@test "bash completes at the cursor, not at the end of the line" {
  run bash --norc -c '
    source "$1/anet.bash"
    COMP_LINE="anet forwxx 1 2" COMP_POINT=9 COMP_WORDS=(anet forwxx 1 2) COMP_CWORD=1
    _anet
    printf "%s\n" "${COMPREPLY[@]}"' - "$scripts"
  [ "$output" = forward ]
}

@test "bash completes files after unix:" {
  [ "$(in_bash 'anet echo unix:so' anet echo unix : so)" = sock1 ]
  [ "$(in_bash 'anet echo unix:two' anet echo unix : two)" = "two words" ]
}

@test "bash asks the anet that was typed" {
  printf '#!/bin/sh\nprintf "other\\n:none\\n"\n' >other
  chmod +x other
  [ "$(in_bash './other x' ./other x)" = other ]
  mv other ~/other
  [ "$(in_bash '~/other x' '~/other' x)" = other ]
}

@test "bash offers nothing when there is no such anet" {
  [ -z "$(in_bash '/nonexistent/anet e' /nonexistent/anet e)" ]
}

# Waits, within bounds, for a file.
appears() {
  for _ in {1..400}; do
    [ ! -e "$1" ] || return 0
    sleep 0.05
  done
  return 1
}

# The line that an interactive bash has after the keys and a tab, with a bar at its end.
typed_in_bash() {
  local tmux=(tmux -S "$BATS_TEST_TMPDIR/tmux" -f /dev/null)
  rm -f ready line
  cat >~/bashrc <<'EOF'
PROMPT_COMMAND='>ready'
bind 'set enable-bracketed-paste off'
bind 'set bell-style none'
bind -x '"\C-xw": printf "%s|\n" "$READLINE_LINE" >line.new; mv line.new line'
EOF
  echo "source '$scripts/anet.bash'" >>~/bashrc
  "${tmux[@]}" new-session -d -x 120 -y 30 "bash --noprofile --rcfile ~/bashrc -i" 3>&-
  appears ready
  "${tmux[@]}" send-keys -l "$1"
  "${tmux[@]}" send-keys Tab C-x w
  appears line
  "${tmux[@]}" kill-session
  cat line
}

@test "a tab in an interactive bash completes the word" {
  needs tmux
  [ "$(typed_in_bash 'anet forw')" = "anet forward |" ]
  [ "$(typed_in_bash 'anet echo --idle')" = "anet echo --idle-timeout |" ]
  [ "$(typed_in_bash 'anet echo --log-format=j')" = "anet echo --log-format=json |" ]
  [ "$(typed_in_bash 'anet echo [::')" = "anet echo [::1]:|" ]
  [ "$(typed_in_bash 'anet echo --connect=unix:two')" = 'anet echo --connect=unix:two\ words |' ]
}

# --- zsh ---

# The line that an interactive zsh has after a tab at its end, with a bar, then the candidates.
in_zsh() {
  cat >~/.zshrc <<'EOF'
fpath=($SCRIPTS $fpath)
autoload -Uz compinit
compinit -u -D
hits=()
compadd() {
  local -a found
  if (( ! ${argv[(I)-[OAD]*]} )); then
    builtin compadd -O found "$@"
    hits+=("${found[@]}")
  fi
  builtin compadd "$@"
}
zle-line-init() {
  BUFFER=$LINE CURSOR=$#LINE
  zle expand-or-complete
  print -rl -- "$BUFFER|" $hits >line
  exit
}
zle -N zle-line-init
EOF
  rm -f line
  SCRIPTS=$scripts LINE=$1 ZDOTDIR=~ TERM=xterm \
    timeout 60 script -qec "zsh -d -i" /dev/null </dev/null >~/terminal 2>&1
  cat line
}

@test "zsh completes a command and an option" {
  needs zsh
  [ "$(in_zsh 'anet forw')" = $'anet forward |\nforward' ]
  [ "$(in_zsh 'anet echo --idle')" = $'anet echo --idle-timeout |\n--idle-timeout' ]
}

@test "zsh lists every option" {
  needs zsh
  [ "$(in_zsh 'anet echo --' | tail -n +2 | sort)" = "$(offered echo -- | sort)" ]
}

@test "zsh completes a choice after = and as a word" {
  needs zsh
  [ "$(in_zsh 'anet echo --log-format=j' | head -n 1)" = "anet echo --log-format=json |" ]
  [ "$(in_zsh 'anet echo --log-format j' | head -n 1)" = "anet echo --log-format json |" ]
}

@test "zsh adds no space after an incomplete address" {
  needs zsh
  [ "$(in_zsh 'anet echo loc' | head -n 1)" = "anet echo localhost:|" ]
  [ "$(in_zsh 'anet echo --connect=loc' | head -n 1)" = "anet echo --connect=localhost:|" ]
}

@test "zsh completes files after unix:" {
  needs zsh
  [ "$(in_zsh 'anet echo unix:so' | head -n 1)" = "anet echo unix:sock1 |" ]
  [ "$(in_zsh 'anet echo -c unix:two' | head -n 1)" = 'anet echo -c unix:two\ words |' ]
}

@test "zsh asks the anet that was typed" {
  needs zsh
  mkdir elsewhere
  printf '#!/bin/sh\nprintf "other\\n:none\\n"\n' >elsewhere/anet
  chmod +x elsewhere/anet
  [ "$(in_zsh 'elsewhere/anet o' | head -n 1)" = "elsewhere/anet other |" ]
}

# --- fish ---

# What fish lists for the line, without descriptions.
in_fish() {
  fish --no-config -c 'source $argv[1]/anet.fish; complete -C $argv[2]' "$scripts" "$1" | cut -f 1
}

@test "fish completes a command and an option" {
  needs fish
  [ "$(in_fish 'anet for')" = forward ]
  [ "$(in_fish 'anet echo --idle')" = --idle-timeout ]
  [ "$(in_fish 'anet ')" = "$(offered "")" ]
}

@test "fish shows the descriptions" {
  needs fish
  run fish --no-config -c 'source $argv[1]/anet.fish; complete -C "anet hel"' "$scripts"
  [ "$output" = $'help\tshow help for anet or for a command' ]
}

@test "fish lists every option" {
  needs fish
  [ "$(in_fish 'anet echo --' | sort)" = "$(offered echo -- | sort)" ]
}

@test "fish completes a choice after = and as a word" {
  needs fish
  [ "$(in_fish 'anet echo --log-format=j')" = --log-format=json ]
  [ "$(in_fish 'anet echo --log-format j')" = json ]
}

@test "fish completes addresses" {
  needs fish
  [ "$(in_fish 'anet echo loc')" = localhost: ]
  [ "$(in_fish 'anet echo --connect=loc')" = --connect=localhost: ]
}

@test "fish completes files after unix:" {
  needs fish
  [ "$(in_fish 'anet echo unix:so')" = unix:sock1 ]
  [ "$(in_fish 'anet echo unix:two')" = "unix:two words" ]
}

@test "fish offers no files where no file is expected" {
  needs fish
  [ -z "$(in_fish 'anet echo --max-conns ')" ]
  [ -z "$(in_fish 'anet nosuch ')" ]
}

@test "fish asks the anet that was typed" {
  needs fish
  mkdir elsewhere
  printf '#!/bin/sh\nprintf "other\\n:none\\n"\n' >elsewhere/anet
  chmod +x elsewhere/anet
  [ "$(in_fish './elsewhere/anet o')" = other ]
}
