"""What a listing of anet serve holds: listing.py WAY [ARGUMENT]..."""

import html.parser
import json
import os
import re
import sys
import urllib.error
import urllib.parse
import urllib.request

from net import main, say

LISTINGS = 6


class Links(html.parser.HTMLParser):
    """The links of the table, and their texts."""

    def __init__(self, page):
        super().__init__()
        self.rows = []
        self.within = self.table = False
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.table |= tag == "table"
        if tag == "a" and self.table:
            self.rows.append([dict(attributes)["href"], ""])
            self.within = True

    def handle_endtag(self, tag):
        self.within &= tag != "a"
        self.table &= tag != "table"

    def handle_data(self, data):
        if self.within:
            self.rows[-1][1] += data


def get(url, **fields):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=fields), timeout=20) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        sys.exit("%s: %s" % (url, error))


def links(url):
    return Links(get(url).decode("utf-8", "surrogateescape")).rows


def objects(url):
    return json.loads(get(url, Accept="application/json").decode("utf-8"))


def content(path):
    if os.path.isdir(path):
        return None
    with open(path, "rb") as file:
        return file.read()


def name_of(url, base):
    """The one segment of `url` below `base`, decoded; for a folder without its slash."""
    assert url.startswith(base), url
    name = url[len(base):]
    assert name.rstrip("/") and "/" not in name.rstrip("/"), url
    assert "?" not in name and "#" not in name, url
    return urllib.parse.unquote_to_bytes(name.rstrip("/"))


def follows(url, folder):
    """Each link of the page and each URL of the JSON leads to its file, and none is missing."""
    base = os.fsencode(folder)
    there = {name: content(os.path.join(base, name)) for name in os.listdir(base)}
    rows = [row for row in links(url) if row[0] != "../"]
    assert (len(rows) < len(links(url))) == (urllib.parse.urlsplit(url).path != "/"), "no way up"
    for hrefs in [row[0] for row in rows], [o["url"] for o in objects(url)]:
        seen = {}
        for href in hrefs:
            target = urllib.parse.urljoin(url, href)
            is_folder = target.endswith("/")
            seen[name_of(target, url)] = None if is_folder else get(target)
            if is_folder:
                get(target)
        assert len(seen) == len(hrefs), "some are there twice"
        assert seen == there, (set(seen) ^ set(there), [n for n in there if seen.get(n) != there[n]])
    for o in objects(url):
        name = name_of(urllib.parse.urljoin(url, o["url"]), url)
        assert o["name"] == name.decode("utf-8", "replace"), o
        assert o["type"] == ("folder" if there[name] is None else "file"), o
        assert there[name] is None or o["size"] == len(there[name]), o
    for href, text in rows:
        name = name_of(urllib.parse.urljoin(url, href), url)
        shown = re.sub("[\x00-\x1f\x7f-\x9f]", "\ufffd", name.decode("utf-8", "replace"))
        assert text.rstrip("/") == shown, (text, shown)
    say(len(rows), "entries")


def alive(url):
    """Each link leads to something."""
    for url in [urllib.parse.urljoin(url, row[0]) for row in links(url)]:
        get(url)


def order(url):
    """The texts of the links as they stand; the same order as in the JSON."""
    texts = [text for _, text in links(url)]
    names = [o["name"] + "/" * (o["type"] == "folder") for o in objects(url)]
    assert [text for text in texts if text != "../"] == names, (texts, names)
    for text in texts:
        say(text)


def churns(folder):
    """Makes and removes files there without end."""
    say("churning")
    number = 0
    while True:
        number += 1
        path = os.path.join(folder, "comes and goes %d" % number)
        with open(path, "wb"):
            pass
        other = path + " renamed"
        os.rename(path, other)
        os.mkdir(path)
        os.unlink(other)
        os.rmdir(path)


def keeps(url, count):
    """Every listing has each `stays N` once, in order, whatever else."""
    wanted = ["stays %d" % n for n in range(1, count + 1)]
    for _ in range(LISTINGS // 2):
        for names in [text for _, text in links(url)], [o["name"] for o in objects(url)]:
            stays = [name for name in names if re.fullmatch(r"stays \d+", name)]
            assert stays == wanted, (len(stays), len(set(stays)))
    say(LISTINGS, "listings with", count, "entries")


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="surrogateescape")
    main([follows, alive, order, churns, keeps])
