"""A web server that does what the query of each URL says: web_script.py FOLDER [ADDRESS]. It prints
its address, and keeps each request, octet for octet, as FOLDER/1, FOLDER/2, and so on.

  status=503,200   the status; of a list each request for this URL takes the next one, then the last
  body=TEXT        the body; size=N makes one of N bytes instead; both may be lists too
  field=Name:TEXT  one more field, any number of times; to=URL is one named Location, and
                   loop=1 one that leads here again; at=N:Name:TEXT is one of only the Nth
                   request for this URL, from 0
  tag=a,b          an ETag, strong unless it begins with W/, and ranges are answered; or
                   date=TEXT, Last-Modified instead; ranges=no does not answer them
  gzip=1           the body is compressed, and said to be
  length=no        the body ends with the connection; version=1.0 says so
  stall=N          says `stalls` on stdout after N bytes of the body, and sends no more of it
  cut=N            ends after these; of lists, an empty one does not
  drip=MS          each byte so long after the one before
  auth=USER:PASS   401 to all others; early=1 answers before it has the request's body

After the answer it waits for the end of the connection."""

import base64
import gzip
import os
import re
import sys
import threading
import time
from http.client import responses
from urllib.parse import parse_qsl, urlsplit

from net import blocks, listen, say


class Script:
    """What the query says, for the `turn`th request of the URL."""

    def __init__(self, target, turn):
        self.pairs = parse_qsl(urlsplit(target).query, keep_blank_values=True)
        self.turn = turn

    def all(self, name):
        return [value for key, value in self.pairs if key == name]

    def get(self, name, default=""):
        values = (self.all(name) or [default])[0].split(",")
        return values[min(self.turn, len(values) - 1)]

    def content(self):
        if self.all("size"):
            return b"".join(blocks(int(self.get("size"))))
        return self.get("body", "hello\n").encode()


class Request:
    """Reads one whole, but for its body when that is not waited for."""

    def __init__(self, sock):
        self.sock, self.raw = sock, b""
        while b"\r\n\r\n" not in self.raw:
            self.more()
        head, _, self.body = self.raw.partition(b"\r\n\r\n")
        line, *fields = head.decode("latin-1").split("\r\n")
        self.method, self.target, self.version = line.split(" ")
        self.fields = {name.lower(): value.strip() for name, value in (field.split(":", 1) for field in fields)}

    def more(self):
        data = self.sock.recv(65536)
        if not data:
            raise EOFError
        self.raw += data

    def read_body(self):
        if self.fields.get("expect"):
            self.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        size = len(self.raw) - len(self.body) + int(self.fields.get("content-length", 0))
        while len(self.raw) < size or "chunked" in self.fields.get("transfer-encoding", "") and not self.raw.endswith(b"0\r\n\r\n"):
            self.more()


class Answer:
    def __init__(self, request, script):
        self.request, self.script = request, script
        self.status, self.body = int(script.get("status", "200")), script.content()
        self.fields = [field.split(":", 1) for field in script.all("field")]
        self.fields += [field.split(":", 2)[1:] for field in script.all("at") if field.startswith("%d:" % script.turn)]
        if script.all("to"):
            self.fields.append(("Location", script.all("to")[0]))
        if script.all("loop"):
            self.fields.append(("Location", request.target))
        if script.all("gzip"):
            self.body = gzip.compress(self.body, mtime=0)
            self.fields.append(("Content-Encoding", "gzip"))
        self.authenticate()
        self.take_part()
        if script.get("length") != "no":
            self.fields.append(("Content-Length", len(self.body)))

    def authenticate(self):
        right = "".join(self.script.all("auth"))
        if right and self.request.fields.get("authorization") != "Basic " + base64.b64encode(right.encode()).decode():
            self.status = 401

    def take_part(self):
        """RFC 9110 13.1.5, 14."""
        tag, date = self.script.get("tag"), "".join(self.script.all("date"))
        if tag:
            tag = 'W/"%s"' % tag[2:] if tag.startswith("W/") else '"%s"' % tag
            self.fields.append(("ETag", tag))
        if date:
            self.fields.append(("Last-Modified", date))
        asked = re.fullmatch("bytes=([0-9]*)-([0-9]*)", self.request.fields.get("range", ""))
        if self.status != 200 or not asked or not (tag or date) or self.script.get("ranges") == "no":
            return
        if self.request.fields.get("if-range", tag or date) not in (tag, date):
            return
        size = len(self.body)
        first = int(asked[1]) if asked[1] else size - int(asked[2])
        last = min(int(asked[2]) if asked[1] and asked[2] else size, size - 1)
        if first >= size:
            self.status, self.body = 416, b"no such range\n"
            self.fields.append(("Content-Range", "bytes */%d" % size))
        else:
            self.status, self.body = 206, self.body[first:last + 1]
            self.fields.append(("Content-Range", "bytes %d-%d/%d" % (first, last, size)))

    def head(self):
        lines = ["HTTP/%s %d %s" % (self.script.get("version", "1.1"), self.status, responses.get(self.status, "Status"))]
        lines.extend("%s: %s" % tuple(field) for field in self.fields)
        return "\r\n".join(lines + ["", ""]).encode()

    def send(self, sock):
        """False when the connection is to end here."""
        sock.sendall(self.head())
        stall, cut, drip = (self.script.get(name) for name in ("stall", "cut", "drip"))
        body = self.body if self.request.method != "HEAD" else b""
        most = int(stall or cut or len(body))
        if drip:
            for at in range(most):
                sock.sendall(body[at:at + 1])
                time.sleep(int(drip) / 1000)
        else:
            sock.sendall(body[:most])
        if stall:
            say("stalls")
        return stall or not cut and self.script.get("length") != "no"


class Site:
    def __init__(self, folder):
        self.folder, self.lock = folder, threading.Lock()
        self.asked, self.turns = 0, {}

    def keep(self, request):
        """Which one it is for its URL."""
        with self.lock:
            self.asked += 1
            with open(os.path.join(self.folder, ".new"), "wb") as f:
                f.write(request.raw)
            os.rename(f.name, os.path.join(self.folder, str(self.asked)))
            turn = self.turns.get(request.target, 0)
            self.turns[request.target] = turn + 1
            return turn

    def serve(self, sock):
        with sock:
            try:
                request = Request(sock)
                if Script(request.target, 0).get("early") != "1":
                    request.read_body()
                script = Script(request.target, self.keep(request))
                if Answer(request, script).send(sock):
                    while sock.recv(65536):
                        pass
            except (EOFError, ConnectionResetError, BrokenPipeError):
                pass


def main(folder, *address):
    os.makedirs(folder, exist_ok=True)
    site, listener = Site(folder), listen(*address)
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=site.serve, args=(sock,), daemon=True).start()


main(*sys.argv[1:])
