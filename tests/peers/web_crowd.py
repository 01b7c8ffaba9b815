"""Many HTTP clients at once, in one process: web_crowd.py WAY URL COUNT [ARGUMENT]..."""

import resource
import selectors
import socket
import sys
import time
import urllib.parse

from net import PATIENCE, connect, main, say

SLOWLY = 5  # seconds between two bytes of a slow client
REQUEST = "GET %s HTTP/1.1\r\nHost: crowd\r\nUser-Agent: %s\r\n\r\n"


def where(url):
    parts = urllib.parse.urlsplit(url)
    return parts.netloc, parts.path or "/"


def allow(descriptors):
    """As many descriptors, or the test cannot be made here."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < descriptors + 32:
        sys.exit("only %d descriptors" % hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors + 32, hard))


def answer(sock):
    """One whole answer, head and body; what there was of it when the connection ended before."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = sock.recv(65536)
        if not piece:
            return data, b""
        data += piece
    head, body = data.split(b"\r\n\r\n", 1)
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, value = line.split(b":", 1)
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        piece = sock.recv(65536)
        if not piece:
            break
        body += piece
    return head, body


def slow(url, count):
    """Clients that send a byte of their heads every 5 seconds, and come again when they are cut.
    Tells when all have sent their first byte, and each round of bytes after it."""
    allow(count)
    address, path = where(url)
    head = (REQUEST % (path, "slow" * 50)).encode()
    clients = []

    def again():
        sock = connect(address)
        sock.setblocking(False)
        return [sock, 0]

    for _ in range(count):
        clients.append(again())
    while True:
        started = time.monotonic()
        cut = 0
        for client in clients:
            try:
                client[0].send(head[client[1]:client[1] + 1])
                client[1] += 1
                if client[0].recv(65536) == b"":
                    raise ConnectionResetError
            except BlockingIOError:
                pass
            except OSError:
                client[0].close()
                client[:] = again()
                client[0].send(head[:1])
                client[1] = 1
                cut += 1
        say("round of", count, "with", cut, "cut")
        time.sleep(max(0, started + SLOWLY - time.monotonic()))


def keeps(url, count, gap=0):
    """Connections that get an answer each, one after the other, and then rest. Tells how many did,
    and how many are ended by the server when others need their place."""
    allow(count)
    address, path = where(url)
    socks, answered = [], 0
    for _ in range(count):
        sock = connect(address)
        sock.sendall((REQUEST % (path, "keeps")).encode())
        head, _ = answer(sock)
        answered += head.startswith(b"HTTP/1.1 200 ")
        socks.append(sock)
    say("answered", answered)
    while True:
        time.sleep(PATIENCE)


def silent(url, count):
    """Connections that never send anything. Tells when they are there, and what becomes of them."""
    allow(count)
    address, _ = where(url)
    socks = [connect(address) for _ in range(count)]
    say("connected", count)
    ended = 0
    for sock in socks:
        sock.settimeout(PATIENCE)
        try:
            ended += sock.recv(1) == b""
        except OSError as error:
            say(error)
    say("ended", ended)


def storm(url, count):
    """So many at once ask for one file. Tells how many got it whole, and how the others failed."""
    allow(count)
    address, path = where(url)
    host, port = address.rsplit(":", 1)
    host = socket.gethostbyname(host)
    selector = selectors.DefaultSelector()
    request = (REQUEST % (path, "storm")).replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n").encode()
    for _ in range(count):
        sock = socket.socket()
        sock.setblocking(False)
        sock.connect_ex((host, int(port)))
        selector.register(sock, selectors.EVENT_WRITE, bytearray())
    bodies, failures = {}, {}
    deadline = time.monotonic() + PATIENCE
    left = count
    while left and time.monotonic() < deadline:
        for key, events in selector.select(1):
            sock, data = key.fileobj, key.data
            try:
                if events & selectors.EVENT_WRITE:
                    sock.sendall(request)
                    selector.modify(sock, selectors.EVENT_READ, data)
                    continue
                piece = sock.recv(65536)
            except OSError as error:
                failures[str(error)] = failures.get(str(error), 0) + 1
                piece = None
            if piece:
                data += piece
                continue
            selector.unregister(sock)
            sock.close()
            left -= 1
            if piece is not None:
                head, _, body = bytes(data).partition(b"\r\n\r\n")
                outcome = (head.split(b"\r\n")[0].decode(), len(body))
                bodies[outcome] = bodies.get(outcome, 0) + 1
    for (line, length), times in sorted(bodies.items()):
        say(times, "times", line, "with", length, "bytes")
    for error, times in failures.items():
        say(times, "times", error)
    if left:
        say(left, "without an end")


if __name__ == "__main__":
    main([slow, keeps, silent, storm])
