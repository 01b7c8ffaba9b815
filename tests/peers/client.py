"""A client that behaves in one of the ways below: client.py WAY ADDRESS [ARGUMENT]...
It prints a line for what it saw."""

import select
import signal
import socket
import threading
import time

from net import blocks, checksum, connect, main, push, receive, reset_after_all, say, send


def observe(address):
    """Sends a byte, reads all, and tells how it ended."""
    try:
        sock = connect(address)
        sock.sendall(b"?")
    except (ConnectionResetError, BrokenPipeError):
        return say(0, "-", "reset")  # it was there and gone before connect had returned
    with sock:
        say(*receive(sock))


def listens(address, times):
    """So many connections at once: sends nothing, reads all, and tells how each ended."""
    socks = []
    while len(socks) < times:
        try:
            socks.append(connect(address))
        except ConnectionResetError:
            pass  # it was there and gone before connect had returned: nothing to read from
    for sock in socks:
        say(*receive(sock))
        sock.close()


def talks_first(address, size, times):
    """Sends `size` bytes before it reads, and then takes what there is, to a clean end; so many
    times."""
    for _ in range(times):
        with connect(address) as sock:
            send(sock, size)
            came = b""
            while data := sock.recv(4096):
                came += data
            say(came)


def half_close(address, size, times):
    """Sends `size` bytes, ends its own direction, and reads the answer; so many times."""
    for _ in range(times):
        with connect(address) as sock:
            send(sock, size)
            sock.shutdown(socket.SHUT_WR)
            say(*receive(sock))


def answers_late(address, size):
    """Reads until the server has ended, and then sends `size` bytes."""
    with connect(address) as sock:
        say(*receive(sock))
        send(sock, size)


def both(address, size):
    """Sends `size` bytes while as many come, and tells the checksum of those."""
    with connect(address) as sock:
        def give():
            send(sock, size)
            sock.shutdown(socket.SHUT_WR)
        sender = threading.Thread(target=give)
        sender.start()
        say(*receive(sock))
        sender.join()


def resets(address, size, times):
    """Sends `size` bytes and resets as soon as they are there; so many times."""
    for _ in range(times):
        sock = connect(address)
        send(sock, size)
        reset_after_all(sock)


def pushes(address, most):
    """Sends until nothing is taken any more, and holds on to the connection."""
    with connect(address) as sock:
        push(sock, most)
        signal.pause()


def drip(address, size):
    """Sends one byte at a time to an echo, and waits for each."""
    with connect(address) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number in range(size):
            byte = bytes([number % 256])
            sock.sendall(byte)
            assert sock.recv(16) == byte, number
        sock.shutdown(socket.SHUT_WR)
        assert sock.recv(1) == b""
    say(size, "came back one by one")


def halves(address, size, times):
    """Sends `size` bytes in two halves, one shortly after the other, and waits for their answer;
    so many times."""
    data = b"".join(blocks(size))
    with connect(address) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        began = time.monotonic()
        for _ in range(times):
            sock.sendall(data[:size // 2])
            time.sleep(0.002)
            sock.sendall(data[size // 2:])
            assert receive(sock, size) == (size, checksum(size), "going on")
        say(times, "rounds in %d ms" % ((time.monotonic() - began) * 1000))


def says(address, *parts):
    """Sends the parts to an echo, each when the one before has come back, and tells whose they
    were."""
    with connect(address) as sock:
        say("%s:%d" % sock.getsockname()[:2])
        for part in parts:
            data = part.encode("latin-1").decode("unicode_escape").encode("latin-1")
            sock.sendall(data)
            back = b""
            while len(back) < len(data):
                came = sock.recv(len(data))
                assert came
                back += came
            assert back == data
        sock.shutdown(socket.SHUT_WR)
        assert sock.recv(1) == b""


def converses(address, *messages):
    """Sends each message when something has come for the one before, and tells what came."""
    with connect(address) as sock:
        for message in messages:
            sock.sendall(message.encode())
            say(sock.recv(65536).decode())
        sock.shutdown(socket.SHUT_WR)
        say(*receive(sock))


def holds(address):
    """Holds a connection and sends nothing; tells when the other side ends it."""
    try:
        sock = connect(address)
    except ConnectionResetError:
        return say("reset after 0 ms")
    with sock:
        sock.settimeout(None)
        say("connected from", "%s:%d" % sock.getsockname()[:2])
        began = time.monotonic()
        _, _, how = receive(sock)
        say(how, "after %d ms" % ((time.monotonic() - began) * 1000))


def asks(address):
    """Holds a connection to an echo: one line goes round, then it only waits."""
    with connect(address) as sock:
        sock.sendall(b"hello\n")
        say(sock.recv(64).decode().strip())
        sock.settimeout(None)
        _, _, how = receive(sock)
        say(how)


def busy(address, millis):
    """Asks an echo all the time for so long."""
    end = time.monotonic() + millis / 1000
    with connect(address) as sock:
        while time.monotonic() < end:
            sock.sendall(b"x")
            if sock.recv(1) != b"x":
                return say("was cut")
            time.sleep(0.02)
    say("was served")


def crowd(address, size, millis):
    """So many connections at once to an echo. Those that got their answer stay for a while, and
    leave one after the other."""
    socks = {}
    for number in range(size):
        socks[connect(address)] = b"%d\n" % number
    for sock, line in socks.items():
        sock.sendall(line)
    free = time.monotonic() + millis / 1000
    served = 0
    while socks:
        ready = select.select(list(socks), [], [], 30)[0]
        assert ready, "%d of %d were served, then none for 30 s" % (served, size)
        for sock in ready:
            assert sock.recv(64) == socks.pop(sock)
            served += 1
            stay = free - time.monotonic()
            threading.Timer(max(stay, 0), sock.close).start()
    say(served, "served")


main([observe, listens, talks_first, half_close, answers_late, both, resets, pushes, drip, halves, says, converses, holds, asks, busy, crowd])
