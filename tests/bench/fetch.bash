# The cases of `anet fetch` beside curl, wget and busybox's wget: what the
# client's own process takes, from its start to its end. One nginx serves all,
# with sendfile and from the page cache; it and the reader of a pipe are on the
# CPU that the client is not on.

fetch_clients=(anet curl wget busybox)

# What profile.bash puts before each run of a client, and before all its runs.
tracer=()
recorder=()

# The server of all, and a folder for what the clients read and write at home:
# nobody's own settings or proxies count.
start_file_server() {
  has_peers || fetch_clients=(anet before)
  start_web_peer nginx
  mkdir -p "$tmp/home"
  unset http_proxy HTTP_PROXY all_proxy ALL_PROXY
}

# set_client NAME FILE OUTPUT: sets client, the command by which NAME puts FILE
# into OUTPUT, - for stdout, and says nothing.
set_client() {
  local url=http://127.0.0.1:${port[nginx]}/$2
  case $1 in
    anet) client=("${anet[@]}" fetch -q -o "$3" "$url") ;;
    before) client=("${before[@]}" fetch -q -o "$3" "$url") ;;
    curl) client=(curl -s -o "$3" "$url") ;;
    wget) client=(wget -q -O "$3" "$url") ;;
    busybox) client=(busybox wget -q -O "$3" "$url") ;;
  esac
  client=("${tracer[@]}" "${client[@]}")
}

# run_client COUNT: what each run takes goes into NAME.runs of the caller.
run_client() {
  HOME=$tmp/home "${load_cpu[@]}" "${recorder[@]}" \
    "$tmp/child" run "$1" "$tmp/$name.runs" "${client[@]}"
}

# fetch_to_WHERE NAME FILE SIZE COUNT: runs NAME COUNT times.
fetch_to_null() {
  local name=$1 client
  set_client "$name" "$2" -
  run_client "$4" >/dev/null
}

# One reader for all the runs: the pipe ends with the last of them.
fetch_to_pipe() {
  local name=$1 client
  set_client "$name" "$2" -
  run_client "$4" | "${server_cpu[@]}" "$tmp/child" drain $(($3 * $4))
}

# A new file each time, on the disk that has the one that is served. What is
# removed at once is mostly never written to the disk. Rounds have differed by
# three times, all of it in the copy into new pages: perhaps memory that a
# virtual machine had given back to its host. Look at the range before the ratio.
fetch_to_file() {
  local name=$1 client run
  set_client "$name" "$2" "$tmp/fetched"
  for ((run = 0; run < $4; run++)); do
    run_client 1
    [ "$(stat -c %s "$tmp/fetched")" -eq "$3" ] || die "$name: a file of the wrong size"
    rm "$tmp/fetched"
  done
}

# check_client NAME FILE SIZE: what is measured is the whole of the body.
check_client() {
  local name=$1 client bytes
  set_client "$name" "$2" -
  bytes=$(run_client 1 | wc -c) || die "$name failed"
  [ "$bytes" -eq "$3" ] || die "$name: $bytes bytes instead of $3"
}

# median_of COLUMN DIVISOR: of the caller's NAME.runs.
median_of() {
  awk "{ print \$$1 / ($2) }" "$tmp/$name.runs" | median
}

# compare_clients LABEL UNIT WHERE FILE SIZE TURNS COUNT: figures of each round
# from TURNS times COUNT runs of each client, who take turns. The CPU times are
# left in NAME.figures, in µs per run or ms/GiB as UNIT says, the wall times in
# NAME.walls.
compare_clients() {
  local label=$1 unit=$2 where=$3 file=$4 size=$5 turns=$6 count=$7 round turn name divisor=1
  [ "$unit" != ms/GiB ] || divisor="1000 / 1024^3 * $size"
  rm -f "$tmp"/*.figures "$tmp"/*.walls
  for name in "${fetch_clients[@]}"; do
    check_client "$name" "$file" "$size"
  done
  for ((round = 0; round <= rounds; round++)); do
    rm -f "$tmp"/*.runs
    for ((turn = 0; turn < turns; turn++)); do
      for name in "${fetch_clients[@]}"; do
        "fetch_to_$where" "$name" "$file" "$size" "$count"
      done
    done
    for name in "${fetch_clients[@]}"; do
      add_figure "$label" "$unit" "$round" "$name" "$(median_of 1 "$divisor")"
      [ "$round" -eq 0 ] || median_of 2 1 >>"$tmp/$name.walls"
    done
  done
}

# A run is mostly what it takes to start and to end. There is a goal for each of
# two peers, so a line for each, and the same again in elapsed time.
case_fetch_small() {
  local name
  make_file 1k.bin 1024
  start_file_server
  if [ -n "$profile" ]; then
    profile_clients fetch_small null 1k.bin 1024 $((scale * 10))
    stop_all
    return
  fi
  compare_clients fetch_small "µs CPU" null 1k.bin 1024 "$scale" 10
  report fetch_small "µs CPU" "1.00 of busybox" busybox
  report fetch_small "µs CPU" "0.50 of curl" curl
  for name in "${fetch_clients[@]}"; do
    mv "$tmp/$name.walls" "$tmp/$name.figures"
  done
  report fetch_small "µs wall" "1.00 of busybox" busybox
  report fetch_small "µs wall" "0.50 of curl" curl
  stop_all
}

# compare_large WHERE GOAL
compare_large() {
  local size=$((scale * 1024 * 1024 * 1024 / 20))
  make_file large.bin "$size"
  start_file_server
  if [ -n "$profile" ]; then
    profile_clients "fetch_$1" "$1" large.bin "$size" 1
  else
    compare_clients "fetch_$1" ms/GiB "$1" large.bin "$size" 1 1
    report "fetch_$1" ms/GiB "$2" curl wget busybox
  fi
  stop_all
  rm "$tmp/files/large.bin"
}

case_fetch_null() {
  compare_large null 0.90
}

case_fetch_pipe() {
  compare_large pipe 0.90
}

# The length is not told: what comes is chunked.
case_fetch_chunked() {
  local size=$((scale * 1024 * 1024 * 1024 / 20))
  make_file large.bin "$size"
  start_file_server
  fetch_clients=(anet curl)
  has_peers || fetch_clients=(anet before)
  if [ -n "$profile" ]; then
    profile_clients fetch_chunked null chunked/large.bin "$size" 1
  else
    compare_clients fetch_chunked ms/GiB null chunked/large.bin "$size" 1 1
    report fetch_chunked ms/GiB 0.90 curl
  fi
  fetch_clients=(anet curl wget busybox)
  stop_all
  rm "$tmp/files/large.bin"
}

case_fetch_file() {
  compare_large file 1.00
}
