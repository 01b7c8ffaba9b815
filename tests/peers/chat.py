"""Members of a chat, all in one process, who do what a script says: chat.py room|line ADDRESS. The
script is on stdin, a line each: who (several with commas: each in turn), what, and with which text.

  connects             opens a connection
  enters               the same, and logs in under its own name; it has not heard more than it must
  sends TEXT           a line
  puts TEXT            what is no whole line, or several
  drips TEXT           the same, each byte by itself
  hears TEXT           the next line that came, or comes, is this
  hears-like REGEX     the same, for what differs from run to run
  hears-nothing        there is nothing more to hear
  waits-for TEXT       this line comes, whatever comes before
  leaves               logs out, and sees the end
  sees-the-end         nothing more comes, and the server has closed
  is-reset             the same, or a reset, and what came before it does not count
  stops-sending        ends its own direction
  hangs-up             closes
  resets               closes with a reset

In TEXT \\xNN, \\n, \\r, \\t, \\0 and \\\\ are what they are in C, and {x*5} is xxxxx. `done` says so on
stdout, for who waits for it. Empty lines and those with # count for nothing. The first thing that
is not as it should be ends the program with a line on stderr."""

import re
import select
import socket
import sys
import time

from net import PATIENCE, connect, main, reset, say

ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"0": b"\0", b"\\": b"\\"}
QUIET = 0.15  # seconds in which nothing comes, where there is nothing to ask


def expand(text):
    data = re.sub(r"\{(.+?)\*([0-9]+)\}", lambda m: m[1] * int(m[2]), text).encode()
    return re.sub(rb"\\(x[0-9a-f]{2}|.)",
                  lambda m: bytes([int(m[1][1:], 16)]) if m[1][:1] == b"x" else ESCAPES[m[1]], data)


class Member:
    end = b"\n"

    def __init__(self, name, address):
        self.name, self.sock, self.heard, self.asked = name, connect(address), b"", 0
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def put(self, data):
        self.sock.sendall(data)

    def more(self, patience=PATIENCE):
        """False at the end, or when nothing came for so long."""
        if not select.select([self.sock], [], [], patience)[0]:
            return False
        data = self.sock.recv(65536)
        self.heard += data
        return bool(data)

    def line(self):
        """The next one, with its end; less than one when no more came."""
        while self.end not in self.heard:
            if not self.more():
                break
        line, end, rest = self.heard.partition(self.end)
        self.heard = rest
        return line + end

    def hears(self, text):
        line = self.line()
        assert line == expand(text) + self.end, "came %r" % line

    def hears_like(self, pattern):
        line = self.line()
        assert re.fullmatch(pattern.encode() + re.escape(self.end), line), "came %r" % line

    def waits_for(self, text):
        came = []
        while (line := self.line()) != expand(text) + self.end:
            came.append(line)
            assert line.endswith(self.end), "came %r" % came

    def sends(self, text):
        self.put(expand(text) + self.end)

    def puts(self, text):
        self.put(expand(text))

    def drips(self, text):
        for byte in expand(text):
            self.put(bytes([byte]))
            time.sleep(0.001)

    def sees_the_end(self, _):
        while self.more():
            pass
        assert not self.heard, "came %r" % self.heard
        assert not select.select([self.sock], [], [], PATIENCE)[0] or self.sock.recv(1) == b""
        self.sock.close()

    def is_reset(self, _):
        try:
            while self.sock.recv(65536):
                pass
        except ConnectionResetError:
            pass
        self.sock.close()

    def stops_sending(self, _):
        self.sock.shutdown(socket.SHUT_WR)

    def hangs_up(self, _):
        self.sock.close()

    def resets(self, _):
        reset(self.sock)


class InRoom(Member):
    """An unknown command has one line for an answer, and before the login two: so one can ask
    whether the server has come so far, and has had nothing else to say."""

    def enters(self, _):
        self.hears("Welcome to TestChat")
        self.sends("login " + self.name)
        self.hears_nothing(_)

    def hears_nothing(self, _):
        self.asked += 1
        self.sends("silence-%d" % self.asked)
        self.hears("Unknown command: silence-%d" % self.asked)

    def leaves(self, _):
        self.sends("logout")
        self.sees_the_end(_)


class OnLine(Member):
    """Nobody is answered here, so one can only wait."""
    end = b"\r\n"

    def enters(self, _):
        self.hears("What's your name?")
        self.sends(self.name)
        self.hears("Welcome, %s!" % self.name)

    def hears_nothing(self, _):
        self.more(QUIET)
        assert not self.heard, "came %r" % self.heard

    def leaves(self, _):
        self.stops_sending(_)
        self.sees_the_end(_)


def act(kind, address, members, line):
    names, verb, text = (line.split(" ", 2) + ["", ""])[:3]
    if names == "done":
        return say("done")
    for name in names.split(","):
        if verb in ("connects", "enters"):
            members[name] = kind(name, address)
        if verb != "connects":
            getattr(members[name], verb.replace("-", "_"))(text)


def play(kind, address):
    members = {}
    for number, line in enumerate(sys.stdin, 1):
        line = line.strip()
        if line and not line.startswith("#"):
            try:
                act(kind, address, members, line)
            except (AssertionError, OSError) as e:
                sys.exit("%d: %s: %s" % (number, line, e))


def room(address):
    play(InRoom, address)


def line(address):
    play(OnLine, address)


main([room, line])
