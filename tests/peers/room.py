"""A server for those who join a room, that behaves in one of the ways below: room.py WAY
[ARGUMENT]... It prints its address, and says on stderr what it saw."""

import socket
import sys
import threading
import time

from net import listen, main, reset


def log(*words):
    print(*words, file=sys.stderr, flush=True)


def each(serve):
    """Every connection in its own thread."""
    listener = listen()
    while True:
        sock, _ = listener.accept()
        log("connected")
        threading.Thread(target=serve, args=(sock,), daemon=True).start()


def late(delay_ms):
    """Answers the first line after a while, and ends."""
    def serve(sock):
        with sock:
            line = sock.makefile("rb").readline()
            time.sleep(delay_ms / 1000)
            try:
                sock.sendall(b"heard " + line)
            except OSError:
                pass
    each(serve)


def record(sock, name, most, pause):
    count, how = 0, "end"
    with sock, open(name, "wb") as file:
        try:
            while data := sock.recv(most):
                file.write(data)
                count += len(data)
                time.sleep(pause)
        except ConnectionResetError:
            how = "reset"
    log("heard", count, how)


def records(name):
    """Writes all it hears to a file, and tells how much that was and how it ended."""
    each(lambda sock: record(sock, name, 65536, 0))


def slow(name):
    """The same, with a small window and in its own time."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    print("127.0.0.1:%d" % listener.getsockname()[1], flush=True)
    record(listener.accept()[0], name, 4096, 0.002)


def deaf():
    """Reads nothing."""
    each(lambda sock: threading.Event().wait())


def leaves(words):
    """Says something when the first line has come, and closes, with the others unread."""
    def serve(sock):
        with sock:
            sock.recv(10)
            sock.sendall(words.encode() + b"\n")
            sock.shutdown(socket.SHUT_WR)
    each(serve)


def resets():
    """Cuts every connection."""
    each(reset)


def says(text, then="leave"):
    """Says what `text` is with its escapes undone, and leaves or stays."""
    def serve(sock):
        with sock:
            sock.sendall(text.encode().decode("unicode_escape").encode("latin-1"))
            while then == "stay" and sock.recv(4096):
                pass
    each(serve)


def asks(prompt):
    """Asks for a name, without a newline behind the question, and greets who answers."""
    def serve(sock):
        with sock:
            sock.sendall(prompt.encode())
            for line in sock.makefile("rb"):
                sock.sendall(b"hello " + line)
    each(serve)


main([late, records, slow, deaf, leaves, resets, says, asks])
