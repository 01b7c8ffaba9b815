"""What the peers share: addresses as anet writes them, bytes that differ at every place, and the
ways a connection can end."""

import fcntl
import hashlib
import os
import select
import socket
import struct
import sys
import termios
import time

PATIENCE = 30  # seconds after which a peer that waits in vain gives up
BLOCK = 64 * 1024


def say(*words):
    """A line on stdout, whole also when several threads have something to say."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def parse(text):
    if text.startswith("unix:@"):
        return socket.AF_UNIX, "\0" + text[len("unix:@"):]
    if text.startswith("unix:"):
        return socket.AF_UNIX, text[len("unix:"):]
    host, port = text.rsplit(":", 1)
    family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
    return family, (host.strip("[]"), int(port))


def show(address):
    if isinstance(address, (str, bytes)):
        name = address if isinstance(address, str) else address.decode()
        return "unix:" + name.replace("\0", "@", 1)
    return ("[%s]:%d" if ":" in address[0] else "%s:%d") % address[:2]


def connect(text):
    family, address = parse(text)
    sock = socket.socket(family)
    sock.settimeout(PATIENCE)
    sock.connect(address)
    return sock


def bound(text):
    family, address = parse(text)
    sock = socket.socket(family)
    sock.bind(address)
    return sock


def listen(text="127.0.0.1:0", backlog=512):
    sock = bound(text)
    sock.listen(backlog)
    say(show(sock.getsockname()))
    return sock


def blocks(total, seed=0):
    """`total` bytes in blocks, none like another."""
    filler = hashlib.shake_128(b"%d" % seed).digest(BLOCK)
    for number in range((total + BLOCK - 1) // BLOCK):
        size = min(BLOCK, total - number * BLOCK)
        yield (struct.pack("!Q", number) + filler[8:])[:size]


def checksum(total, seed=0):
    digest = hashlib.sha256()
    for block in blocks(total, seed):
        digest.update(block)
    return digest.hexdigest()


def send(sock, total, seed=0):
    for block in blocks(total, seed):
        sock.sendall(block)


def receive(sock, most=None):
    """All that comes: how many bytes, their checksum, and how it ended: end, reset or, when `most`
    have come, going on."""
    digest = hashlib.sha256()
    count = 0
    while most is None or count < most:
        try:
            data = sock.recv(BLOCK if most is None else min(BLOCK, most - count))
        except ConnectionResetError:
            return count, digest.hexdigest(), "reset"
        if not data:
            return count, digest.hexdigest(), "end"
        digest.update(data)
        count += len(data)
    return count, digest.hexdigest(), "going on"


def push(sock, most):
    """Sends until nothing was taken for a second, `most` was, or the other side cut it, and tells."""
    sock.setblocking(False)
    taken = 0
    for block in blocks(most):
        while block and select.select([], [sock], [], 1)[1]:
            try:
                n = sock.send(block)
            except OSError:
                return say("cut after", taken)
            taken += n
            block = block[n:]
        if block:
            return say("blocked after", taken)
    say("sent all", taken)


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def reset_after_all(sock):
    """Resets once the other side's kernel has what was sent: a reset drops what waits to be sent."""
    end = time.monotonic() + PATIENCE
    while struct.unpack("i", fcntl.ioctl(sock, termios.TIOCOUTQ, bytes(4)))[0] > 0:
        assert time.monotonic() < end
        time.sleep(0.001)
    reset(sock)


def main(ways):
    """Runs the function that the first word of the command line names, with the rest."""
    way = {f.__name__.replace("_", "-"): f for f in ways}[sys.argv[1]]
    way(*[int(word) if word.isdigit() else word for word in sys.argv[2:]])
