# What the tests of chat share: a server, and members that follow a script (peers/chat.py).
# shellcheck disable=SC2016,SC2034,SC2154 # eval is meant, load sets and uses

load ../lib/helpers

# OPTION...: a server, on ${address[chat]}.
room() {
  serve chat anet chat 0 "$@"
}

# The script is on stdin.
play() {
  peer chat room "${address[chat]}"
}

# The same for --protocol=line.
play_line() {
  peer chat line "${address[chat]}"
}

# LINE...: the next lines of a script whose members stay from one act to the next.
act() {
  if [ -z "${pid[cast]-}" ]; then
    mkfifo "$T/script"
    exec {script}<>"$T/script"
    acts=0
    INPUT=$T/script start cast peer chat room "${address[chat]}"
  fi
  printf '%s\n' "$@" "done" >&"$script"
  acts=$((acts + 1))
  within 40 eval 'acted || gone "${pid[cast]}"'
  acted || show "$(cat "$T/cast.err")"
}

acted() {
  [ "$(grep -c "done" "$T/cast.out")" -eq "$acts" ]
}

# BYTES (printf escapes): sends them and ends, and prints what the server sends.
raw() {
  # shellcheck disable=SC2059
  printf "$1" | timeout 20 socat -t20 - "TCP:${address[chat]}"
}
