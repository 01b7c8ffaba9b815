"""The folder that the raw requests ask for: what is in it, and what it is answered with."""

import gzip
import os
import time

from net import blocks

MODIFIED = 1714904430  # Sun, 05 May 2024 10:20:30 GMT, and 0.7 s
EARLIER, LATER = MODIFIED - 1, MODIFIED + 1
HTML, TEXT, BINARY = "text/html; charset=utf-8", "text/plain; charset=utf-8", "application/octet-stream"


def date(seconds, form="%a, %d %b %Y %H:%M:%S GMT"):
    return time.strftime(form, time.gmtime(seconds))


def some(count, seed=0):
    return b"".join(blocks(count, seed))


def lines(count):
    return b"".join(b"line %04d\n" % i for i in range((count + 9) // 10))[:count]


def page(title):
    return b"<!DOCTYPE html><title>%s</title>\n" % title


FILES = {
    "index.html": page(b"the root"),
    "text.txt": lines(1000),
    "last.txt": b"the last one\n",
    "empty.txt": b"",
    "data.json": b'{"a": 1}\n',
    "edge.bin": some(65536, 1),
    "over.bin": some(65537, 2),
    "big.bin": some(70000, 3),
    "large.bin": some(200000, 4),
    "with space.txt": b"with a space\n",
    "100%.txt": b"with a percent sign\n",
    "gr\u00fcn \u2603.txt": b"with an umlaut and a snowman\n",
    "a+b;c=d&e.txt": b"with what means something in a query\n",
    ".secret": b"nobody is to read this\n",
    ".git/config": b"nor this\n",
    ".well-known/x": b"well known\n",
    ".well-known/.x": b"not so\n",
    "with/index.html": page(b"a folder with an index"),
    "with/text.txt": lines(100),
    "without/a.txt": b"a\n",
    "without/b.txt": b"b\n",
    "without/.hidden": b"hidden\n",
    "fold er/index.html": page(b"a folder with a space"),
    "file.txt": lines(500),
}

# What stands beside file.txt; of brotli and zstd nobody looks at the bytes.
CODED = {"gzip": ("file.txt.gz", gzip.compress(lines(500), mtime=0)),
         "br": ("file.txt.br", some(150, 5)),
         "zstd": ("file.txt.zst", some(170, 6))}

OUTSIDE = {"outside.txt": b"outside of it\n", "out/x": b"outside too\n"}

LINKS = {"inside": "text.txt", "inside-folder": "with", "absolute": "%s/text.txt", "deep/up": "../text.txt",
         "outside": "../outside.txt", "outside-absolute": "%s/../outside.txt", "outside-folder": "../out",
         "password": "/etc/passwd", "loop": "loop", "dangling": "nothing", "to-fifo": "fifo"}

KINDS = {"html": HTML, "txt": TEXT, "json": "application/json", "bin": BINARY}


def path_in(root, name):
    path = os.path.join(root, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    return path


def write(root, files):
    for name, content in files.items():
        path = path_in(root, name)
        with open(path, "xb") as f:
            f.write(content)
        os.utime(path, ns=(MODIFIED * 10**9 + 700000000,) * 2)


def make(folder):
    """Makes FOLDER/www, which is to be served, and what is beside it."""
    root = os.path.join(os.path.realpath(folder), "www")
    write(os.path.dirname(root), OUTSIDE)
    write(root, FILES)
    write(root, dict(CODED.values()))
    for name, target in LINKS.items():
        os.symlink(target.replace("%s", root), path_in(root, name))
    os.mkfifo(os.path.join(root, "fifo"))


class Folder:
    """What the server says of the folder. Its entity-tags are its own affair, so they are asked for."""

    def __init__(self, ask):
        self.tags = {(name, ""): self.learn(ask, name) for name in FILES if "/." not in "/" + name}
        self.tags.update({("file.txt", coding): self.learn(ask, "file.txt", coding) for coding in CODED})
        assert len(set(self.tags.values())) == len(self.tags), "two files have the same ETag"

    @staticmethod
    def learn(ask, name, coding="identity"):
        tag = ask(name, coding)
        assert tag and tag[0] == tag[-1] == '"' and len(tag) > 4, "%s has no strong ETag: %s" % (name, tag)
        return tag

    def tag(self, name, coding=""):
        return self.tags[name, coding]

    def content(self, name, coding=""):
        return CODED[coding][1] if coding else FILES[name]

    def fields(self, name, coding=""):
        """The fields of an answer that has the whole file, or would have it."""
        return {
            "Content-Type": KINDS.get(name.rsplit(".", 1)[-1], BINARY),
            "Content-Length": str(len(self.content(name, coding))),
            "Content-Encoding": coding or None,
            "Last-Modified": date(MODIFIED),
            "ETag": self.tags.get((name, coding), True),
            "Accept-Ranges": "bytes",
            "Cache-Control": "no-cache",
            "Vary": "Accept-Encoding" if name == "file.txt" else None,
            "Content-Range": None,
            "Location": None,
        }
