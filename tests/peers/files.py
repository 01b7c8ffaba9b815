"""Runs nginx or lighttpd on a port that nobody else has: files.py nginx|lighttpd FOLDER WORK, with
WORK an empty folder for what the server writes. It prints the address, at which the server may not
listen yet."""

import os
import socket
import sys

from net import say, show

NGINX = """daemon off;
master_process off;
pid {work}/pid;
error_log {work}/error.log;
events {{ }}
http {{
  access_log off;
  sendfile on;
  client_body_temp_path {work}/body;
  proxy_temp_path {work}/proxy;
  fastcgi_temp_path {work}/fastcgi;
  uwsgi_temp_path {work}/uwsgi;
  scgi_temp_path {work}/scgi;
  server {{ listen {address} reuseport; root {folder}; }}
}}
"""

LIGHTTPD = """server.document-root = "{folder}"
server.errorlog = "{work}/error.log"
server.systemd-socket-activation = "enable"
"""


def main(which, folder, work):
    # Their packages put them where only root looks.
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    sock.bind(("127.0.0.1", 0))
    address = show(sock.getsockname())
    config = os.path.join(work, "config")
    with open(config, "x", encoding="utf-8") as f:
        f.write({"nginx": NGINX, "lighttpd": LIGHTTPD}[which].format(folder=folder, work=work, address=address))
    # It stays open: nginx listens beside it, and nobody else gets the port. lighttpd takes it.
    os.dup2(sock.fileno(), 3)
    os.set_inheritable(3, True)
    say(address)
    if which == "nginx":
        os.execvp("nginx", ["nginx", "-p", work, "-c", config, "-e", os.path.join(work, "error.log")])
    sock.listen()
    os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
    os.execvp("lighttpd", ["lighttpd", "-D", "-f", config])


main(*sys.argv[1:])
