# What `run --profile TOOL` does in the place of measuring, for one case and one
# program: profile_TOOL LABEL NAME UNITS UNIT LOAD... Each lets the work be done
# once before it looks, as what the first of it costs is not the question.

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
  awk '$1 ~ /^[0-9]+$/' "$tmp/strace.out" |
    awk "{ n = \$1 / ($units) } \$2 == \"total\" { total = n; next }
      n >= 0.005 { calls = calls sprintf(\", %s %.2f\", \$2, n) }
      END { printf \"$label, $name: %.2f system calls per $unit%s\n\", total, calls }"
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
  echo "$label, $name: perf report -i $file"
  perf report --no-children --percent-limit 1 -g none --stdio -i "$file" 2>/dev/null |
    grep -v '^#' | sed '/^$/d'
}

# Instructions by function and line, of anet only: `run` has started it under
# valgrind, which writes callgrind.out.PID into the current folder at its end.
profile_callgrind() {
  local label=$1 name=$2
  shift 4
  [ "$name" = anet ] || return 0
  load "$name" "$@"
  echo "$label: callgrind_annotate callgrind.out.${pid[anet]}"
}
