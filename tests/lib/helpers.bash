# What the tests of servers and clients share: processes in the background that end with their
# test, and waiting for what they say.

load ../lib/cli_helpers

# The interpreter itself: python3 may be a script that looks for it, each time anew.
find_python() {
  PYTHON=$(python3 -c 'import sys; print(sys.executable)')
  export PYTHON
}

setup_file() {
  find_python
}

setup() {
  T=$BATS_TEST_TMPDIR
  declare -gA pid=() address=()
  mkfifo "$T/never"
  exec {never}<>"$T/never"
}

# What still runs is ended, anet in good order and last: a sanitizer then has its say.
teardown() {
  local name ended=0
  [ ! -e "$T/tmux" ] || tmux -S "$T/tmux" kill-server || true
  for name in "${!pid[@]}"; do
    [[ ${anets-} == *" $name "* ]] || kill -KILL "${pid[$name]}" 2>/dev/null || true
  done
  for name in ${anets-}; do
    kill -TERM "${pid[$name]}" 2>/dev/null || true
  done
  for name in ${anets-}; do
    within 10 gone "${pid[$name]}" || { kill -KILL "${pid[$name]}"; ended=1; }
  done
  if grep -El 'Sanitizer|runtime error' "$T"/*.err; then
    cat "$T"/*.err
    ended=1
  fi 2>/dev/null
  exec {never}>&-
  return "$ended"
}

# The condition holds within so many seconds.
within() {
  local end=$((SECONDS + $1 + 1))
  shift
  until "$@"; do
    ((SECONDS < end)) || return 1
    read -rt 0.02 _ <&"$never" || true
  done
}

not() {
  ! "$@"
}

# It has ended. Bash may not have asked for its status yet: until then it is a zombie, which can still
# be sent signals.
gone() {
  local stat
  [ ! -e "/proc/$1" ] || { read -r stat <"/proc/$1/stat" && [[ $stat == *") Z "* ]]; } 2>/dev/null
}

# anet in the foreground; nothing here takes half a minute.
anet() {
  timeout --foreground 30 "$ANET" "$@"
}

# One of peers/*.py.
peer() {
  timeout --foreground 60 "$PYTHON" "$BATS_TEST_DIRNAME/../peers/$1.py" "${@:2}"
}

# NAME COMMAND...: runs it in the background, with its output in $T/NAME.out and $T/NAME.err. Its
# stdin is empty unless INPUT names a file, and OUTPUT another one for its stdout.
start() {
  local name=$1
  shift
  case $1 in
    anet)
      anets="${anets- } $name "
      set -- "$ANET" "${@:2}"
      ;;
    peer) set -- "$PYTHON" "$BATS_TEST_DIRNAME/../peers/$2.py" "${@:3}" ;;
  esac
  : >"$T/$name.out"
  "$@" <"${INPUT:-/dev/null}" >"${OUTPUT:-$T/$name.out}" 2>"$T/$name.err" 3>&- &
  pid[$name]=$!
}

# The same for what serves: returns when it has printed where, which is then ${address[NAME]}.
serve() {
  start "$@"
  within 10 announced "$1" || show "$(cat "$T/$1.err")"
  read -r address["$1"] <"$T/$1.out"
}

announced() {
  [ "$(wc -l <"$T/$1.out")" -gt 0 ] || gone "${pid[$1]}"
}

# The line number N of what a server printed.
line_of() {
  sed -n "$2p" "$T/$1.out"
}

# NAME PATTERN: it has said so on stdout, or does within a few seconds.
prints() {
  within 10 grep -qE -- "$2" "$T/$1.out" || show "$(cat "$T/$1.out")"
}

# The same of stderr.
logs() {
  within 10 grep -qE -- "$2" "$T/$1.err" || show "$(cat "$T/$1.err")"
}

# NAME SECONDS: it ends within these, and its exit code is $status.
# shellcheck disable=SC2034
ends() {
  within "$2" gone "${pid[$1]}"
  status=0
  wait "${pid[$1]}" || status=$? # as bats' own run sets it
}

tell() {
  kill "-$1" "${pid[$2]}"
}

# What the checksum of so many bytes is that a client (0) or a server (1) of ours sends.
sum_of() {
  (cd "$BATS_TEST_DIRNAME/../peers" && "$PYTHON" -c "import net; print(net.checksum($1, $2))")
}

port_of() {
  echo "${address[$1]##*:}"
}

# Kilobytes of resident memory, and hundredths of a second of CPU time.
memory_of() {
  sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/${pid[$1]}/status"
}

cpu_of() {
  local fields
  read -ra fields <"/proc/${pid[$1]}/stat"
  echo $((fields[13] + fields[14]))
}

# It does nothing, or soon: half a second takes next to no CPU time.
rests() {
  within 10 rests_now "$1"
}

rests_now() {
  local before
  before=$(cpu_of "$1")
  read -rt 0.5 _ <&"$never" || true
  [ $(($(cpu_of "$1") - before)) -le 5 ]
}

has_ipv6() {
  grep -q '^0\{31\}1 ' /proc/net/if_inet6 2>/dev/null
}

# Whether anet is built with sanitizers, whose shadow memory is not anet's.
sanitized() {
  grep -q __asan_init "$ANET"
}

# --- a terminal ---

# A shell in tmux, and what one does there.
terminal() {
  tmux -S "$T/tmux" -f /dev/null new-session -d -x 100 -y 40 'PS1="> " exec bash --norc --noprofile' 3>&-
  shows '^>'
}

press() {
  tmux -S "$T/tmux" send-keys "$@"
}

type_in() {
  press -l "$1"
  press Enter
}

screen() {
  tmux -S "$T/tmux" capture-pane -p
}

on_screen() {
  screen | grep -qE -- "$1"
}

shows() {
  within 10 on_screen "$1" || show "$(screen)"
}
