# What the cases share: programs that are started and stopped, the measure, the
# table's lines. The caller sets tmp (a folder), rounds, here, profile, before, and
# server_cpu and load_cpu, which pin what they stand before to a CPU.

pids=()
declare -A pid port

die() {
  echo "bench: $*" >&2
  exit 1
}

build_tools() {
  local tool
  for tool in load serve epoll_echo http_load epoll_http chat_load epoll_chat child; do
    "${CC:-cc}" -std=c11 -D_GNU_SOURCE -O2 -o "$tmp/$tool" "$here/$tool.c" "$here/net.c"
  done
}

# until_true COMMAND...: tries for up to 5 s.
until_true() {
  local try
  for ((try = 0; try < 250; try++)); do
    "$@" && return
    sleep 0.02
  done
  return 1
}

# start NAME COMMAND...: the process stays until the end of its case.
start() {
  local name=$1
  shift
  : >"$tmp/$name.out"
  "$@" >"$tmp/$name.out" 2>"$tmp/$name.err" </dev/null &
  pid[$name]=$!
  pids+=($!)
}

printed_address() {
  [[ $(head -n 1 "$tmp/$1.out") =~ ^(http://)?127\.0\.0\.1:([0-9]+)/?$ ]] &&
    port[$1]=${BASH_REMATCH[2]}
}

# The same, for a program that listens on port 0 and prints its address.
start_printing() {
  start "$@"
  until_true printed_address "$1" || die "$1 does not listen: $(cat "$tmp/$1.err")"
}

# start_anet ARGUMENT...: anet, and the build that it is compared with, as servers.
start_anet() {
  start_printing anet "${server_cpu[@]}" "${anet[@]}" "$@"
  has_peers || start_printing before "${server_cpu[@]}" "${before[@]}" "$@"
}

# Other programs are compared with, and not another build.
has_peers() {
  [ ${#before[@]} -eq 0 ]
}

# peers_of NAME...: these, or the other build.
peers_of() {
  if has_peers; then
    echo "$*"
  else
    echo before
  fi
}

# For a program that has to be told its port.
find_port() {
  start_printing "free_$1" "$tmp/serve" port
  port[$1]=${port[free_$1]}
}

answers() {
  (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

nginx_worker() {
  local master=${pid[nginx]} worker
  worker=$(cat "/proc/$master/task/$master/children")
  [ -n "$worker" ] && pid[nginx]=${worker%% *}
}

all_ended() {
  ! kill -0 "${pids[@]}" 2>/dev/null
}

stop_all() {
  [ ${#pids[@]} -gt 0 ] || return 0
  kill "${pids[@]}" 2>/dev/null || true
  until_true all_ended || kill -KILL "${pids[@]}" 2>/dev/null || true
  pids=()
}

cpu_ns() {
  cat "/proc/$1/task/"*/schedstat | awk '{ ns += $1 } END { printf "%.0f", ns }'
}

# The client may be done before the server has closed its last connection.
has_settled() {
  local before
  before=$(cpu_ns "$1") || return
  sleep 0.02
  [ "$(cpu_ns "$1")" = "$before" ]
}

# load NAME TOOL MODE ARGUMENT...: does the work through NAME's port.
load() {
  local name=$1
  shift
  "${load_cpu[@]}" "$tmp/$1" "$2" "${port[$name]}" "${@:3}" ||
    die "$name: the work was not done, status $?: $(cat "$tmp/$name.err")"
}

# measure NAME UNITS DIVISOR LOAD...: prints CPU ns / DIVISOR per unit.
measure() {
  local name=$1 units=$2 divisor=$3 before after
  shift 3
  until_true has_settled "${pid[$name]}" || die "$name is gone or never idle"
  before=$(cpu_ns "${pid[$name]}")
  load "$name" "$@"
  until_true has_settled "${pid[$name]}" || die "$name is gone or never idle"
  after=$(cpu_ns "${pid[$name]}")
  [ "$after" -gt "$before" ] || die "$name took no CPU time: this kernel keeps no schedstat"
  awk "BEGIN { printf \"%.3f\", ($after - $before) / $divisor / ($units) }"
}

median() {
  sort -n | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}

# add_figure LABEL UNIT ROUND NAME FIGURE: round 0 does not count. It comes
# first, and memory, pipes and caches are warm in the ones that do.
add_figure() {
  echo "$1: round $3: $4: $5 $2" >&2
  [ "$3" -eq 0 ] || echo "$5" >>"$tmp/$4.figures"
}

# report LABEL UNIT GOAL PEER...: one line of the table, from the figures and
# with the caller's columns. Bare epoll is a floor: anet is compared with it
# only where there is no other peer.
report() {
  local label=$1 unit=$2 goal=$3 peers=() name cells='' ratios
  shift 3
  if ! has_peers; then # noise is about as much
    set -- before
    goal=1.02
  fi
  for name in "$@"; do
    [ "$name" = epoll ] && [ $# -gt 1 ] || peers+=("$tmp/$name.figures")
  done
  for name in "${columns[@]}"; do
    if [ -e "$tmp/$name.figures" ]; then
      cells+=" $(median <"$tmp/$name.figures" | awk '{ printf "%.*f", $1 < 100 ? 2 : 0, $1 }') |"
    else
      cells+=" – |"
    fi
  done
  ratios=$(paste "$tmp/anet.figures" "${peers[@]}" |
    awk '{ best = $2; for (i = 3; i <= NF; i++) if ($i < best) best = $i; print $1 / best }' |
    sort -n)
  printf '| %s | %s |%s **%.2f** (%.2f to %.2f) | ≤ %s |\n' "$label" "$unit" "$cells" \
    "$(median <<<"$ratios")" "$(head -n 1 <<<"$ratios")" "$(tail -n 1 <<<"$ratios")" "$goal"
}

# compare LABEL UNIT GOAL DIVISOR UNITS "PEER..." LOAD...
compare() {
  local label=$1 unit=$2 goal=$3 divisor=$4 units=$5 peers=() round name figure
  read -ra peers <<<"$(peers_of "$6")"
  shift 6
  if [ -n "$profile" ]; then
    for name in anet "${peers[@]}"; do
      "profile_$profile" "$label" "$name" "$units" "$unit" "$@"
    done
    stop_all
    return
  fi
  rm -f "$tmp"/*.figures
  for ((round = 0; round <= rounds; round++)); do
    for name in anet "${peers[@]}"; do
      figure=$(measure "$name" "$units" "$divisor" "$@")
      add_figure "$label" "$unit" "$round" "$name" "$figure"
    done
  done
  report "$label" "$unit" "$goal" "${peers[@]}"
  stop_all
}
