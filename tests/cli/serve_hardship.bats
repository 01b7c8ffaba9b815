#!/usr/bin/env bats
# anet serve among enemies, and on bad days.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154,SC2317 # $0 is meant, each test is a function, load uses and sets

bats_require_minimum_version 1.5.0
load ../lib/serve_helpers

# A small file is served while others are slow. The bound tells a server that is held up from one on
# a loaded machine.
soon() {
  [ "$(curl --silent --show-error --max-time 10 "$url/hello.txt")" = hello ]
}

# HEAD: sends it as it stands (printf escapes), and shows what comes until the server ends.
raw() {
  # shellcheck disable=SC2059
  printf "$1" | timeout 20 socat -t20 - "TCP:${url#http://}"
}

open_descriptors() {
  find "/proc/${pid[web]}/fd" -mindepth 1 | wc -l
}

has_descriptors() {
  [ "$(open_descriptors)" -le "$1" ]
}

# --- the slow ---

@test "2,000 slow clients that send a byte every 5 s do not hold up a normal one" {
  web -q
  start slow peer web_crowd slow "$url/hello.txt" 2000
  prints slow '^round of 2000 with 0 cut$'
  for _ in {1..20}; do soon; done
  within 40 eval '[ "$(wc -l <"$T/slow.out")" -ge 2 ]'
  for _ in {1..20}; do soon; done
  not gone "${pid[slow]}"
}

@test "slow clients that use up --max-conns are disconnected for others" {
  web -q --head-timeout 1s --max-conns 50
  start slow peer web_crowd slow "$url/hello.txt" 50
  prints slow '^round of 50'
  [ "$(ask "$url/hello.txt")" = hello ]
}

# NUMBER: so many clients ask for a large file, and read nothing of it. Their segments are those of a
# network: with loopback's of 64 KB the kernel gives each connection 4 MB, and of thousands it drops
# what comes for others.
stalling() {
  truncate -s 1G "$T/site/large"
  start stalled "$PYTHON" -c '
import socket, sys, time
port, count = int(sys.argv[1]), int(sys.argv[2])
held = []
for _ in range(count):
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1400)
    sock.connect(("127.0.0.1", port))
    sock.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
    held.append(sock)
print("all", flush=True)
time.sleep(600)' "${url##*:}" "$1"
  prints stalled '^all$'
}

@test "clients that read nothing make room for others when all places are taken" {
  web -v --max-conns 50
  stalling 50
  [ "$(ask --max-time 60 "$url/hello.txt")" = hello ]
  logs web 'closed to make room'
  not gone "${pid[stalled]}"
}

@test "2,000 clients that read nothing keep nobody from a file" {
  [ "$(ulimit -Hn)" = unlimited ] || [ "$(ulimit -Hn)" -ge 8192 ] || skip "too few descriptors"
  ulimit -n 4096
  web -q
  stalling 2000
  within 60 soon # the kernel has taken what it takes for them
  for _ in {1..20}; do soon; done
}

@test "a client that takes nothing of its response for --stall-timeout is disconnected" {
  web -v --stall-timeout 1s
  stalling 1
  logs web 'stalled'
}

@test "an upload of which nothing comes for --stall-timeout is disconnected" {
  web -v --upload --stall-timeout 1s
  exec {wire}<>"/dev/tcp/127.0.0.1/${url##*:}"
  printf 'PUT /f HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nbody' >&"$wire"
  logs web 'stalled'
  [ "$(ls "$T/site")" = hello.txt ]
}

@test "a request head that exceeds --head-timeout gets 408, and is logged" {
  web -v --head-timeout 300ms
  exec {wire}<>"/dev/tcp/127.0.0.1/${url##*:}"
  printf 'GET /hello.txt HTTP/1.1\r\nHost' >&"$wire"
  run timeout 20 cat <&"$wire"
  [ "${lines[0]}" = $'HTTP/1.1 408 Request Timeout\r' ]
  [[ $output == *$'\nConnection: close\r'* ]]
  logs web '"GET /hello\.txt HTTP/1\.1" 408 '
}

@test "--head-timeout limits the whole head, even if bytes keep coming" {
  web -q --head-timeout 500ms
  exec {wire}<>"/dev/tcp/127.0.0.1/${url##*:}"
  drip() {
    printf 'GET /hello.txt HTTP/1.1\r\n'
    for _ in {1..200}; do
      printf 'X: y\r\n'
      read -rt 0.1 _ <&"$never" || true
    done
    : >"$T/all"
  }
  drip >&"$wire" &
  run timeout 20 cat <&"$wire"
  [ "${lines[0]}" = $'HTTP/1.1 408 Request Timeout\r' ]
  [ ! -e "$T/all" ] # the client was not done yet
  kill "$!" 2>/dev/null || true
}

@test "--head-timeout counts from the first byte, not from the connection" {
  web -q --head-timeout 300ms
  exec {wire}<>"/dev/tcp/127.0.0.1/${url##*:}"
  read -rt 1 _ <&"$never" || true
  printf 'GET /hello.txt HTTP/1.0\r\n\r\n' >&"$wire"
  run timeout 20 cat <&"$wire"
  [ "${lines[-1]}" = hello ]
}

@test "an idle connection is closed after --idle-timeout, before and after a request" {
  web -v --idle-timeout 300ms
  exec {wire}<>"/dev/tcp/127.0.0.1/${url##*:}"
  run timeout 20 cat <&"$wire"
  [ "$status" -eq 0 ]
  [ -z "$output" ]
  exec {wire}<>"/dev/tcp/127.0.0.1/${url##*:}"
  printf 'GET /hello.txt HTTP/1.1\r\nHost: a\r\n\r\n' >&"$wire"
  run timeout 20 cat <&"$wire"
  [ "$status" -eq 0 ]
  [ "${lines[-1]}" = hello ]
  logs web 'received [1-9][0-9]* .* reason idle$'
}

# --- the many ---

@test "5,000 clients that request a small file at once all get it" {
  head -c 20000 /dev/urandom >"$T/site/small"
  web -q
  run peer web_crowd storm "$url/small" 5000
  [[ $output != only* ]] || skip "$output"
  [ "$output" = '5000 times HTTP/1.1 200 OK with 20000 bytes' ] || show "$output"
  soon
}

@test "2,000 kept connections cost less than 1 KiB each" {
  ! sanitized || skip "the shadow memory is not anet's"
  web -q
  soon
  local before after
  before=$(memory_of web)
  start keeps peer web_crowd keeps "$url/hello.txt" 2000
  prints keeps '^answered 2000$'
  after=$(memory_of web)
  [ $((after - before)) -lt 2000 ] || show "$((after - before)) kB for 2000"
}

@test "when --max-conns is reached, idle connections make room" {
  web -v --max-conns 10
  start keeps peer web_crowd keeps "$url/hello.txt" 10
  prints keeps '^answered 10$'
  for _ in {1..20}; do soon; done
  logs web 'reason closed to make room$'
  # A hundred that want to keep theirs get their answers all the same.
  start crowd peer web_crowd keeps "$url/hello.txt" 100
  prints crowd '^answered 100$'
}

@test "when --max-conns is reached by clients that send nothing, they make room" {
  web -q --max-conns 10
  start silent peer web_crowd silent "$url/" 10
  prints silent '^connected 10$'
  [ "$(ask "$url/hello.txt")" = hello ]
}

@test "when --max-conns is reached by downloads, others wait until one is done" {
  head -c 300K /dev/urandom >"$T/site/large"
  web -q --max-conns 2 --limit-rate 200K
  start one curl -s --max-time 20 "$url/large" -o "$T/one"
  start two curl -s --max-time 20 "$url/large" -o "$T/two"
  within 10 test -s "$T/one" -a -s "$T/two"
  [ "$(ask "$url/hello.txt")" = hello ]
  ends one 20
  ends two 20
  cmp "$T/one" "$T/site/large"
  cmp "$T/two" "$T/site/large"
}

@test "--max-per-host answers one connection too many with 503, until another has closed" {
  web --max-per-host 2
  start keeps peer web_crowd keeps "$url/hello.txt" 2
  prints keeps '^answered 2$'
  [ "$(code "$url/hello.txt")" = 503 ]
  # The answer is not lost to a reset, whatever was sent.
  head -c 60000 /dev/zero >"$T/body"
  for _ in {1..20}; do
    [ "$(code --data-binary "@$T/body" "$url/hello.txt")" = 503 ]
  done
  logs web 'too many connections from 127\.0\.0\.1$'
  kill "${pid[keeps]}"
  again() { [ "$(code "$url/hello.txt")" = 200 ]; }
  within 20 again
}

@test "with 64 descriptors every client is served, and no descriptor is lost" {
  for n in {1..100}; do head -c 100000 /dev/urandom >"$T/site/$n"; done
  serve web bash -c 'ulimit -n 64; exec "$0" serve -v -l 0 "$1"' "$ANET" "$T/site"
  url=${address[web]%/}
  start keeps peer web_crowd keeps "$url/hello.txt" 200
  prints keeps '^answered 200$'
  soon
  kill "${pid[keeps]}"
  ask -Z --parallel-immediate --parallel-max 100 --no-progress-meter "$url/[1-100]" -o "$T/came#1"
  for n in {1..100}; do cmp "$T/came$n" "$T/site/$n"; done
  run peer web_crowd storm "$url/1" 300
  [ "$output" = '300 times HTTP/1.1 200 OK with 100000 bytes' ] || show "$output"
  ask "$url/" | grep -q hello.txt
}

@test "no descriptor is leaked, whatever the clients did" {
  head -c 1M /dev/urandom >"$T/site/large"
  web -q --upload
  soon
  ask -o /dev/null "$url/large" "$url/" "$url/nothing" -o /dev/null -o /dev/null
  local before
  before=$(open_descriptors)
  peer web_client resets "$url/large" 60
  peer web_client resets "$url/" 60
  for _ in {1..20}; do
    timeout 5 curl -s "$url/large" | head -c 1000 >"$T/came" || true
    code -T "$T/site/hello.txt" "$url/hello.txt"
    code -r 1-2,5-9,99- "$url/large"
  done >"$T/codes"
  within 10 has_descriptors "$before" || show "$before before, $(open_descriptors) after"
}

# --- what comes behind a request ---

@test "a line end after the request does not cut the response" {
  head -c 8M /dev/urandom >"$T/site/large"
  web -q
  [ "$(peer web_client says-more "$url/large" 1.0)" = whole ]
}

@test "on SIGTERM, a response with another request behind it is still sent whole" {
  head -c 8M /dev/urandom >"$T/site/large"
  web -q --grace 20s
  [ "$(peer web_client says-more "$url/large" 1.1 "${pid[web]}")" = whole ]
}

@test "--limit-rate holds for a response that begins late, too" {
  web -q --upload --limit-rate 2K
  { printf 'PUT /late HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n'; read -rt 0.5 _ <&"$never" || true; printf x; } |
    timeout 20 "$ANET" echo -c "${url#http://}" >"$T/answer"
  grep -q '^HTTP/1.1 201 ' "$T/answer"
  [[ $(cat "$T/answer") == *'</html>' ]]
}

@test "a stalled reader of the log stops neither responses nor the end, and learns what it missed" {
  mkfifo "$T/log"
  exec {log}<>"$T/log"
  serve web bash -c 'exec "$0" serve -l 0 "$1" 2>"$2"' "$ANET" "$T/site" "$T/log"
  url=${address[web]%/}
  ask --user-agent "$(printf 'x%.0s' {1..2000})" -o /dev/null "$url/hello.txt?[1-300]"
  [ "$(ask "$url/hello.txt")" = hello ]
  cat <&"$log" >"$T/read" &
  pid[cat]=$!
  again() { ask -o /dev/null "$url/hello.txt"; grep -qE '^anet: [0-9]+ log lines were lost$' "$T/read"; }
  within 10 again
  tell TERM web
  ends web 20
  [ "$status" -eq 0 ]
}

# --- files that change while they are sent ---

# A file of 40 MB, or as many bytes, of which a reader has the beginning; `goes_on` lets it read the
# rest.
reader_of_large() {
  "$PYTHON" -c "import random, sys; sys.stdout.buffer.write(random.Random(1).randbytes(${1:-40000000}))" >"$T/old"
  cp "$T/old" "$T/site/large"
  web -v
  mkfifo "$T/go"
  INPUT=$T/go start reader peer web_client waits "$url/large" "$T/came"
  exec {go}>"$T/go"
  prints reader '^begun HTTP/1.1 200 OK$'
}

goes_on() {
  echo >&"$go"
  prints reader '^(whole|cut) '
}

# What came is how the old file begins.
is_prefix() {
  cmp "$T/came" <(head -c "$(wc -c <"$T/came")" "$T/old")
}

@test "a file that is replaced while it is sent arrives whole, as it was" {
  reader_of_large
  head -c 30000000 /dev/urandom >"$T/site/new"
  mv "$T/site/new" "$T/site/large"
  goes_on
  grep -qx 'whole 40000000 of 40000000' "$T/reader.out" || show "$(cat "$T/reader.out")"
  cmp "$T/came" "$T/old"
  now() { ask "$url/large" | cmp -s - "$T/site/large"; }
  within 20 now
}

@test "a file that is deleted while it is sent arrives whole" {
  reader_of_large
  rm "$T/site/large"
  goes_on
  grep -qx 'whole 40000000 of 40000000' "$T/reader.out" || show "$(cat "$T/reader.out")"
  cmp "$T/came" "$T/old"
  now() { [ "$(code "$url/large")" = 404 ]; }
  within 20 now
}

@test "if a file is truncated while it is sent, the connection is cut and nothing is padded" {
  reader_of_large
  truncate -s 20000000 "$T/site/large"
  goes_on
  grep -qE '^cut [0-9]+ of 40000000' "$T/reader.out" || show "$(cat "$T/reader.out")"
  is_prefix
  logs web 'ended from '
  soon
}

@test "if a file is emptied while it is sent, the connection is cut" {
  reader_of_large
  : >"$T/site/large"
  goes_on
  grep -qE '^cut [0-9]+ of 40000000' "$T/reader.out" || show "$(cat "$T/reader.out")"
  is_prefix
  soon
}

# What the socket holds at that moment is the page cache's, and changes with the file: only the cut
# tells that it did.
@test "if a file is truncated below what is being sent, the connection is cut" {
  reader_of_large
  truncate -s 150001 "$T/site/large"
  goes_on
  grep -qE '^cut [0-9]+ of 40000000' "$T/reader.out" || show "$(cat "$T/reader.out")"
}

@test "a file that grows while it is sent is not longer than its Content-Length" {
  reader_of_large
  head -c 1000000 /dev/urandom >>"$T/site/large"
  goes_on
  grep -qE '^(whole 40000000|cut [0-9]+) of 40000000' "$T/reader.out" || show "$(cat "$T/reader.out")"
  is_prefix
}

@test "if a file is truncated and grows again while it is sent, the connection is cut" {
  reader_of_large
  : >"$T/site/large"
  truncate -s 40000000 "$T/site/large"
  goes_on
  grep -qE '^cut [0-9]+ of 40000000' "$T/reader.out" || show "$(cat "$T/reader.out")"
}

@test "a file that is truncated and grows again while it is sent is not padded" {
  reader_of_large
  : >"$T/site/large"
  truncate -s 40000000 "$T/site/large"
  goes_on
  is_prefix
}

@test "if a file is overwritten in place while it is sent, the connection is cut" {
  reader_of_large
  head -c 40000000 /dev/zero | dd of="$T/site/large" conv=notrunc bs=1M status=none
  goes_on
  grep -qE '^cut [0-9]+ of 40000000' "$T/reader.out" || show "$(cat "$T/reader.out")"
}

@test "if the end of a file is overwritten while it is sent, no wrong byte is sent" {
  reader_of_large
  head -c 20000000 /dev/zero | dd of="$T/site/large" conv=notrunc bs=1M oflag=seek_bytes seek=20000000 status=none
  goes_on
  grep -qE '^cut [0-9]+ of 40000000' "$T/reader.out" || show "$(cat "$T/reader.out")"
  is_prefix
}

@test "if the beginning of a file is overwritten while it is sent, the connection is cut" {
  reader_of_large
  head -c 20000000 /dev/zero | dd of="$T/site/large" conv=notrunc bs=1M status=none
  goes_on
  grep -qE '^cut [0-9]+ of 40000000' "$T/reader.out" || show "$(cat "$T/reader.out")"
}

@test "if a file of 1 MB is truncated while a slow reader has a part of it, the connection is cut" {
  reader_of_large 1000000
  truncate -s 500001 "$T/site/large"
  goes_on
  grep -qE '^cut [0-9]+ of 1000000' "$T/reader.out" || show "$(cat "$T/reader.out")"
}

@test "a small file that is replaced again and again is old or new, never a mixture" {
  head -c 30000 /dev/zero | tr '\0' a >"$T/a"
  head -c 50000 /dev/zero | tr '\0' b >"$T/b"
  cp "$T/a" "$T/site/file"
  web -q
  start turns bash -c 'while :; do for n in a b; do cp "$0/$n" "$0/site/.next"; mv "$0/site/.next" "$0/site/file"; done; done' "$T"
  mkdir "$T/came"
  ask --no-progress-meter "$url/file?[1-300]" -o "$T/came/#1"
  kill "${pid[turns]}"
  local n
  for n in {1..300}; do
    cmp -s "$T/came/$n" "$T/a" || cmp -s "$T/came/$n" "$T/b" || show "$n is neither"
  done
}

@test "a small file that is overwritten in place always has the length of its Content-Length" {
  head -c 30000 /dev/zero | tr '\0' a >"$T/a"
  head -c 50000 /dev/zero | tr '\0' b >"$T/b"
  cp "$T/a" "$T/site/file"
  web -q
  start turns bash -c 'while :; do for n in a b; do cat "$0/$n" >"$0/site/file"; done; done' "$T"
  ask --no-progress-meter --retry 0 "$url/file?[1-200]" -o /dev/null -w '%{http_code} %{size_download} %header{content-length}\n' \
    >"$T/sizes" || true
  kill "${pid[turns]}"
  [ "$(wc -l <"$T/sizes")" -eq 200 ]
  not grep -vqE '^(200|503|500) ([0-9]+) \2$' "$T/sizes" || show "$(grep -vE '^(200|503|500) ([0-9]+) \2$' "$T/sizes" | head)"
  soon
}

# --- connections that end early ---

@test "a client that half-closes after its request gets the whole response" {
  head -c 3000000 /dev/urandom >"$T/site/large"
  web -q
  run peer web_client half-closes "$url/large" 5
  [ "$output" = "$(yes 'HTTP/1.1 200 OK 3000000 end' | head -n 5)" ] || show "$output"
  run peer web_client half-closes "$url/hello.txt" 5
  [ "$output" = "$(yes 'HTTP/1.1 200 OK 6 end' | head -n 5)" ] || show "$output"
  run peer web_client half-closes "$url/" 2
  [[ ${lines[1]} == 'HTTP/1.1 200 OK '*' end' ]]
}

@test "resets in the middle do no harm" {
  head -c 3000000 /dev/urandom >"$T/site/large"
  web -v
  run peer web_client resets "$url/large" 300
  [ "$output" = 'reset 300' ]
  soon
  logs web 'reason '
  not gone "${pid[web]}"
}

@test "an error response is not lost to a reset, however much was sent" {
  web -q
  head -c 3000000 /dev/zero >"$T/body"
  for _ in {1..20}; do
    [ "$(code -H 'Expect:' --data-binary "@$T/body" "$url/hello.txt")" = 405 ]
    [ "$(code -H 'Expect:' -H 'Bad Name: x' --data-binary "@$T/body" "$url/hello.txt")" = 400 ]
  done
}

@test "random bytes and broken requests do no harm" {
  web -q --upload --overwrite
  run peer web_client noise "$url/hello.txt" 4
  [ "$status" -eq 0 ] || show "$output"
  [[ $output == connections\ * ]]
  not gone "${pid[web]}"
  [ "$(code "$url/hello.txt")" = 200 ]
  none_left() { [ -z "$(find "$T/site" -name '*.part')" ]; }
  within 20 none_left
}

@test "endless pipelined requests are answered in order, in little memory" {
  head -c 60000 /dev/urandom >"$T/site/small"
  web -q
  soon
  "$PYTHON" - "${url#http://}" <<'PY'
import socket, sys, threading
host, port = sys.argv[1].split(":")
sock = socket.create_connection((host, int(port)))
sock.settimeout(20)
request = b"GET /small HTTP/1.1\r\nHost: a\r\n\r\n"
threading.Thread(target=sock.sendall, args=(request * 2000 + request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"),), daemon=True).start()
answers = 0
with sock.makefile("rb") as stream:
    while line := stream.readline():
        assert line == b"HTTP/1.1 200 OK\r\n", line
        while (line := stream.readline()) != b"\r\n":
            if line.lower().startswith(b"content-length"):
                length = int(line[15:])
        assert len(stream.read(length)) == length == 60000
        answers += 1
assert answers == 2001, answers
PY
  sanitized || [ "$(memory_of web)" -lt 16384 ] || show "$(memory_of web) kB"
}

# --- what is no file, and short supplies ---

@test "only files and folders are served, and nothing outside" {
  mkfifo "$T/site/fifo"
  "$PYTHON" -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$T/site/socket"
  [ "$(id -u)" -ne 0 ] || mknod "$T/site/device" c 1 5 || true
  ln -s /dev/zero "$T/site/zero"
  ln -s /proc "$T/site/proc"
  ln -s "$T" "$T/site/up"
  web -v
  logs web '(sandboxed to the folder|no sandbox)'
  for path in fifo socket device zero proc/self/environ proc/self/fd/0 up/old up/; do
    [ "$(code "$url/$path")" = 404 ] || show "$path: $(code "$url/$path")"
  done
  not grep -qE 'fifo|socket|device|zero|proc|up' <(ask "$url/?json")
  soon
}

@test "a file that may not be read is 403, and a folder too" {
  mkdir "$T/site/sub"
  chmod 0 "$T/site/hello.txt" "$T/site/sub"
  powerless serve
  [ "$(code "$url/hello.txt")" = 403 ]
  [ "$(code "$url/sub/")" = 403 ]
  chmod 700 "$T/site/sub"
}

@test "the served folder may be renamed, and removed" {
  web
  soon
  mv "$T/site" "$T/renamed"
  soon
  ask "$url/" | grep -q hello.txt
  rm -r "$T/renamed"
  now() { [ "$(code "$url/hello.txt")" = 404 ]; }
  within 20 now
  [[ $(code "$url/") == [45]0? || $(code "$url/") = 200 ]]
}

@test "a listing that runs out of memory is an error, and the server goes on" {
  ! sanitized || skip "sanitizers need all the addresses"
  mkdir "$T/site/many"
  (cd "$T/site/many" && seq -f "$(printf 'n%0150d' 0)%g" 30000 | xargs -d '\n' touch)
  web
  # What serves listings is there once one was asked for.
  ask -o /dev/null "$url/"
  local size
  size=$(sed -n 's/^VmSize:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/${pid[web]}/status")
  prlimit --pid "${pid[web]}" --as=$(((size + 3000) * 1024)):
  [ "$(code "$url/many/")" = 503 ]
  soon
  [ "$(code "$url/many/?json")" = 503 ]
  not gone "${pid[web]}"
  prlimit --pid "${pid[web]}" --as=unlimited:
  [ "$(code "$url/many/")" = 200 ]
}

@test "long listings do not hold up other requests" {
  mkdir "$T/site/many"
  (cd "$T/site/many" && seq 50000 | xargs touch)
  web -q
  for n in 1 2 3; do start "c$n" curl -s --max-time 30 "$url/many/" -o "$T/came$n"; done
  for _ in {1..10}; do soon; done
  for n in 1 2 3; do
    ends "c$n" 30
    [ "$status" -eq 0 ]
  done
  cmp "$T/came1" "$T/came2"
  grep -q '>50000<' "$T/came3"
}

@test "a client may leave while its listing is made" {
  mkdir "$T/site/many"
  (cd "$T/site/many" && seq 20000 | xargs touch)
  web -q
  peer web_client resets "$url/many/" 30
  soon
}
