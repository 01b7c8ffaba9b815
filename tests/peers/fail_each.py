"""Fails each system call of a run in turn: fail_each.py SHIM ANET. Each must end in time, not by a
signal, and either do what it is for or say why not: a line and an exit code. Prints what did not."""

import contextlib
import errno
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading

from net import bound, show

CALLS = {
    "epoll_create1": errno.EMFILE, "epoll_ctl": errno.ENOMEM, "epoll_pwait": errno.EBADF,
    "epoll_wait": errno.EBADF, "eventfd": errno.EMFILE, "pipe2": errno.EMFILE,
    "timerfd_create": errno.EMFILE, "socket": errno.EMFILE, "bind": errno.EACCES,
    "listen": errno.EADDRINUSE, "accept4": errno.EMFILE, "connect": errno.ENOMEM,
    "shutdown": errno.ENOBUFS, "getsockname": errno.ENOBUFS, "getpeername": errno.ENOBUFS,
    "getsockopt": errno.ENOBUFS, "setsockopt": errno.ENOBUFS, "recv": errno.EIO,
    "send": errno.ENOBUFS, "sendmsg": errno.ENOBUFS, "read": errno.EIO, "write": errno.EIO,
    "writev": errno.EIO, "poll": errno.ENOMEM, "dup2": errno.EMFILE, "fcntl": errno.EMFILE,
    "open": errno.EMFILE, "pthread_create": errno.EAGAIN,
}
MOST = 40      # of one call, in one run
PATIENCE = 5  # seconds


def start(shim, words, call, nth, hit, **pipes):
    environment = dict(os.environ, LD_PRELOAD=shim, FAIL_HIT=hit,
                       FAIL_CALL="%s:%d:%d" % (call, nth, CALLS[call]))
    return subprocess.Popen(words, env=environment, stderr=subprocess.PIPE, **pipes)


def ended(process, given=None):
    """Its exit code, or "hangs"; and what it said."""
    try:
        out, err = process.communicate(given, PATIENCE)
        return process.returncode, out, err
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        return "hangs", out, err


def judge(code, said, is_right):
    if code == "hangs":
        return "hangs"
    if code < 0:
        return "died of signal %d" % -code
    if code == 0 and not is_right:
        return "exit 0, and it is not done"
    if code != 0 and not said:
        return "exit %d without a word" % code
    return None


def client(shim, words, given, expected):
    def run(call, nth, hit):
        process = start(shim, words, call, nth, hit, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        code, out, err = ended(process, given)
        # What cannot be written to stderr cannot be said.
        return judge(code, err or call in ("write", "poll"), expected in out)
    return run


def talk(address):
    """Sends a line and its end, and reads what comes."""
    host, port = address.removeprefix("http://").strip("/\n").rsplit(":", 1)
    try:
        with socket.create_connection((host, int(port)), 1) as sock:
            sock.settimeout(0.2)
            sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
            sock.shutdown(socket.SHUT_WR)
            while sock.recv(65536):
                pass
    except OSError:
        pass


def server(shim, words):
    def run(call, nth, hit):
        process = start(shim, words, call, nth, hit, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        address = process.stdout.readline().decode()
        if address:
            talk(address)
            process.send_signal(signal.SIGTERM)
        code, _, err = ended(process)
        if code == -signal.SIGTERM and err:
            code = 1  # it was told when it had said why it ends, and no longer caught signals
        return judge(code, err or call == "poll", True)

    # Its read and write are those of libuv's pipes for signals, which do not fail: they would lose one.
    return lambda call, nth, hit: call not in ("read", "write") and run(call, nth, hit)


def each(name, run, folder):
    failures = hits = 0
    hit = os.path.join(folder, "hit")
    for call in CALLS:
        for nth in range(1, MOST + 1):
            wrong = run(call, nth, hit)
            if wrong:
                failures += 1
                print("%s: %s number %d: %s" % (name, call, nth, wrong))
            if not os.path.exists(hit):
                break
            os.unlink(hit)
            hits += 1
    if hits < 20:
        print("%s: only %d calls were failed" % (name, hits))
    return failures


def echo(sock):
    while data := sock.recv(65536):
        sock.sendall(data)


def greet(sock):
    sock.sendall(b"a time\n")
    sock.shutdown(socket.SHUT_WR)
    while sock.recv(65536):
        pass


def serve(conversation):
    """Its address."""
    def one(sock):
        with sock, contextlib.suppress(OSError):
            conversation(sock)

    def accept():
        while True:
            threading.Thread(target=one, args=(listener.accept()[0],), daemon=True).start()
    listener = bound("127.0.0.1:0")
    listener.listen(100)
    threading.Thread(target=accept, daemon=True).start()
    return show(listener.getsockname())


def main(shim, anet, *names):
    address, greeter = serve(echo), serve(greet)
    with tempfile.TemporaryDirectory() as folder:
        runs = {
            "echo -c": client(shim, [anet, "echo", "-c", address], b"hello\n", b"hello\n"),
            "echo --ping": client(shim, [anet, "echo", "-c", address, "--ping", "2"], b"", b"min/"),
            "daytime -c": client(shim, [anet, "daytime", "-c", greeter], b"", b"a time\n"),
            "chat -c": client(shim, [anet, "chat", "-c", address, "--linger", "1ms"], b"", b""),
            "echo": server(shim, [anet, "echo", "--grace", "300ms", "0"]),
            "echo --dump": server(shim, [anet, "echo", "--dump=lines", "--grace", "300ms", "0"]),
            "daytime": server(shim, [anet, "daytime", "--grace", "300ms", "0"]),
            "forward": server(shim, [anet, "forward", "--grace", "300ms", "0", address]),
        }
        return sum(each(name, run, folder) for name, run in runs.items() if not names or name in names)


sys.exit(main(*sys.argv[1:]) > 0)
