"""Fetches the raw replies of reply_table.py from raw_replies.py with `anet fetch`, and says what is
wrong with what it makes of them: reply_judge.py WAY ADDRESS FOLDER, with $ANET and WAY one of

  fresh     each into a file that is not there yet, in a process of its own
  whole     each into a file that is there, in one process as all that follow
  split     in two pieces, cut in many places (or every so many of these, when $EVERY says so)
  bytewise  byte by byte
  raw       each as HOST PATH asks for it, in a process of its own

It prints a line for each fault, and one that counts; it fails if there was one."""

import os
import re
import subprocess
import sys
from urllib.parse import quote

from net import main, say
from reply_table import STATUS, table

AT_ONCE = 400  # URLs a process
MOST_SHOWN, MOST_WRONG = 3, 40  # faults of a row, and rows with faults
KEPT = b"what was there before\n"
MARK = "@@ "
FORMAT = MARK + "%{exitcode} %{url} %{errormsg}\\n"


def every():
    return int(os.environ.get("EVERY", 1))


class Case:
    """A row asked for in one way."""

    def __init__(self, row, how, number):
        self.row, self.name = row, "%s-%d" % (row.name, number)
        self.how = how
        self.code = self.message = None

    def url(self, address):
        return "http://%s/%s" % (address, quote("/".join(filter(None, (self.row.name, self.how, self.name)))))

    def faults(self, folder, address, before):
        """`before` is the inode of the file that was there, if one was."""
        row, path = self.row, os.path.join(folder, self.name)
        if self.code is None:
            yield "nothing was said of it"
            return
        if self.code != row.code:
            yield "exit code %d, right is %d: %s" % (self.code, row.code, self.message)
        elif row.word and not re.search(row.word, self.message.replace(self.url(address), ""), re.I):
            yield "its error has nothing like %s: %s" % (row.word, self.message)
        if row.code:
            yield from untouched(path, before)
        elif row.body is not None and content(path) != row.body:
            yield "the file is %.80r, right is %.80r" % (content(path), row.body)


def content(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except FileNotFoundError:
        return None


def untouched(path, before):
    if before is None:
        if os.path.lexists(path):
            yield "there is a file: %.80r" % content(path)
    elif content(path) != KEPT or os.stat(path).st_ino != before:
        yield "the file that was there is not: %.80r" % content(path)


def place(path):
    """A file with something in it: its inode."""
    with open(path, "xb") as f:
        f.write(KEPT)
        return os.fstat(f.fileno()).st_ino


def run(cases, address, folder):
    """One process fetches them all. Returns what it printed that it should not."""
    options = ["-I"] if cases[0].row.head else ["-O", "-P", folder]
    urls = {case.url(address): case for case in cases}
    done = subprocess.run([os.environ["ANET"], "fetch", "--stall-timeout", "5s", "-w", FORMAT, *options, *urls],
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False)
    lines = done.stdout.decode("utf-8", "backslashreplace").split("\n")
    for line in lines:
        if line.startswith(MARK):
            code, url, message = line[len(MARK):].split(" ", 2)
            urls[url].code, urls[url].message = int(code), message
    yield from wrong_ends(done, cases)
    if not cases[0].row.head and any(line and not line.startswith(MARK) for line in lines):
        yield "stdout has more than was asked for: %.200r" % done.stdout


def wrong_ends(done, cases):
    """Of the process: its exit code is that of the first that failed, and a line tells of each."""
    codes = [case.row.code for case in cases if case.row.code]
    right = codes[0] if codes else 0
    if done.returncode != right:
        yield "the process ends with %d, right is %d: %.300r" % (done.returncode, right, done.stderr)
    lines = done.stderr.decode("utf-8", "backslashreplace").splitlines()
    if len(lines) != len(codes) or not all(line.startswith("anet: fetch: ") for line in lines):
        yield "stderr has %d lines, right are %d: %.300r" % (len(lines), len(codes), done.stderr)


class Report:
    def __init__(self):
        self.wrong, self.played = {}, 0

    def fault(self, name, how, fault):
        self.wrong[name] = count = self.wrong.get(name, 0) + 1
        if count <= MOST_SHOWN:
            say("%s (%s): %s" % (name, how or "whole", fault))
        if len(self.wrong) >= MOST_WRONG:
            say("that is enough")
            self.end()

    def end(self):
        for name, count in self.wrong.items():
            if count > MOST_SHOWN:
                say("%s: and %d more times" % (name, count - MOST_SHOWN))
        say("%d replies, %d of the rows wrong" % (self.played, len(self.wrong)))
        sys.exit(1 if self.wrong else 0)


def play(batch, address, folder, report, fresh):
    os.mkdir(folder)
    before = {} if fresh else {case: place(os.path.join(folder, case.name)) for case in batch}
    shared = list(run(batch, address, folder))
    for case in batch:
        for fault in case.faults(folder, address, before.get(case)):
            report.fault(case.row.name, case.how, fault)
    unsure = {case.name for case in batch if case.row.body is None and case.row.code == 0}
    right = {case.name for case in batch if not fresh or case.row.code == 0} - unsure
    there = set(os.listdir(folder)) - unsure
    if there != right:
        shared.append("the folder has too much or too little: %r" % sorted(there ^ right)[:5])
    for fault in shared:
        report.fault(batch[0].row.name, batch[0].how, fault)
    report.played += len(batch)


def batches(cases, most):
    """Those that take the same options together."""
    for head in False, True:
        some = [case for case in cases if case.row.head == head]
        for first in range(0, len(some), most):
            yield some[first:first + most]


def play_all(cases, address, folder, report, fresh=False):
    for number, batch in enumerate(batches(cases, 1 if fresh else AT_ONCE)):
        play(batch, address, os.path.join(folder, str(number)), report, fresh)


def cuts(raw):
    """Where a reply is cut: around everything that separates its parts, and every fourth byte; in a
    long one, less often."""
    n = len(raw)
    if n <= 1000:
        near = {i + k for i, byte in enumerate(raw) if byte in b"\r\n:;," for k in range(-1, 3)}
        return sorted((near | {*range(1, n, 4)}) & {*range(1, n)})
    return sorted({*range(1, 200, 3), n // 3, n // 2, 4095, 4096, 65535, 65536, 262143, 262144, *range(n - 20, n)} & {*range(1, n)})


def fresh(address, folder):
    report = Report()
    play_all([Case(row, "", 0) for row in table().values()], address, folder, report, fresh=True)
    report.end()


def whole(address, folder):
    report = Report()
    play_all([Case(row, "", 0) for row in table().values()], address, folder, report)
    report.end()


def split(address, folder):
    report = Report()
    cases = [Case(row, "split/%d" % at, at) for row in table().values() for at in cuts(row.raw)]
    play_all(cases[::every()], address, folder, report)
    report.end()


def bytewise(address, folder):
    report = Report()
    cases = [Case(row, "bytewise", 1) for row in table().values() if row.raw]
    play_all(cases[::every()], address, folder, report)
    report.end()


def raw_fault(row, address):
    """What is wrong with how it is shown as it came: any status will do, and no coding is taken off."""
    done = subprocess.run([os.environ["ANET"], "fetch", "--stall-timeout", "5s", address, "/" + quote(row.name) + "/x"],
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
    code = 0 if row.code == STATUS else row.code
    if done.returncode != code:
        return "exit code %d, right is %d: %.300r" % (done.returncode, code, done.stderr)
    if code == 0 and done.stdout != row.raw[:row.own]:
        return "it shows %.200r, right is %.200r" % (done.stdout, row.raw[:row.own])
    if not row.raw.startswith(done.stdout):
        return "it shows %.200r of %.200r" % (done.stdout, row.raw)
    return None


def raw(address, _):
    report = Report()
    for row in table().values():
        if row.head or b"Content-Encoding" in row.raw or row.name.startswith("206"):
            continue
        report.played += 1
        fault = raw_fault(row, address)
        if fault:
            report.fault(row.name, "raw", fault)
    report.end()


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="backslashreplace")
    main([fresh, whole, split, bytewise, raw])
