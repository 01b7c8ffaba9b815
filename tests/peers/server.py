"""A TCP or unix server that behaves in one of the ways below: server.py WAY [ARGUMENT]... [ADDRESS].
It prints its address, and then a line for what it saw of each connection."""

import select
import signal
import socket
import threading
import time

from net import bound, listen, main, push, receive, reset_after_all, say, send, show

HERE = "127.0.0.1:0"


def each(listener, serve):
    """Every connection in its own thread, so that one that waits holds up no other."""
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=serve, args=(sock,), daemon=True).start()


def echo_all(listener):
    def serve(sock):
        with sock:
            while data := sock.recv(65536):
                sock.sendall(data)
    each(listener, serve)


def echo(address=HERE):
    """Sends back what comes."""
    echo_all(listen(address))


def wholes(size, address=HERE):
    """Answers when `size` bytes have come, with as many."""
    def serve(sock):
        with sock:
            while receive(sock, size)[0] == size:
                send(sock, size)
    each(listen(address), serve)


def greet(text, address=HERE):
    """Says who it is and ends."""
    def serve(sock):
        with sock:
            sock.sendall(text.encode() + b"\n")
    each(listen(address), serve)


def observe(address=HERE):
    """Reads all, answers nothing, and tells how it ended."""
    def serve(sock):
        with sock:
            count, _, how = receive(sock)
            say(count, how)
    each(listen(address), serve)


def late(size, delay_ms, address=HERE):
    """Answers `size` bytes some time after the client has ended."""
    def serve(sock):
        with sock:
            count, digest, how = receive(sock)
            time.sleep(delay_ms / 1000)
            send(sock, size, seed=1)
            say(count, digest, how)
    each(listen(address), serve)


def early(size, address=HERE):
    """Sends `size` bytes and ends its own direction, then reads what still comes."""
    def serve(sock):
        with sock:
            send(sock, size, seed=1)
            sock.shutdown(socket.SHUT_WR)
            count, digest, how = receive(sock)
            say(count, digest, how)
    each(listen(address), serve)


def both(size, address=HERE):
    """Sends `size` bytes while as many come, and tells the checksum of those."""
    def serve(sock):
        with sock:
            sender = threading.Thread(target=send, args=(sock, size, 1))
            sender.start()
            count, digest, how = receive(sock)
            sender.join()
            say(count, digest, how)
    each(listen(address), serve)


def resets(size, address=HERE):
    """Sends `size` bytes once something has come, then resets."""
    def serve(sock):
        sock.recv(65536)
        send(sock, size, seed=1)
        reset_after_all(sock)
    each(listen(address), serve)


def resets_at_once(size, address=HERE):
    """Sends `size` bytes and resets, unasked and without delay."""
    listener = listen(address)
    while True:
        sock, _ = listener.accept()
        send(sock, size, seed=1)
        reset_after_all(sock)


def ends(address=HERE):
    """Sends nothing and ends."""
    def serve(sock):
        sock.close()
    each(listen(address), serve)


def silent(address=HERE):
    """Holds its connections, reads nothing and sends nothing."""
    held = []
    listener = listen(address)
    while True:
        held.append(listener.accept()[0])
        say("holds", len(held))


def stalls(address=HERE):
    """Reads nothing of its only connection before SIGUSR1, and then all."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    sock, _ = listen(address).accept()
    signal.sigwait([signal.SIGUSR1])
    say(*receive(sock))
    sock.close()


def pushes(most, address=HERE):
    """Sends until nothing is taken any more, and holds on to the connection."""
    def serve(sock):
        push(sock, most)
        signal.pause()
    each(listen(address), serve)


def refuses(address=HERE):
    """Has the address to itself and does not listen there."""
    sock = bound(address)
    say(show(sock.getsockname()))
    signal.pause()


def ends_first(delay_ms, address=HERE):
    """Sends "bye" and closes: what the client sends after that is answered with a reset."""
    def serve(sock):
        time.sleep(delay_ms / 1000)
        sock.sendall(b"bye\n")
        sock.close()
        say("closed")
    each(listen(address), serve)


def drops_half_closers(size, address=HERE):
    """A feed of `size` lines, whose clients lose it when they end their side."""
    def serve(sock):
        with sock:
            for number in range(size):
                if select.select([sock], [], [], 0.02)[0] and not sock.recv(65536):
                    return
                sock.sendall(b"line %d\n" % number)
    each(listen(address), serve)


def full(address=HERE):
    """Listens with a backlog in which there is no place left: a connect gets no answer. After SIGUSR1
    it accepts and echoes."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    sock = bound(address)
    sock.listen(0)
    crowd = []
    while True:
        one = socket.socket(sock.family)
        if sock.family == socket.AF_UNIX:
            one.setblocking(False)
        else:
            one.settimeout(0.2)
        crowd.append(one)
        try:
            one.connect(sock.getsockname())
        except (TimeoutError, BlockingIOError):
            break
    say(show(sock.getsockname()))
    signal.sigwait([signal.SIGUSR1])
    crowd.clear()
    echo_all(sock)


main([echo, wholes, greet, observe, late, early, both, resets, resets_at_once, ends, silent, stalls, pushes, ends_first, drops_half_closers,
      refuses, full])
