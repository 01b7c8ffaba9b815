"""Clients that do harm to a chat, and members who talk meanwhile: each of them must hear every line,
in order. chat_hardship.py WAY ADDRESS [ARGUMENT]... It prints how many lines were said."""

import random
import resource
import select
import socket
import sys
import threading
import time

from net import PATIENCE, connect, main, reset, say

PACE = 0.1  # seconds from line to line: what everybody may say without being slowed down
LEAST = 10  # lines that are said beside the hardship, however short it is


class Member:
    def __init__(self, address, name, waits=True):
        self.name, self.heard, self.others, self.sock = name, b"", [], connect(address)
        self.sock.sendall(b"login %s\nin\n" % name.encode())
        if waits:
            self.hears(b"Unknown command: in\n")

    def says(self, text):
        self.sock.sendall(b"say %s\n" % text)

    def line(self):
        while b"\n" not in self.heard:
            data = self.sock.recv(65536)
            assert data, "%s was thrown out" % self.name
            self.heard += data
        line, _, self.heard = self.heard.partition(b"\n")
        return line + b"\n"

    def hears(self, wanted, but_no=None):
        """It comes, and before it what there is but for lines that begin with `but_no`."""
        while (line := self.line()) != wanted:
            self.others.append(line)
            assert not but_no or not line.startswith(but_no), "%s heard %r, not %r" % (self.name, line[:80], wanted[:80])


class Talk:
    """Two members who count: one says the next number, and both hear it."""

    def __init__(self, address):
        self.members, self.number = [Member(address, "ann"), Member(address, "bob")], 0

    def turn(self, words=b""):
        self.number += 1
        self.members[0].says(b"%d%s" % (self.number, words))
        for member in self.members:
            member.hears(b"ann : %d%s\n" % (self.number, words), b"ann : ")


def beside(address, harm, *arguments):
    """Does the harm while two members talk."""
    talk, failed = Talk(address), []

    def do():
        try:
            harm(address, *arguments)
        except BaseException as e:
            failed.append(e)
            raise

    thread = threading.Thread(target=do, daemon=True)
    thread.start()
    while thread.is_alive() or talk.number < LEAST:
        talk.turn()
        time.sleep(PACE)
    if failed:
        sys.exit(1)
    say(talk.number, "lines were said and heard")
    return talk


# --- what they do ---


def comes_and_goes(address, times):
    """Connects and disconnects, every other time with a reset."""
    def harm(address):
        for turn in range(times):
            sock = connect(address)
            if turn % 2:
                reset(sock)
            sock.close()
    beside(address, harm)


def resets_anywhere(address, times):
    """Resets after each byte of a session, so many times."""
    script = b"\xff\xfb\x1flogin eva\r\nsay hello\nlook\nwho\nmsg ann hi\n/nick eve\njoin garden\nlogout\n"

    def harm(address):
        for _ in range(times):
            for count in range(len(script) + 1):
                sock = connect(address)
                sock.sendall(script[:count])
                if count % 2:
                    select.select([sock], [], [], PATIENCE)
                reset(sock)
    beside(address, harm)


def without_newline(address, megabytes):
    """So many megabytes without a newline in the room; then it talks as the others do."""
    def harm(address):
        eva = Member(address, "eva")
        eva.sock.sendall(b"say ")
        for _ in range(megabytes * 16):
            eva.sock.sendall(b"x" * 65536)
        eva.sock.sendall(b"\nsay and on\n")
        eva.hears(b"eva : and on\n")
    beside(address, harm)


def noise(address, seconds):
    """Random bytes on several connections, before the login and after it."""
    rng, end = random.Random(1), time.monotonic() + seconds

    def pour(sock):
        """Until it is dropped or slowed down, as is fair, or by chance."""
        sock.settimeout(0.5)
        try:
            while time.monotonic() < end and rng.random() > 0.001:
                sock.sendall(rng.randbytes(rng.randrange(1, 4096)))
                while select.select([sock], [], [], 0)[0] and sock.recv(65536):
                    pass
        except OSError:
            pass
        (reset if rng.random() < 0.5 else socket.socket.close)(sock)

    def again_and_again(beginning):
        turn = 0
        while time.monotonic() < end:
            sock = connect(address)
            sock.sendall(beginning % turn if beginning else b"")
            pour(sock)
            turn += 1

    def harm(_):
        threads = [threading.Thread(target=again_and_again, args=(beginning,))
                   for beginning in (b"", b"login noise%d\n", b"login more%d\nsay ")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    beside(address, harm)


def half_characters(address, times):
    """Half a character, and then the end of the connection."""
    def harm(address):
        for turn in range(times):
            with connect(address) as sock:
                sock.sendall((b"login half%d\nsay " % turn if turn % 2 else b"login ") + b"\xf0\x9f\x98\x80"[:1 + turn % 3])
                sock.shutdown(socket.SHUT_WR)
                while sock.recv(65536):
                    pass
    beside(address, harm)


def iac_storm(address, megabytes):
    """Telnet negotiation only: requests, and parameters that never end."""
    def harm(address):
        eva = Member(address, "eva")
        for piece in (b"\xff\xfb\x1f\xff\xfd\x03", b"\xff\xf6", b"\xff\xfa\x18\x00\xff\xff", b"\xff"):
            for _ in range(megabytes * 4):
                eva.sock.sendall(piece * (65536 // len(piece)))
        eva.sock.sendall(b"\xff\xf0\n\nsay \xff\xf1and on\n")
        eva.hears(b"eva : and on\n")
    beside(address, harm)


def never_reads(address, most):
    """A member that does not read is dropped before `most` megabytes were said."""
    deaf = Member(address, "deaf")
    # Else the kernel may keep as much as tcp_rmem says for it: 32 MB here.
    deaf.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    talk = Talk(address)
    words = b" " + b"x" * 4000
    left = b"deaf has left the room (too slow)\n"
    while not all(left in member.others for member in talk.members):
        talk.turn(words)
        assert talk.number * len(words) < most * 1000000, "it is still there"
    for _ in range(LEAST):
        talk.turn()
    deaf.sock.close()
    say(talk.number, "lines were said and heard")


def only_reads(address, seconds):
    """A member that says nothing is idle, even if there is always something for it to read."""
    eva, ann, end = Member(address, "eva"), Member(address, "ann"), time.monotonic() + seconds
    said = b"".join(b"say %s\n" % (b"x" * 4000) for _ in range(16))
    while b"eva has left the room" not in ann.heard:
        assert time.monotonic() < end, "it is still there"
        ann.heard = b""
        ann.sock.sendall(said * 8 + b"in\n")
        while not ann.heard.endswith(b"Unknown command: in\n"):
            ann.heard += ann.sock.recv(1 << 20)
        if select.select([eva.sock], [], [], 0.02)[0]:
            eva.sock.recv(1 << 18)


def has_missed(address, count):
    """A member who enters after so many lines hears the last of them, without a gap."""
    talk, words = Talk(address), b" and some more words, as one says them, and then a few more, to make it long"
    for _ in range(count):
        talk.turn(words)
    eva = Member(address, "eva", waits=False)
    assert eva.line() == b"Welcome to TestChat\n"
    line = eva.line()
    first = int(line.split()[2])
    for number in range(first, count + 1):
        assert line == b"ann : %d%s\n" % (number, words), line
        line = eva.line()
    assert line == b"Unknown command: in\n", line
    say("heard", count + 1 - first, "lines")


def pastes(address, count):
    """So many lines sent at once are all heard, and how fast."""
    talk = Talk(address)
    ann, bob = talk.members
    began = time.monotonic()
    ann.sock.sendall(b"".join(b"say line %d\n" % n for n in range(count)))
    for n in range(count):
        bob.hears(b"ann : line %d\n" % n, b"ann : ")
    say("heard after %d ms" % ((time.monotonic() - began) * 1000))


def asks(address, members, times):
    """In a room of so many, a member asks who is there several times at once, and reads the replies."""
    crowd = [Member(address, "a-long-name-to-be-told-%d" % number) for number in range(members)]
    eva = Member(address, "eva")
    eva.sock.sendall(b"who\n" * times + b"out\n")
    eva.hears(b"Unknown command: out\n")
    say("heard", len(crowd), "names", times, "times")


def floods(address, count, least_ms):
    """So many lines sent at once are all heard, not before `least_ms`, and the others meanwhile."""
    talk = Talk(address)
    eva, said = Member(address, "eva"), b"".join(b"say flood %d\n" % n for n in range(count))
    began = time.monotonic()
    eva.sock.sendall(said)
    last = b"eva : flood %d\n" % (count - 1)
    turns = 0
    while last not in eva.heard:
        talk.turn()
        turns += 1
        time.sleep(PACE)
        while select.select([eva.sock], [], [], 0)[0]:
            data = eva.sock.recv(65536)
            assert data, "thrown out"
            eva.heard += data
    took = (time.monotonic() - began) * 1000
    assert took >= least_ms, "all was heard after %d ms" % took
    for n in range(count):
        eva.hears(b"eva : flood %d\n" % n, b"eva : ")
    say("all was heard, and", turns, "lines beside it")


# --- many ---


class Crowd:
    """Members who all hear the same: what each heard since `begin`."""

    def __init__(self, address, count):
        resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
        self.poll, self.socks, self.heard, self.numbers = select.epoll(), {}, {}, []
        for _ in range(count):
            sock = connect(address)
            self.socks[sock.fileno()], self.heard[sock.fileno()] = sock, b""
            self.numbers.append(sock.fileno())
            self.poll.register(sock, select.EPOLLIN)
        self.listen(b"Welcome to TestChat\n")
        for number in range(count):
            self.sock(number).sendall(b"login m%d\nin\n" % number)
        self.listen(b"Unknown command: in\n")

    def sock(self, number):
        return self.socks[self.numbers[number]]

    def leave_out(self, number):
        """It stops reading, and is not checked any more."""
        self.poll.unregister(self.sock(number))
        del self.heard[self.numbers[number]]

    def hear(self, patience):
        """Who heard something."""
        ready = [fd for fd, _ in self.poll.poll(patience)]
        for fd in ready:
            data = self.socks[fd].recv(1 << 20)
            assert data, "m%d was thrown out" % self.numbers.index(fd)
            self.heard[fd] += data
        return ready

    def listen(self, text, who=None):
        """Until all of them, or all that count, have heard it."""
        waiting = {fd for fd in who or self.heard if text not in self.heard[fd]}
        while waiting:
            ready = self.hear(PATIENCE)
            assert ready, "%d do not hear %r" % (len(waiting), text)
            waiting -= {fd for fd in ready if fd in waiting and text in self.heard[fd]}

    def says(self, number, text):
        self.sock(number).sendall(b"say " + text + b"\n")

    def begin(self):
        self.says(0, b"begin")
        self.listen(b"m0 : begin\n")
        for fd, heard in self.heard.items():
            self.heard[fd] = heard[heard.index(b"m0 : begin\n"):]

    def check(self, said):
        """All heard the same, and each line once. In which order lines of several were said only the
        server knows: they come on several connections, and none waits for another."""
        first = self.heard[self.numbers[0]]
        for fd, heard in self.heard.items():
            assert heard == first, "m%d heard %r, and m0 %r" % (self.numbers.index(fd), heard, first)
        lines = first.split(b"\n")
        for line in said:
            assert lines.count(line) == 1, "%r was heard %d times" % (line, lines.count(line))


def talks(crowd, speakers, count, pace):
    """So many lines, each said by another of the first `speakers`, and heard by all."""
    said = []
    for turn in range(count):
        number = turn % speakers
        said.append(b"m%d : line %d" % (number, turn))
        crowd.says(number, b"line %d" % turn)
        end = time.monotonic() + pace
        while (left := end - time.monotonic()) > 0:
            crowd.hear(left)
    for line in said:
        crowd.listen(line + b"\n", crowd.numbers[:1])
    crowd.says(0, b"end")
    crowd.listen(b"m0 : end\n")
    for fd, heard in crowd.heard.items():
        crowd.heard[fd] = heard[:heard.index(b"m0 : end\n")]
    crowd.check(said)
    say(len(crowd.heard), "heard", len(said), "lines")


def many(address, count):
    """So many come, and some of them talk."""
    crowd = Crowd(address, count)
    crowd.begin()
    talks(crowd, count, 20, 0.2)


def crowd(address, count, lines):
    """The same, while the last never reads and the one before it floods. Waits for the end of stdin
    then."""
    everybody = Crowd(address, count)
    everybody.begin()
    everybody.leave_out(count - 1)
    everybody.sock(count - 2).sendall(b"say flood\n" * 20000)
    talks(everybody, count - 2, lines, 0.01)
    assert b"m%d : flood\n" % (count - 2) in everybody.heard[everybody.numbers[0]]
    sys.stdin.read()


main([comes_and_goes, resets_anywhere, without_newline, noise, half_characters, iac_storm, never_reads,
      only_reads, has_missed, pastes, asks, floods, many, crowd])
