"""What anet is measured against: the small servers and clients of this kind that one writes in
Python with sockets, select, poll and asyncore. originals.py WHICH [ARGUMENT]..."""

import asyncore
import select
import socket
import socketserver
import sys
import time

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


main([daytime, ask_time, echo, ok_on_two_ports, converse, thanks, logger, lines, forward])
