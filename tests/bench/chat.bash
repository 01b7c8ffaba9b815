# The cases of `anet chat` beside the asynchat room that it takes after
# (tests/peers/originals.py, on the machine's own Python): a line of 100 members
# is delivered to each of them. One waits for its line before the next is said,
# the other keeps ten on their way. A crowd prints figures and compares nothing.

start_chat_servers() {
  local python
  python=$(python3 -c 'import sys; print(sys.executable)')
  start_printing anet "${server_cpu[@]}" "${anet[@]}" chat -q --rate 0 --history 0 0
  start_printing asynchat "${server_cpu[@]}" "$python" -W ignore \
    "$here/../peers/originals.py" chat-room
}

# deliver LABEL UNHEARD
deliver() {
  local members=100 count=$((scale * 25))
  start_chat_servers
  compare "$1" "µs/delivery" 0.15 1e3 "$members*$count" asynchat \
    chat_load deliver "$members" "$count" "$2"
}

case_chat_one() {
  deliver chat_one 1
}

case_chat_ten() {
  deliver chat_ten 10
}
