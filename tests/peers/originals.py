"""What anet is measured against: the small servers and clients of this kind that one writes in
Python with sockets, select, poll and asyncore. originals.py WHICH [ARGUMENT]..."""

import asynchat
import asyncore
import mimetypes
import os
import select
import socket
import socketserver
import sys
import time
from http.client import responses

from net import connect, listen, main, say, show


def daytime():
    """The time to everybody, one after the other."""
    listener = listen()
    while True:
        sock, _ = listener.accept()
        sock.sendall((time.ctime() + "\r\n").encode())
        sock.close()


def ask_time(address):
    """What such a server says."""
    with connect(address) as sock:
        say(sock.makefile(newline="\r\n").readline().rstrip("\r\n"))


def log(event, address):
    print(event, "from", show(address), file=sys.stderr, flush=True)


class Announced(asyncore.dispatcher):
    """Listens with a socket that has told where it is."""

    def __init__(self):
        super().__init__(listen())
        self.accepting = True


class Echo(Announced):
    class Client(asyncore.dispatcher_with_send):
        def handle_read(self):
            if data := self.recv(4096):
                self.send(data)

    def handle_accepted(self, sock, address):
        log("connected", address)
        self.Client(sock)


def echo():
    """Each piece comes back; asyncore keeps what is not sent yet."""
    server = Echo()
    assert server.accepting
    asyncore.loop()


def ok_on_two_ports():
    """One select for two listeners and all that connect to them: every message gets its ok."""
    listeners = [listen(), listen()]
    waiting = list(listeners)
    while True:
        for sock in select.select(waiting, [], [])[0]:
            if sock in listeners:
                waiting.append(sock.accept()[0])
            elif sock.recv(1024):
                sock.sendall(b"ok")
            else:
                waiting.remove(sock)
                sock.close()


def converse(address):
    """Each line of stdin goes out, and what comes back is shown before the next."""
    with connect(address) as sock:
        for line in sys.stdin:
            sock.sendall(line.encode())
            sys.stdout.write(sock.recv(1024).decode())
            sys.stdout.flush()


class Thanks(socketserver.BaseRequestHandler):
    def handle(self):
        log("connected", self.client_address)
        self.request.sendall(b"Thank you for connecting .")


def thanks(kind):
    """Says thank you in a process or a thread of its own, and ends."""
    mixin = {"forking": socketserver.ForkingMixIn, "threading": socketserver.ThreadingMixIn}[kind]
    with type("Server", (mixin, socketserver.TCPServer), {})(("127.0.0.1", 0), Thanks) as server:
        say(show(server.server_address))
        server.serve_forever()


def logger(how):
    """Who came, what they sent, and who left, with select or with poll."""
    listener = listen()
    socks = {listener.fileno(): listener}
    names = {}
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    while True:
        if how == "select":
            ready = select.select(list(socks), [], [])[0]
        else:
            ready = [fd for fd, _ in poll.poll()]
        for fd in ready:
            if fd == listener.fileno():
                sock, address = listener.accept()
                socks[sock.fileno()] = sock
                names[sock.fileno()] = show(address)
                poll.register(sock, select.POLLIN)
                say(names[sock.fileno()], "connected")
            elif data := socks[fd].recv(1024):
                say(names[fd] + ": " + data.decode().encode("unicode_escape").decode())
                socks[fd].sendall(data)
            else:
                say(names[fd], "disconnected")
                poll.unregister(fd)
                socks.pop(fd).close()


class Lines(Announced):
    class Client(asyncore.dispatcher_with_send):
        def __init__(self, sock, address):
            super().__init__(sock)
            self.name, self.part = show(address), b""

        def handle_read(self):
            if data := self.recv(1024):
                *whole, self.part = (self.part + data).split(b"\r\n")
                for line in whole:
                    say(self.name + ": " + line.decode())
                self.send(data)

        def handle_close(self):
            say(self.name, "disconnected")
            self.close()

    def handle_accepted(self, sock, address):
        say(show(address), "connected")
        self.Client(sock, address)


def lines():
    """The same by lines."""
    server = Lines()
    assert server.accepting
    asyncore.loop()


class Side(asyncore.dispatcher_with_send):
    """One of two connections: what it reads, the other sends."""

    def __init__(self, sock, other=None):
        super().__init__(sock)
        self.other = other

    def handle_read(self):
        if data := self.recv(4096):
            self.other.send(data)

    def handle_close(self):
        self.close()
        self.other.close()


class Forward(Announced):
    def __init__(self, target):
        super().__init__()
        self.target = target

    def handle_accepted(self, sock, address):
        client, server = Side(sock), Side(connect(self.target))
        client.other, server.other = server, client
        print("connected from %s to %s" % (show(address), self.target), file=sys.stderr, flush=True)


def forward(target):
    """Two connections joined, the asyncore way."""
    server = Forward(target)
    assert server.accepting
    asyncore.loop()


def get(address, path):
    """An asyncore client of HTTP/1.0: says what it wants, and prints what comes, head and all."""

    class Client(asyncore.dispatcher_with_send):
        def handle_connect(self):
            self.send(f"GET {path} HTTP/1.0\r\n\r\n".encode())

        def handle_read(self):
            sys.stdout.buffer.write(self.recv(8192))

        def handle_close(self):
            self.close()

    Client(connect(address)).handle_connect()
    asyncore.loop()


class FromFile:
    def __init__(self, name):
        self.file = open(name, "rb")

    def more(self):
        return self.file.read(512)


class Web(Announced):
    """The least web server of asynchat: a file of the folder it is in, 404, or 501."""

    class Client(asynchat.async_chat):
        def __init__(self, sock):
            super().__init__(sock)
            self.set_terminator(b"\r\n\r\n")
            self.head = b""

        def collect_incoming_data(self, data):
            self.head += data

        def found_terminator(self):
            method, url = self.head.decode("latin-1").split()[:2]
            name = url[1:]
            if method != "GET":
                self.refuse(501, f"{method} method not implemented")
            elif not os.path.exists(name):
                self.refuse(404, "File %s not found\r\n")
            else:
                kind, size = mimetypes.guess_type(name)[0], os.path.getsize(name)
                self.say(f"HTTP/1.0 200 OK\r\nContent-length: {size}\r\nContent-type: {kind}\r\n\r\n")
                self.push_with_producer(FromFile(name))
            self.close_when_done()

        def refuse(self, code, why):
            self.say(f"HTTP/1.0 {code} {responses[code]}\r\nContent-type: text/plain\r\n\r\n{why}")

        def say(self, text):
            self.push(text.encode("latin-1"))

    def handle_accepted(self, sock, address):
        self.Client(sock)


def web(folder):
    """Files to whoever asks."""
    os.chdir(folder)
    server = Web()
    assert server.accepting
    asyncore.loop()


def page():
    """The same to every browser."""
    listener = listen()
    while True:
        sock, _ = listener.accept()
        sock.recv(1024)
        sock.sendall(b"HTTP/1.1 200 OK\r\n\r\nhello from here")
        sock.close()


def tell_url():
    """A browser gets to read which URL it asked for."""
    listener = listen()
    while True:
        sock, _ = listener.accept()
        head, _ = sock.recv(4096).decode().split("\r\n\r\n", 1)
        url = head.split("\r\n")[0].split(" ")[1]
        sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + url.encode())
        sock.close()


class Form(Announced):
    """A form at /, and what was filled in."""

    FORM = """<html><head><title>WOW</title></head><body><h2>Wow, Python Server</h2>
<form method="post" action="">
Input Your name: <input type="text" name="name"><br>
Input Your mail: <input type='mail' name='mail'><br>
<input type="submit" value="Submit"></form></body></html>"""
    SENT = """<html><head><title>WOW</title></head><body><h2>Hello {name}</h2>
<p>Your mail is {mail}</p></body></html>"""
    MISSING = """<html><head><title>WOW</title></head><body>
<h2>Oops ...  The page is not found</h2></body></html>"""

    class Client(asynchat.async_chat):
        def __init__(self, sock, address):
            super().__init__(sock)
            self.peer, self.data, self.head = show(address), b"", None
            self.set_terminator(b"\r\n\r\n")

        def collect_incoming_data(self, data):
            self.data += data

        def found_terminator(self):
            text, self.data = self.data.decode(), b""
            if self.head:
                self.answer(dict(field.split("=") for field in text.split("&")))
                return
            self.head = text.split("\r\n")
            fields = dict(line.split(": ", 1) for line in self.head[1:])
            if self.head[0].startswith("POST"):
                self.set_terminator(int(fields["Content-Length"]))
            else:
                self.answer(None)

        def answer(self, sent):
            method, path, _ = self.head[0].split()
            print(f"{self.peer} {method} for {path}", file=sys.stderr, flush=True)
            status = "200 OK" if path == "/" else "404 NOT FOUND"
            body = Form.FORM if path == "/" else Form.MISSING
            if sent and method == "POST":
                body = Form.SENT.format(**sent)
            self.push((f"HTTP/1.1 {status}\r\nDate: {time.ctime()}\r\nServer: AsynChat 0.1\r\n"
                       f"Content-Type: text/html\r\nContent-Length: {len(body)}\r\n\r\n{body}").encode())
            self.close()

    def handle_accepted(self, sock, address):
        self.Client(sock, address)


def form():
    """Who are you?"""
    server = Form()
    assert server.accepting
    asyncore.loop()


# --- chat-room, chat-client and twisted-chat ---


class LoggedOut(Exception):
    """The session is to end."""


class Hall:
    """Where a session is: it answers lines with its methods that begin with do_."""

    def __init__(self, server):
        self.server, self.sessions = server, []

    def add(self, session):
        self.sessions.append(session)

    def remove(self, session):
        self.sessions.remove(session)

    def tell_all(self, text):
        for session in self.sessions:
            session.push(text)

    def unknown(self, session, command):
        session.push(f"Unknown command: {command}\n")

    def handle(self, session, line):
        if line.strip():
            command, _, rest = line.partition(" ")
            if method := getattr(self, "do_" + command, None):
                method(session, rest.strip())
            else:
                self.unknown(session, command)

    def do_logout(self, session, _):
        raise LoggedOut


class Door(Hall):
    """Before the login, each session alone."""

    def add(self, session):
        super().add(session)
        session.push("Welcome to TestChat\n")

    def unknown(self, session, command):
        session.push('Please log in\nUse "login <nickname>"\n')

    def do_login(self, session, name):
        if not name:
            session.push("Please enter a name\n")
        elif name in self.server.users:
            session.push(f'The name "{name}" is taken.\n')
            session.push("Please try again.\n")
        else:
            session.name = name
            session.enter(self.server.parlour)


class Parlour(Hall):
    """Where one talks."""

    def add(self, session):
        self.tell_all(session.name + " has entered the room.\n")
        self.server.users[session.name] = session
        super().add(session)

    def remove(self, session):
        super().remove(session)
        self.tell_all(session.name + " has left the room\n")

    def do_say(self, session, text):
        self.tell_all(f"{session.name} : {text}\n")

    def do_look(self, session, _):
        session.push("The following are in the room:\n")
        for other in self.sessions:
            session.push(other.name + "\n")

    def do_who(self, session, _):
        session.push("The following are logged in:\n")
        for name in self.server.users:
            session.push(name + "\n")


class Outside(Hall):
    def add(self, session):
        self.server.users.pop(session.name, None)


class Session(asynchat.async_chat):
    """Shows what it sends and gets, unless it is told to be quiet."""

    def __init__(self, server, sock):
        super().__init__(sock)
        self.set_terminator(b"\n")
        self.server, self.data, self.name, self.room = server, [], None, None
        self.enter(Door(server))

    def show(self, way, text):
        if not self.server.quiet:
            print(way, repr(text))

    def push(self, text):
        self.show(">>", text)
        super().push(text.encode())

    def enter(self, room):
        if self.room:
            self.room.remove(self)
        self.room = room
        room.add(self)

    def collect_incoming_data(self, data):
        self.data.append(data)

    def found_terminator(self):
        data, self.data = b"".join(self.data), []
        try:
            line = data.decode()
        except UnicodeDecodeError:
            line = data.decode("gbk")
        self.show("<<", line)
        try:
            self.room.handle(self, line)
        except LoggedOut:
            self.handle_close()

    def handle_close(self):
        super().handle_close()
        self.enter(Outside(self.server))


class ChatRoom(Announced):
    def __init__(self, quiet):
        super().__init__()
        self.quiet, self.users = quiet, {}
        self.parlour = Parlour(self)

    def handle_accepted(self, sock, address):
        Session(self, sock)


def chat_room(quiet=""):
    """The asynchat chat: login, and then say, look, who and logout."""
    server = ChatRoom(quiet)
    assert server.accepting
    asyncore.loop()


def chat_client(address):
    """A select client of it: lines of stdin go out, what comes is shown at once. Only a logout with
    something behind it ends it by itself; it waits for the server else."""
    with connect(address) as sock:
        while True:
            for ready in select.select([sys.stdin, sock], [], [])[0]:
                if ready is sock:
                    data = sock.recv(1024).decode()
                    sys.stdout.write(data or "Disconnected from server\n")
                    sys.stdout.flush()
                    if not data:
                        return
                else:
                    line = sys.stdin.readline()
                    if line.partition(" ")[0] == "logout":
                        return
                    sock.send(line.encode())


def twisted_chat():
    """The LineReceiver chat: a name, and then each line goes to the others."""
    from twisted.internet import protocol, reactor
    from twisted.protocols.basic import LineReceiver

    users = {}

    class Talker(LineReceiver):
        name = None

        def connectionMade(self):
            self.sendLine(b"What's your name?")

        def connectionLost(self, reason):
            users.pop(self.name, None)

        def lineReceived(self, line):
            if self.name is None:
                self.introduce(line)
                return
            for other in users.values():
                if other is not self:
                    other.sendLine(b"<%s> %s" % (self.name, line))

        def introduce(self, name):
            if name in users:
                self.sendLine(b"Name taken, please choose another.")
                return
            self.sendLine(b"Welcome, %s!" % name)
            self.name = name
            users[name] = self

    here = reactor.listenTCP(0, protocol.Factory.forProtocol(Talker), interface="127.0.0.1").getHost()
    say(show((here.host, here.port)))
    reactor.run()


main([daytime, ask_time, echo, ok_on_two_ports, converse, thanks, logger, lines, forward, get, web, page,
      tell_url, form, chat_room, chat_client, twisted_chat])
