# The cases of `anet serve` beside nginx and lighttpd: one folder for all, in
# the page cache.

# nginx as it is deployed, a master and one worker, of which only the worker
# counts. sendfile and the cache of open files, as for static files; no log,
# connections kept for as long as the client asks; the rest, such as
# tcp_nopush off and sendfile_max_chunk 2m, as it comes.
start_nginx_http() {
  mkdir -p "$tmp/nginx_files/put"
  cat >"$tmp/nginx.conf" <<EOT
user $(id -un) $(id -gn);
daemon off;
worker_processes 1;
pid $tmp/nginx.pid;
error_log $tmp/nginx.err;
events { worker_connections 8192; }
http {
  access_log off;
  sendfile on;
  open_file_cache max=1000 inactive=20s;
  open_file_cache_valid 60s;
  keepalive_requests 1000000000;
  client_body_temp_path $tmp/nginx_body;
  proxy_temp_path $tmp/nginx_proxy;
  fastcgi_temp_path $tmp/nginx_fastcgi;
  uwsgi_temp_path $tmp/nginx_uwsgi;
  scgi_temp_path $tmp/nginx_scgi;
  server {
    listen 127.0.0.1:${port[nginx]};
    root $tmp/files;
    location /put/ {
      root $tmp/nginx_files;
      client_body_temp_path $tmp/nginx_files/body;
      dav_methods PUT;
      client_max_body_size 0;
    }
    location /chunked/ { # a filter that changes the length, and here nothing
      alias $tmp/files/;
      sub_filter_types application/octet-stream;
      sub_filter 'these words are in no file' '';
      sendfile off;
      output_buffers 2 64k;
    }
  }
}
EOT
  start nginx "${server_cpu[@]}" /usr/sbin/nginx -e "$tmp/nginx.err" -p "$tmp" -c "$tmp/nginx.conf"
}

# lighttpd has no log unless told so; room for every connection, kept for as
# long as the client asks; the rest, such as its cache of stat, as it comes.
start_lighttpd_http() {
  cat >"$tmp/lighttpd.conf" <<EOT
server.document-root = "$tmp/files"
server.bind = "127.0.0.1"
server.port = ${port[lighttpd]}
server.errorlog = "$tmp/lighttpd.err"
server.max-connections = 8192
server.max-fds = 8192
server.max-keep-alive-requests = 1000000000
server.max-keep-alive-idle = 75
mimetype.assign = ( ".bin" => "application/octet-stream" )
EOT
  start lighttpd "${server_cpu[@]}" /usr/sbin/lighttpd -D -f "$tmp/lighttpd.conf"
}

# start_web_peer NAME: nginx or lighttpd.
start_web_peer() {
  find_port "$1"
  "start_$1_http"
  until_true answers "${port[$1]}" || die "$1 does not listen: $(cat "$tmp/$1.err")"
}

start_web_servers() {
  local name
  ulimit -Sn 8192 || die "4000 connections need more descriptors than the hard limit"
  start_anet serve -q -l 0 "$tmp/files"
  has_peers || return 0
  for name in nginx lighttpd; do
    start_web_peer "$name"
  done
  until_true nginx_worker || die "nginx has no worker"
}

# make_file NAME SIZE: made of FILE_LINE of net.h; the load tool checks that.
# `yes` ends of SIGPIPE, as it should.
make_file() {
  mkdir -p "$tmp/files"
  { yes 0123456789abcde || true; } 2>/dev/null | head -c "$2" >"$tmp/files/$1"
}

# 64 kept connections, each waiting for its answer before it asks again.
case_small() {
  local count=$((scale * 10000))
  make_file 1k.bin 1024
  start_web_servers
  start_printing epoll "${server_cpu[@]}" "$tmp/epoll_http"
  compare small "µs/request" 0.95 1e3 "$count" "nginx lighttpd epoll" \
    http_load kept 64 "$count" 1k.bin 1024
}

# 16 at a time; the server closes first, see case_connections of forward.bash.
case_connect() {
  local count=$((scale * 1000))
  make_file 1k.bin 1024
  start_web_servers
  compare connect "µs/request" 0.95 1e3 "$count" "nginx lighttpd" \
    http_load closed 16 "$count" 1k.bin 1024
}

# Twice what anet serve keeps the bytes of: sent from the file.
case_kept() {
  local count=$((scale * 4000)) size=$((32 * 1024))
  make_file 32k.bin "$size"
  start_web_servers
  compare kept "µs/request" 1.00 1e3 "$count" "nginx lighttpd" \
    http_load kept 64 "$count" 32k.bin "$size"
}

case_medium() {
  local count=$((scale * 2000)) size=$((100 * 1024))
  make_file 100k.bin "$size"
  start_web_servers
  compare medium "µs/request" 1.00 1e3 "$count" "nginx lighttpd" \
    http_load kept 64 "$count" 100k.bin "$size"
}

case_large() {
  local size=$((scale * 1024 * 1024 * 1024 / 20))
  make_file large.bin "$size"
  start_web_servers
  compare large "ms/GiB" 1.00 1e6 "4*$size/1024/1024/1024" "nginx lighttpd" \
    http_load kept 4 4 large.bin "$size"
  rm "$tmp/files/large.bin"
}

# Each PUT replaces the file of the one before.
case_put() {
  local size=$((scale * 1024 * 1024 * 1024 / 20))
  mkdir -p "$tmp/files" "$tmp/anet_files/put"
  start_anet serve -q --upload --overwrite -l 0 "$tmp/anet_files"
  if has_peers; then
    start_web_peer nginx
    until_true nginx_worker || die "nginx has no worker"
  fi
  compare put "ms/GiB" 1.00 1e6 "$size/1024/1024/1024" nginx http_load put 1 put/large.bin "$size"
  rm -f "$tmp"/*_files/put/large.bin
}

# The kernel's exact count: VmRSS of /proc/PID/status may lag by some pages of
# each CPU.
resident_bytes() {
  awk '/^Rss:/ { print $2 * 1024 }' "/proc/$1/smaps_rollup"
}

printed_idle() {
  [ "$(head -n 1 "$tmp/holder.out")" = idle ]
}

# held_bytes NAME COUNT: prints by how much NAME has grown for each of COUNT
# connections that have had an answer and rest. One request comes before the
# first look: what the server keeps for all connections is not counted.
held_bytes() {
  local name=$1 count=$2 before after
  load "$name" http_load kept 1 1 1k.bin 1024
  until_true has_settled "${pid[$name]}" || die "$name is gone or never idle"
  before=$(resident_bytes "${pid[$name]}")
  start holder "$tmp/http_load" idle "${port[$name]}" "$count" 1k.bin 1024
  until_true printed_idle || die "$name: not all connections rest: $(cat "$tmp/holder.err")"
  until_true has_settled "${pid[$name]}" || die "$name is gone or never idle"
  after=$(resident_bytes "${pid[$name]}")
  kill "${pid[holder]}"
  echo $(((after - before) / count))
}

# A server keeps what it had for its first connections, so each round has new
# processes. nginx makes its table of connections at the start, so its figure
# lacks that.
case_idle() {
  [ -z "$profile" ] || return 0
  local count=4000 round name
  make_file 1k.bin 1024
  rm -f "$tmp"/*.figures
  for ((round = 0; round <= rounds; round++)); do
    start_web_servers
    for name in anet $(peers_of nginx lighttpd); do
      held_bytes "$name" "$count" >"$tmp/held"
      add_figure idle bytes/connection "$round" "$name" "$(cat "$tmp/held")"
    done
    stop_all
  done
  report idle bytes/connection "1024 bytes" nginx lighttpd
}
