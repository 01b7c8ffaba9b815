"""Runs a command with descriptors that it shares with us, and tells whether it left them as they
were: flags.py KIND COMMAND..., KIND being pipe, terminal or socket."""

import fcntl
import os
import pty
import socket
import subprocess
import sys
import tty

from net import say


def shared(kind):
    """What the command gets as stdin and stdout, our end to feed it, and our end to read it."""
    if kind == "pipe":
        ours, theirs = os.pipe(), os.pipe()
        return ours[0], theirs[1], ours[1], theirs[0]
    if kind == "terminal":
        master, slave = pty.openpty()
        tty.setraw(slave)
        return slave, slave, master, master
    one, other = socket.socketpair()
    one, other = one.detach(), other.detach()
    return one, one, other, other


def flags():
    return fcntl.fcntl(stdin, fcntl.F_GETFL), fcntl.fcntl(stdout, fcntl.F_GETFL)


stdin, stdout, feed, answer = shared(sys.argv[1])
before = flags()
command = subprocess.Popen(sys.argv[2:], stdin=stdin, stdout=stdout)
os.write(feed, b"hello\n")
came = b""
while len(came) < 6:
    came += os.read(answer, 6)
say("came back:", came.decode().strip())
say("meanwhile:", "as before" if flags() == before else "changed")
command.terminate()
command.wait()
say("after it:", "as before" if flags() == before else "changed")
