"""An HTTP server that answers with the raw replies of reply_table.py, whatever the request says:
raw_replies.py. It prints its address. The path names the reply, how it comes, and anything:

  /ROW/NAME           in one piece
  /ROW/split/N/NAME   in two pieces, the second when the client has read the first N bytes
  /ROW/bytewise/NAME  byte by byte, each when the client has read the one before it"""

import os
import socket
import struct
import sys
import threading
import time
from urllib.parse import unquote

from net import PATIENCE, listen, reset
from reply_table import FIN, OPEN, RESET, table

NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST = 4, 20, 1
MOST_BYTES = 400  # that a reply is sent by, one at a time: of a longer one the last and the first


class Unread:
    """Tells how many bytes the other end of a connection on this machine has not read: the kernel
    is asked for that end's socket (sock_diag(7))."""

    def __init__(self):
        try:
            self.netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG)
        except OSError:
            self.netlink = None

    def count(self, sock):
        """None when it cannot be told, as of an end that has closed."""
        try:
            (here, port), (there, peer_port) = sock.getsockname(), sock.getpeername()
        except OSError:
            return None
        ends = [socket.inet_aton(host).ljust(16, b"\0") for host in (there, here)]
        query = struct.pack("=BBBBI", socket.AF_INET, socket.IPPROTO_TCP, 0, 0, 0xFFFFFFFF)
        query += struct.pack("!HH16s16s", peer_port, port, *ends) + struct.pack("=III", 0, 0xFFFFFFFF, 0xFFFFFFFF)
        header = struct.pack("=IHHII", 16 + len(query), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, 0, 0)
        self.netlink.send(header + query)
        answer = self.netlink.recv(8192)
        if struct.unpack_from("=H", answer, 4)[0] != SOCK_DIAG_BY_FAMILY:
            return None
        return struct.unpack_from("=I", answer, 16 + 56)[0]

    def wait(self, sock):
        """Returns when it has read all."""
        if self.netlink is None:
            time.sleep(0.002)
            return
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.count(sock):
            os.sched_yield()


def request(sock):
    """Its path; None when there was no whole head."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        data = sock.recv(65536)
        if not data:
            return None
        head += data
    return unquote(head.split(b" ", 2)[1].decode())


def pieces(raw, path):
    """The parts in which the reply is sent."""
    how = path[2:]
    if how[:1] == ["split"]:
        cut = int(how[1])
        return [raw[:cut], raw[cut:]]
    if how[:1] == ["bytewise"]:
        first, last = min(len(raw), MOST_BYTES), max(MOST_BYTES, len(raw) - MOST_BYTES)
        return [*(raw[i:i + 1] for i in range(first)), raw[first:last], *(raw[i:i + 1] for i in range(last, len(raw)))]
    return [raw]


def send(sock, parts, unread):
    for number, part in enumerate(filter(None, parts)):
        if number:
            unread.wait(sock)
        sock.sendall(part)


def finish(sock, ending, unread):
    if ending == OPEN:
        while sock.recv(65536):
            pass
    if ending == RESET:
        unread.wait(sock)  # what was not read would be lost
        reset(sock)


def serve(sock, rows):
    unread = Unread()
    with sock:
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            path = (request(sock) or "").split("/")
            row = rows.get(path[1]) if len(path) > 1 else None
            if row is None:
                print("no such row:", path, file=sys.stderr, flush=True)
                return
            send(sock, pieces(row.raw, path), unread)
            finish(sock, row.ending, unread)
        except (ConnectionResetError, BrokenPipeError):
            pass  # it did not want the rest
        finally:
            if unread.netlink:
                unread.netlink.close()


def main():
    rows = table()
    assert {row.ending for row in rows.values()} <= {FIN, OPEN, RESET}
    listener = listen()
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=serve, args=(sock, rows), daemon=True).start()


if __name__ == "__main__":
    main()
