# What `run --profile TOOL` does in the place of measuring, for one case and one
# program. Of a server: profile_TOOL LABEL NAME UNITS UNIT LOAD... Each lets the
# work be done once before it looks, as what the first of it costs is not the
# question. Of a client, whole runs: profile_client_TOOL, see below.

# What each says once it has begun.
declare -A begun=([strace]=attached [perf]="mmap size")

# attach TOOL COMMAND...: waits until the tool has begun.
attach() {
  local tool=$1 log=$tmp/$1.log
  shift
  command -v "$tool" >/dev/null || die "$tool is not installed"
  : >"$log"
  "$@" >"$log" 2>&1 </dev/null &
  tracer=$!
  until_true grep -q "${begun[$tool]}" "$log" || die "$tool: $(cat "$log")"
}

detach() {
  kill -INT "$tracer"
  wait "$tracer" || true
}

# System calls per unit. strace stops the server at each of them: its counts
# are right, its times are not.
profile_strace() {
  local label=$1 name=$2 units=$3 unit=${4#*/} tracer
  shift 4
  load "$name" "$@"
  attach strace strace -c -f -U calls,name -S calls -o "$tmp/strace.out" -p "${pid[$name]}"
  load "$name" "$@"
  until_true has_settled "${pid[$name]}" || die "$name is gone or never idle"
  detach
  print_calls "$label, $name" "$units" "$unit"
}

# print_calls TITLE UNITS UNIT: what strace has counted.
print_calls() {
  awk '$1 ~ /^[0-9]+$/' "$tmp/strace.out" |
    awk "{ n = \$1 / ($2) } \$2 == \"total\" { total = n; next }
      n >= 0.005 { calls = calls sprintf(\", %s %.2f\", \$2, n) }
      END { printf \"$1: %.2f system calls per $3%s\n\", total, calls }"
}

# Where the time goes, by a clock (virtual machines have no cycle counter): the
# top of the list, and all of it in a file for `perf report`.
profile_perf() {
  local label=$1 name=$2 file=perf-$1-$2.data tracer
  shift 4
  load "$name" "$@"
  attach perf perf record -v -e cpu-clock -F 5000 -g -o "$file" -p "${pid[$name]}"
  load "$name" "$@"
  detach
  print_profile "$label, $name" "$file"
}

# print_profile TITLE FILE
print_profile() {
  echo "$1: perf report -i $2"
  perf report --no-children --percent-limit 1 -g none --stdio -i "$2" 2>/dev/null |
    grep -v '^#' | sed '/^$/d'
}

is_anet() {
  [ "$1" = anet ] || [ "$1" = before ]
}

# Instructions by function and line, of anet and of the build it is compared
# with: `run` has started them under valgrind, which writes callgrind.out.PID into
# the current folder at their end.
profile_callgrind() {
  local label=$1 name=$2
  shift 4
  is_anet "$name" || return 0
  load "$name" "$@"
  echo "$label, $name: callgrind_annotate callgrind.out.${pid[$name]}"
}

# profile_clients LABEL WHERE FILE SIZE COUNT: see fetch_to_WHERE of fetch.bash.
# For each client, profile_client_TOOL NAME and the same.
profile_clients() {
  local name
  for name in "${fetch_clients[@]}"; do
    "profile_client_$profile" "$name" "$@"
  done
}

# Of one run: they are all alike.
profile_client_strace() {
  local tracer=(strace -c -f -U "calls,name" -S calls -o "$tmp/strace.out")
  "fetch_to_$3" "$1" "$4" "$5" 1
  print_calls "$2, $1" 1 run
}

# The starting of each run by the tool is in it, too, as `child`.
# shellcheck disable=SC2034 # recorder is for run_client
profile_client_perf() {
  local file=perf-$2-$1.data
  local recorder=(perf record -q -e cpu-clock -F 5000 -g -o "$file")
  "fetch_to_$3" "$1" "$4" "$5" "$6"
  print_profile "$2, $1" "$file"
}

profile_client_callgrind() {
  local file=$PWD/callgrind.out.$2.$1
  is_anet "$1" || return 0
  VALGRIND_OPTS=--callgrind-out-file=$file "fetch_to_$3" "$1" "$4" "$5" 1
  echo "$2, $1: callgrind_annotate $file"
}
