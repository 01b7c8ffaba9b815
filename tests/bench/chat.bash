# The cases of `anet chat` beside the asynchat room (tests/peers/originals.py), on the Python that
# `python3` is: as it was written, and without the line it prints for each line it sends.

start_chat_servers() {
  local python
  python=$(python3 -c 'import sys; print(sys.executable)')
  start_anet chat -q --rate 0 --history 0 0
  has_peers || return 0
  start_printing asynchat "${server_cpu[@]}" "$python" -W ignore \
    "$here/../peers/originals.py" chat-room
  start_printing quiet "${server_cpu[@]}" "$python" -W ignore \
    "$here/../peers/originals.py" chat-room quiet
  start_printing epoll "${server_cpu[@]}" "$tmp/epoll_chat"
}

# compare_chat LABEL LINES UNHEARD PEER...: 100 members come, say LINES lines in turn, of which
# UNHEARD are under way at a time, and go. Each line is delivered to each; so are comings and goings
# to those who are there. The ratio is to the room as it was written.
compare_chat() {
  local label=$1 unit="µs/delivery" members=100 round name figure
  local units="$members*$2 + $members*($members-1)" work=(chat_load deliver "$members" "$2" "$3")
  shift 3
  start_chat_servers
  if [ -n "$profile" ]; then
    compare "$label" "$unit" 0.15 1e3 "$units" "$*" "${work[@]}"
    return
  fi
  rm -f "$tmp"/*.figures
  for ((round = 0; round <= rounds; round++)); do
    for name in anet $(peers_of "$@"); do
      figure=$(measure "$name" "$units" 1e3 "${work[@]}")
      add_figure "$label" "$unit" "$round" "$name" "$figure"
    done
  done
  report "$label" "$unit" 0.15 asynchat
  stop_all
}

# Each line waits for the one before: nothing can be sent together, and a delivery is a send(2),
# whoever does it. Bare epoll is the floor of that.
case_chat_one() {
  compare_chat chat_one $((scale * 50)) 1 asynchat quiet epoll
}

case_chat_ten() {
  compare_chat chat_ten $((scale * 50)) 10 asynchat quiet
}

# How soon lines are heard, and in how much memory, of anet alone: 1,000 members and 100 lines a
# second, one of them reading nothing and one flooding; and 10,000, who need as many descriptors.
case_chat_crowd() {
  [ -z "$profile" ] || return 0
  local seconds=$((scale / 2 + 1)) limit=16384
  ulimit -Sn "$limit" || die "10000 members need more descriptors than the hard limit"
  crowd "hard 1000 100 $seconds"
  crowd "crowd 10000 1 $seconds"
}

# crowd "MODE MEMBERS RATE SECONDS"
crowd() {
  local words
  read -ra words <<<"$1"
  start_printing anet "${server_cpu[@]}" "${anet[@]}" chat -q --history 0 0
  load anet chat_load "${words[@]}"
  printf 'resident at most %.1f MiB, %.1f s of CPU time\n\n' \
    "$(awk '/^VmHWM:/ { print $2 / 1024 }' "/proc/${pid[anet]}/status")" \
    "$(awk "BEGIN { print $(cpu_ns "${pid[anet]}") / 1e9 }")"
  stop_all
}
