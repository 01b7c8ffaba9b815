# The cases of `anet forward` beside haproxy and nginx, and of `anet echo`.

# HAProxy in TCP mode, one thread: a single event loop, like the other two. No
# logs, room for every connection, timeouts too long to fire; everything else,
# such as its buffers of 16 KiB, as it comes.
start_haproxy() {
  cat >"$tmp/haproxy.cfg" <<EOT
global
  nbthread 1
  maxconn 4096
defaults
  mode tcp
  timeout connect 10s
  timeout client 5m
  timeout server 5m
listen bench
  bind 127.0.0.1:${port[haproxy]}
  server backend 127.0.0.1:$1
EOT
  start haproxy /usr/sbin/haproxy -db -f "$tmp/haproxy.cfg"
}

# nginx as it is deployed, a master and one worker, of which only the worker
# counts. No access log, room for every connection (two per session); the rest,
# such as proxy_buffer_size 16k and tcp_nodelay on, as it comes.
start_nginx() {
  cat >"$tmp/nginx.conf" <<EOT
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off;
worker_processes 1;
pid $tmp/nginx.pid;
error_log $tmp/nginx.err;
events { worker_connections 8192; }
stream {
  access_log off;
  server {
    listen 127.0.0.1:${port[nginx]};
    proxy_pass 127.0.0.1:$1;
  }
}
EOT
  start nginx /usr/sbin/nginx -e "$tmp/nginx.err" -p "$tmp" -c "$tmp/nginx.conf"
}

start_forwarders() {
  local name
  start_anet forward -q 0 "127.0.0.1:$1"
  has_peers || return 0
  for name in haproxy nginx; do
    find_port "$name"
    "start_$name" "$1"
    until_true answers "${port[$name]}" || die "$name does not listen: $(cat "$tmp/$name.err")"
  done
  until_true nginx_worker || die "nginx has no worker"
}

# Eight uploads at once, written and read in pieces of 256 KiB.
case_bulk() {
  local bytes=$((scale * 1024 * 1024 * 1024 / 20))
  start_printing backend "$tmp/serve" sink
  start_forwarders "${port[backend]}"
  compare bulk "ms/GiB" 0.35 1e6 "$((8 * bytes))/1024/1024/1024" "haproxy nginx" \
    load bulk 8 "$bytes"
}

# 64 kept connections, each waiting for its answer before it asks again.
case_requests() {
  local count=$((scale * 10000))
  start_printing backend "$tmp/serve" answer 1024
  start_forwarders "${port[backend]}"
  compare requests "µs/request" 1.00 1e3 "$count" "haproxy nginx" \
    load messages 64 "$count" 1024
}

# 16 at a time: open, 1 KiB, 1 KiB back, closed by the server, then the client.
# As the listening side always closes first, TIME_WAIT holds no port that a
# connecting side would want again, and one source address is enough.
case_connections() {
  local count=$((scale * 1000))
  start_printing backend "$tmp/serve" once 1024
  start_forwarders "${port[backend]}"
  compare connections "µs/connection" 0.95 1e3 "$count" "haproxy nginx" \
    load connections 16 "$count" 1024
}

# 8 kept connections of messages of 64 KiB, which is as much as is read at once.
case_echo_large() {
  local count=$((scale * 2000))
  start_anet echo -q 0
  start_printing epoll "$tmp/epoll_echo"
  compare echo_large "µs/message" 1.10 1e3 "$count" epoll load messages 8 "$count" 65536
}

# 64 kept connections of 64-byte messages against the least a server can do.
case_echo() {
  local count=$((scale * 20000))
  start_anet echo -q 0
  start_printing epoll "$tmp/epoll_echo"
  compare echo "µs/message" 1.10 1e3 "$count" epoll load messages 64 "$count" 64
}
