"""One HTTP client that behaves in one of the ways below: web_client.py WAY URL [ARGUMENT]..."""

import os
import random
import re
import signal
import socket
import sys
import time

from net import PATIENCE, connect, main, parse, reset, say
from web_crowd import REQUEST, answer, where

BEGINNING = 100000  # bytes of a body that a waiting reader takes at once


def ask(url, receive_buffer=0):
    address, path = where(url)
    family, place = parse(address)
    sock = socket.socket(family)
    if receive_buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    sock.settimeout(PATIENCE)
    sock.connect(place)
    sock.sendall((REQUEST % (path, "client")).encode())
    return sock


def waits(url, file):
    """Reads the beginning of a body into `file`, says so, and reads the rest when a line has come on
    stdin. Tells how many bytes came of how many, and how it ended."""
    sock = ask(url, 64 * 1024)
    data = b""
    while b"\r\n\r\n" not in data:
        data += sock.recv(65536)
    head, body = data.split(b"\r\n\r\n", 1)
    length = int([line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")][0][15:])
    with open(file, "wb") as out:
        while len(body) < min(BEGINNING, length):
            body += sock.recv(65536)
        out.write(body)
        count = len(body)
        say("begun", head.split(b"\r\n")[0].decode())
        sys.stdin.readline()
        how = "whole"
        while count < length:
            try:
                piece = sock.recv(65536)
            except OSError as error:
                how = "cut"
                break
            if not piece:
                how = "cut"
                break
            out.write(piece)
            count += len(piece)
    say(how, count, "of", length)


def stops_listening(url, process):
    """Tells a server to end, and waits until it takes nobody any more."""
    os.kill(process, signal.SIGTERM)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            connect(where(url)[0]).close()
        except OSError:
            return


def says_more(url, version, process=0):
    """Asks in that version of HTTP, reads slowly, and says more while the answer is on its way: a
    line end, or (1.1) another request, upon which the process, if one is given, is told to end.
    Tells how much came."""
    address, path = where(url)
    family, place = parse(address)
    request = b"GET %s HTTP/%s\r\nHost: a\r\n\r\n" % (path.encode(), version.encode())
    sock = socket.socket(family)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 * 1024)
    sock.settimeout(PATIENCE)
    sock.connect(place)
    sock.sendall(request)
    head = b""
    while b"\r\n\r\n" not in head:
        head += sock.recv(1024)
    sock.sendall(request if version == "1.1" else b"\r\n")
    if process:
        stops_listening(url, process)
    count = len(head.split(b"\r\n\r\n", 1)[1])
    length = int(re.search(rb"(?i)\r\ncontent-length: *([0-9]+)", head)[1])
    try:
        while count < length:
            piece = sock.recv(65536)
            if not piece:
                break
            count += len(piece)
        say("whole" if count >= length else "ended early")
    except OSError as error:
        say("cut", count, "of", length, error)


def half_closes(url, times):
    """Ends its side right after the request. Tells the bodies' lengths."""
    for _ in range(times):
        with ask(url) as sock:
            sock.shutdown(socket.SHUT_WR)
            head, body = answer(sock)
            say(head.split(b"\r\n")[0].decode(), len(body), "end" if sock.recv(1) == b"" else "more")


def resets(url, times):
    """Resets the connection when some of the body has come, or before, or in the request."""
    for n in range(times):
        sock = ask(url)
        if n % 3 == 0:
            sock.recv(10000)
        elif n % 3 == 1:
            sock.sendall(b"GET /half HTTP/1.1\r\nHos")
        reset(sock)
    say("reset", times)


def noise(url, seconds):
    """Random bytes, and requests with some of their bytes changed, left out or repeated."""
    address, path = where(url)
    rng = random.Random(os.environ.get("SEED", 1))
    good = [
        REQUEST % (path, "noise"),
        "GET %s HTTP/1.1\r\nHost: a\r\nRange: bytes=0-5,7-9,-3\r\nIf-Range: \"x\"\r\n\r\n" % path,
        "PUT /noise HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 90\r\nContent-Type: multipart/form-data; "
        "boundary=XX\r\n\r\n--XX\r\nContent-Disposition: form-data; name=\"f\"; filename=\"noise\"\r\n"
        "\r\nabc\r\n--XX--\r\n",
        "GET /%2e%2e/%C3%A4?json HTTP/1.0\r\nAccept: application/json;q=0.5\r\nAccept-Encoding: br, *;q=0\r\n\r\n",
    ]
    deadline = time.monotonic() + seconds
    connections = 0
    while time.monotonic() < deadline:
        if rng.random() < 0.3:
            data = rng.randbytes(rng.randrange(1, 3000))
        else:
            data = bytearray("".join(rng.choices(good, k=rng.randrange(1, 4))).encode())
            for _ in range(rng.randrange(1, 6)):
                at = rng.randrange(len(data))
                how = rng.randrange(4)
                if how == 0:
                    data[at] = rng.randrange(256)
                elif how == 1:
                    del data[at:at + rng.randrange(1, 8)]
                elif how == 2:
                    data[at:at] = data[at:at + rng.randrange(1, 40)] * rng.randrange(1, 30)
                else:
                    data[at:at] = rng.choice([b"\r\n", b"\0", b"%00", b" ", b"\n", b":", b"99999999999999999999"])
                if not data:
                    data = bytearray(b"\n")
        with connect(address) as sock:
            sock.settimeout(0.05)
            try:
                sock.sendall(data)
                if rng.random() < 0.5:
                    sock.shutdown(socket.SHUT_WR)
                    while sock.recv(65536):
                        pass
            except OSError:
                pass
            if rng.random() < 0.2:
                reset(sock)
        connections += 1
    say("connections", connections)


if __name__ == "__main__":
    main([waits, says_more, half_closes, resets, noise])
