"""A browser, Chromium without a window, that somebody uses: browser.py WHAT URL [ARGUMENT]...
It is led by the DevTools protocol over a pipe, and prints what is seen."""

import fcntl
import hashlib
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
import urllib.parse

from net import main, say

PATIENCE = 60
NAMES = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"]
SWITCHES = ["--headless", "--remote-debugging-pipe", "--no-first-run", "--disable-gpu", "--mute-audio",
            "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update",
            "--autoplay-policy=no-user-gesture-required"]


class Browser:
    """One tab of a browser with a profile of its own."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(dir=os.environ.get("BATS_TEST_TMPDIR"),
                                                  ignore_cleanup_errors=True)
        program = next(filter(None, map(shutil.which, NAMES)))
        switches = SWITCHES + ["--user-data-dir=" + self.folder.name]
        if os.getuid() == 0:
            switches.append("--no-sandbox")
        their_in, self.out = os.pipe()
        self.inp, their_out = os.pipe()
        os.set_blocking(self.inp, False)
        # It reads from descriptor 3 and writes to descriptor 4.
        theirs = [fcntl.fcntl(fd, fcntl.F_DUPFD, 10) for fd in (their_in, their_out)]
        self.process = subprocess.Popen(
            [program, *switches, "about:blank"], pass_fds=[3, 4], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=dict(os.environ, HOME=self.folder.name),
            preexec_fn=lambda: [os.dup2(fd, to) for to, fd in enumerate(theirs, 3)])
        for fd in (their_in, their_out, *theirs):
            os.close(fd)
        self.number, self.session, self.part, self.events = 0, None, b"", []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable")
        return self

    def __exit__(self, *_):
        """It is asked to end, so that its processes have left the folder."""
        self.session = None
        try:
            self.call("Browser.close")
            self.process.wait(10)
        except (OSError, EOFError, TimeoutError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        self.folder.cleanup()

    def receive(self, end):
        while b"\0" not in self.part:
            if not select.select([self.inp], [], [], max(0, end - time.monotonic()))[0]:
                raise TimeoutError("the browser does not answer")
            data = os.read(self.inp, 1 << 16)
            if not data:
                raise EOFError("the browser has ended")
            self.part += data
        message, _, self.part = self.part.partition(b"\0")
        return json.loads(message)

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + PATIENCE
        while True:
            answer = self.receive(end)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer.get("method"))

    def loads(self, act, *arguments, **parameters):
        """Does what leads to another page, and waits for that."""
        self.events.clear()
        act(*arguments, **parameters)
        end = time.monotonic() + PATIENCE
        while "Page.loadEventFired" not in self.events:
            self.events.append(self.receive(end).get("method"))

    def open(self, url):
        self.loads(self.call, "Page.navigate", url=url)

    def run(self, script):
        """What a script's value is, or its promise's."""
        answer = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True,
                           userGesture=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(json.dumps(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def node(self, selector):
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        return self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]

    def click(self, selector):
        self.loads(self.run, f"document.querySelector({json.dumps(selector)}).click()")

    def type(self, selector, text):
        self.call("DOM.focus", nodeId=self.node(selector))
        self.call("Input.insertText", text=text)


WATCH = """(async () => {
  const video = document.querySelector("video");
  const canvas = document.createElement("canvas").getContext("2d");
  const happens = name => new Promise((done, failed) => {
    video.addEventListener(name, done, {once: true});
    video.addEventListener("error", () => failed(new Error(video.error.message)), {once: true});
  });
  const colour = () => {
    canvas.drawImage(video, 0, 0);
    const [red, green, blue] = canvas.getImageData(16, 16, 1, 1).data;
    return red > 200 && blue < 50 ? "red" : blue > 200 && red < 50 ? "blue" : `${red} ${green} ${blue}`;
  };
  const plays = async () => {
    const from = video.currentTime;
    while (video.currentTime < from + 0.3)
      await happens("timeupdate");
    return colour();
  };
  if (video.readyState < 1)
    await happens("loadedmetadata");
  await video.play();
  const seen = [await plays()];
  for (const part of [0.75, 0.25, 0.9]) {
    video.currentTime = part * video.duration;
    await happens("seeked");
    seen.push(await plays());
  }
  return `${video.duration} seconds: ${seen.join(" ")}`;
})()"""


def plays(url):
    """Looks at the video on the page, at its start and at three other places."""
    with Browser() as browser:
        browser.open(url)
        say(browser.run(WATCH))


LINKS = "[...document.links].map(link => [link.textContent, link.href])"
SUMS = """(async urls => {
  const sums = [];
  for (const url of urls) {
    const response = await fetch(url);
    const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", await response.arrayBuffer()));
    sums.push([response.status, [...sum].map(n => n.toString(16).padStart(2, "0")).join("")]);
  }
  return sums;
})"""


def digest_of(path):
    if not os.path.isfile(path):
        return None
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def lists(url, folder, page):
    """Follows every link of the listing, and of the folders below, and compares with what the folder
    has. `page` is a name of a page there that may fetch: the listing may not."""
    counted, page = 0, url + page
    with Browser() as browser:
        folders = [(url, os.fsencode(folder))]
        while folders:
            url, path = folders.pop(0)
            browser.open(url)
            links = [(text, href) for text, href in browser.run(LINKS)
                     if href.startswith(url) and href != url]
            found = {}
            for text, href in links:
                name = urllib.parse.unquote_to_bytes(href[len(url):])
                if text != name.decode(errors="replace"):
                    say("shown as", ascii(text), "but leads to", name)
                found[name.rstrip(b"/")] = href
            there = [name for name in os.listdir(path) if not name.startswith(b".")]
            for name in set(found) ^ set(there):
                say("listed only:" if name in found else "not listed:", name)
            files = [name for name in found if not found[name].endswith("/")]
            folders += [(found[name], os.path.join(path, name)) for name in found if name not in files]
            browser.open(page)
            sums = browser.run(f"{SUMS}({json.dumps([found[name] for name in files])})")
            for name, (status, digest) in zip(files, sums):
                if status != 200 or digest != digest_of(os.path.join(path, name)):
                    say("differs:", name, "with status", status)
                counted += 1
    say(counted, "files")


def clicks(url, text):
    """Clicks on the link with that text, and says what is there then."""
    with Browser() as browser:
        browser.open(url)
        browser.loads(browser.run, "[...document.links].find(link => "
                      f"link.textContent === {json.dumps(text)}).click()")
        say(browser.run("document.body.innerText"))


def posts(url, name, mail):
    """Fills in the form, and says what the answer shows and what its tags are."""
    with Browser() as browser:
        browser.open(url)
        browser.type("input[name=name]", name)
        browser.type("input[name=mail]", mail)
        browser.click("form button, form input[type=submit]")
        say("title:", browser.run("document.title"))
        say("page:", " ".join(browser.run("document.body.innerText").split()))
        say("markup:", browser.run("document.querySelectorAll('script, b, i, img').length"))


def uploads(url, *files):
    """Sends files by the form of the listing, and says which the listing shows then."""
    with Browser() as browser:
        browser.open(url)
        browser.call("DOM.setFileInputFiles", files=list(files), nodeId=browser.node("input[type=file]"))
        browser.click("form button, form input[type=submit]")
        say("at", browser.run("location.href"))
        for text, _ in browser.run(LINKS):
            say("lists", text)


def crosses(page, url):
    """From a page of one server, asks another one."""
    with Browser() as browser:
        browser.open(page)
        say(browser.run(f"fetch({json.dumps(url)}).then(r => r.text(), error => 'refused')"))


main([plays, lists, clicks, posts, uploads, crosses])
