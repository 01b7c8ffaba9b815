"""Sends the requests of raw_table.py to `anet serve` and holds its answers to them:
raw_requests.py make FOLDER; raw_requests.py send WAY URL, with WAY one of

  whole    each request in one piece, and another one when it was answered
  split    in two pieces, cut at each byte
  bytes    byte by byte
  twice    two of it in one piece: the second is answered like the first, unless that closes
  behind   with a good request and another behind it in one piece

It prints a line for each answer that is wrong, and one that counts; it fails if one was wrong."""

import re
import select
import socket
import sys
import time
from email.utils import parsedate_to_datetime
from urllib.parse import quote

from net import PATIENCE, connect, main, say
from raw_folder import FILES, Folder, make
from raw_table import Row, get, table

AT_ONCE = 200  # connections
MOST_SHOWN = 3  # wrong answers to the same row
MOST_WRONG = 50  # rows; then it gives up
SILENCE = 5  # seconds after which nothing more is awaited of a connection

GOOD = Row("the good one", get("/with/text.txt"), 200, {"Content-Type": "text/plain; charset=utf-8"},
           FILES["with/text.txt"])
LAST = Row("the last one", get("/last.txt", "Connection: close"), 200, None, FILES["last.txt"], stays=False)


# --- answers ---


class Wrong(Exception):
    pass


class Answer:
    """Takes the first answer off `data`, as strictly as RFC 9112 lets a server write it; `rest` is
    what follows it."""

    def __init__(self, data, head):
        top, end, rest = data.partition(b"\r\n\r\n")
        if not end:
            raise Wrong("no whole head: %.200r" % data)
        line, *fields = top.split(b"\r\n")
        match = re.fullmatch(rb"HTTP/1\.1 ([1-5][0-9][0-9]) [ -~]*", line)
        if not match:
            raise Wrong("the status line is %.200r" % line)
        self.status = int(match[1])
        self.fields = [self.split(field) for field in fields]
        self.body, self.rest = self.take_body(rest, head)
        self.octets = data[:len(data) - len(self.rest)]

    @staticmethod
    def split(line):
        match = re.fullmatch(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+): ([\t -~\x80-\xff]*)", line)
        if not match:
            raise Wrong("a field's line is %.200r" % line)
        return match[1].decode().lower(), match[2].decode("latin-1")

    def take_body(self, rest, head):
        if head or self.status < 200 or self.status in (204, 304):
            return b"", rest
        length = self.field("Content-Length")
        if length is None or not re.fullmatch("[0-9]+", length):
            raise Wrong("status %d, and Content-Length is %r" % (self.status, length))
        if len(rest) < int(length):
            raise Wrong("status %d, and only %d bytes of %s" % (self.status, len(rest), length))
        return rest[:int(length)], rest[int(length):]

    def field(self, name):
        values = [value for key, value in self.fields if key == name.lower()]
        if len(values) > 1:
            raise Wrong("two fields %s" % name)
        return values[0] if values else None

    def closes(self):
        return (self.field("Connection") or "").lower() == "close"

    def timeless(self):
        """What two answers to the same request have in common."""
        octets = re.sub(rb"\r\nDate: [^\r]*", b"", self.octets, 1)
        boundary = re.search(rb"boundary=(\S+)", octets)
        return octets.replace(boundary[1], b"") if boundary else octets


def is_value(came, right):
    if right is True:
        return came is not None
    if isinstance(right, tuple):
        return came in right
    if isinstance(right, re.Pattern):
        return came is not None and right.fullmatch(came) is not None
    return came == right


def general_faults(answer):
    """What every answer has to be like."""
    moment = re.fullmatch(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT",
                          answer.field("Date") or "")
    if not moment or abs(parsedate_to_datetime(moment[0]).timestamp() - time.time()) > PATIENCE * 2:
        yield "Date is %r" % answer.field("Date")
    if not re.fullmatch(r"anet/[0-9.]+", answer.field("Server") or ""):
        yield "Server is %r" % answer.field("Server")
    if answer.field("Transfer-Encoding") is not None:
        yield "Transfer-Encoding is %r" % answer.field("Transfer-Encoding")
    if answer.status >= 400 and answer.field("Content-Type") != "text/html; charset=utf-8":
        yield "the page of status %d has Content-Type %r" % (answer.status, answer.field("Content-Type"))


def faults(row, answer):
    """What is wrong with an answer to the row."""
    if answer.status not in row.statuses:
        yield "status is %d, right is %s" % (answer.status, " or ".join(map(str, row.statuses)))
        return
    yield from general_faults(answer)
    for name, right in row.fields.items():
        if not is_value(answer.field(name), right):
            yield "%s is %r, right is %r" % (name, answer.field(name), right)
    if callable(row.body):
        wrong = row.body(answer)
        if wrong:
            yield wrong
    elif row.body is not None and answer.body != row.body:
        yield "the body is %d bytes, %.60r, right are %d, %.60r" % (len(answer.body), answer.body, len(row.body), row.body)
    elif row.body is None and not answer.body and answer.status >= 300 and answer.status != 304 and not row.head:
        yield "status %d without a page" % answer.status
    if not row.silently and row.stays is not None and answer.closes() == row.stays:
        yield "Connection is %r, right is that it %s" % (answer.field("Connection"), "stays" if row.stays else "closes")


# --- connections ---


class Talk:
    """A connection on which a request is sent in pieces. `rows` are what is to be answered on it."""

    def __init__(self, row, how, pieces, rows):
        self.row, self.how, self.pieces, self.rows = row, how, pieces, rows
        self.came, self.end = b"", None

    def open(self, address):
        self.sock = connect(address)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, piece):
        """All of it before anything is read, so that an answer can be lost to a reset."""
        try:
            if self.end is None:
                self.sock.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass  # reading tells
        except TimeoutError:
            self.end = "not read from"

    def receive(self):
        try:
            data = self.sock.recv(1 << 20, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except ConnectionResetError:
            self.end = "reset"
            return
        self.came += data
        if not data:
            self.end = "end"

    def judge(self):
        """What is wrong with what came."""
        rest, first = self.came, None
        for row in self.rows:
            if not rest and row is not self.rows[0]:
                return ["nothing came for %s" % row.name if row in (GOOD, LAST) else "no second answer"]
            answer = Answer(rest, row.head)
            wrong = list(faults(row, answer))
            if wrong:
                return [fault if row is self.row else "%s: %s" % (row.name, fault) for fault in wrong]
            if first is None:
                first = answer
            elif row is self.row and answer.timeless() != first.timeless():
                return ["the second answer is another: %.300r and %.300r" % (first.timeless(), answer.timeless())]
            rest = answer.rest
            if row is self.row and row.stays is None and answer.closes():
                break
        if rest:
            return ["more came than was asked for: %.200r" % rest]
        return [] if self.end == "end" else ["the connection did not end, but: %s" % self.end]

    def problems(self):
        try:
            return self.judge()
        except Wrong as e:
            return [str(e)]


class Probe:
    """Tells when the server has read what was sent to it before."""

    def __init__(self, address):
        self.sock = connect(address)
        self.ask()  # a connection that is served tells the same of those that were made before

    def wait(self):
        """What is ready is handed out to an event loop in turns. The first question may be seen in
        one turn with what was sent before it, or even in the one before, and be answered first; the
        second one then still in one turn with it; the third comes after it."""
        for _ in range(3):
            self.ask()

    def ask(self, name="last.txt", coding="identity"):
        """The ETag of a file."""
        self.sock.sendall(get("/" + quote(name), "Accept-Encoding: " + coding, method="HEAD"))
        came = b""
        while not came.endswith(b"\r\n\r\n"):
            data = self.sock.recv(65536)
            if not data:
                raise Wrong("the probe's connection ended: %r" % came)
            came += data
        return Answer(came, True).field("ETag")


def play(address, talks):
    """Each sends its pieces, the next one after the one before was read, and receives until the end."""
    poll = select.epoll()
    open_talks = {}
    for talk in talks:
        talk.open(address)
        open_talks[talk.sock.fileno()] = talk
        poll.register(talk.sock, select.EPOLLIN)
    probe = Probe(address)

    def receive(timeout):
        events = poll.poll(timeout)
        for fd, _ in events:
            talk = open_talks[fd]
            talk.receive()
            if talk.end:
                poll.unregister(fd)
                del open_talks[fd]
        return events

    for step in range(max(len(talk.pieces) for talk in talks)):
        for talk in list(open_talks.values()):
            if step < len(talk.pieces):
                talk.send(talk.pieces[step])
        probe.wait()
        receive(0)
    while open_talks and receive(SILENCE):
        pass
    for talk in open_talks.values():
        talk.end = "it stays open"
    for talk in talks:
        talk.sock.close()
    probe.sock.close()
    poll.close()


# --- ways to send ---


def ends_of(n):
    """Places in `n` bytes: all, or if there are many, those of the first 200 and of the last 100."""
    return list(range(1, n)) if n <= 400 else list(range(1, 201)) + list(range(n - 100, n))


def cuts(n):
    """Where a request of so many bytes is cut; not everywhere in one that is huge."""
    if n <= 5000:
        return ends_of(n)
    step = 1 if n < 200000 else 16
    return sorted(set(ends_of(n)[::step] + [n // 3, n // 2, 8191, 8192, min(32768, n - 1), min(65536, n - 1)]))


def rest_of(row):
    """What is sent when it was answered, and what is to be answered then."""
    return ([], [row]) if row.stays is False else ([LAST.raw], [row, LAST])


def whole(row):
    pieces, rows = rest_of(row)
    yield Talk(row, "whole", [row.raw] + pieces, rows)


def split(row):
    pieces, rows = rest_of(row)
    for at in cuts(len(row.raw)):
        yield Talk(row, "split after %d of %d bytes" % (at, len(row.raw)), [row.raw[:at], row.raw[at:]] + pieces, rows)


def byte_by_byte(row):
    pieces, rows = rest_of(row)
    at = [0] + ends_of(len(row.raw)) + [len(row.raw)]
    yield Talk(row, "byte by byte", [row.raw[a:b] for a, b in zip(at, at[1:])] + pieces, rows)


def twice(row):
    pieces, rows = rest_of(row)
    yield Talk(row, "twice", [row.raw * 2] + pieces, [row] * (1 if row.stays is False else 2) + rows[1:])


def behind(row):
    if row.stays is not False:
        yield Talk(row, "with a good one behind it", [row.raw + GOOD.raw + LAST.raw], [row, GOOD, LAST])


WAYS = {"whole": whole, "split": split, "bytes": byte_by_byte, "twice": twice, "behind": behind}


def batches(talks):
    """As many as are played at once."""
    batch, size = [], 0
    for talk in talks:
        batch.append(talk)
        size += len(talk.row.raw)
        if len(batch) == AT_ONCE or size > 1 << 24:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


class Report:
    def __init__(self, rows):
        self.rows = rows
        self.wrong, self.played = {}, 0  # by the row's name: how often

    def add(self, talk):
        self.played += 1
        problems = talk.problems()
        if not problems:
            return
        self.wrong[talk.row.name] = count = self.wrong.get(talk.row.name, 0) + 1
        if count <= MOST_SHOWN:
            say("%s (%s): %s" % (talk.row.name, talk.how, "; ".join(problems)))
        if len(self.wrong) == MOST_WRONG:
            say("that is enough")
            self.end()

    def end(self):
        for name, count in self.wrong.items():
            if count > MOST_SHOWN:
                say("%s: and %d more times" % (name, count - MOST_SHOWN))
        say("%d requests, sent %d times, %d answered wrongly" % (self.rows, self.played, len(self.wrong)))
        sys.exit(1 if self.wrong else 0)


def play_all(address, rows, way, report):
    for batch in batches(talk for row in rows for talk in way(row)):
        play(address, batch)
        for talk in batch:
            report.add(talk)


def send(way, url):
    address = url.removeprefix("http://").rstrip("/")
    rows = table(Folder(Probe(address).ask))
    report = Report(len(rows))
    play_all(address, rows, WAYS["whole"], report)
    right = [row for row in rows if row.name not in report.wrong]
    if way != "whole":  # what is wrong anyway need not be sent a hundred times
        play_all(address, right, WAYS[way], report)
    report.end()


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="backslashreplace")
    main([make, send])
