"""The table: raw requests, and the right answer to each. The issue of `anet serve` decides, and where
it is silent RFC 9110 and RFC 9112; the section stands beside what is not plain."""

import json
import re

from raw_folder import CODED, EARLIER, FILES, HTML, LATER, MODIFIED, TEXT, date

ALLOWED = {"Allow": "GET, HEAD, OPTIONS"}


def octets(text):
    return text if isinstance(text, bytes) else text.encode("latin-1")


def get(target="/text.txt", *fields, method="GET", version="HTTP/1.1", host="a", body=b""):
    """The octets of a request; `host` None leaves the field out."""
    lines = [b" ".join(map(octets, (method, target, version)))]
    if host is not None:
        lines.append(b"Host: " + octets(host))
    lines.extend(map(octets, fields))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def head(target="/text.txt", *fields, **more):
    return get(target, *fields, method="HEAD", **more)


class Row:
    """A request and its right answer. `status` is one, or several that are all right; `fields` has
    for each name its value, True for any, None for none. `body` is octets, or a function that says
    what is wrong with one. The connection `stays`, or it closes, and unless `silently` the answer
    says so; None is for whatever the answer says."""

    def __init__(self, name, raw, status, fields=None, body=None, stays=True, silently=False):
        self.name, self.raw, self.body, self.stays, self.silently = name, raw, body, stays, silently
        self.statuses = status if isinstance(status, tuple) else (status,)
        self.fields = fields or {}
        self.head = bool(re.match(rb"(\r?\n)*HEAD ", raw))


class Table:
    def __init__(self, folder):
        self.folder = folder
        self.rows = []

    def answers(self, name, raw, status, fields=None, body=None, **more):
        self.rows.append(Row(name, raw, status, fields, body, **more))

    def refuses(self, name, raw, status=400):
        """It is wrong: the answer says so, and the connection ends."""
        self.answers(name, raw, status, stays=False)

    def whole(self, name, raw, file="text.txt", coding="", **more):
        self.answers(name, raw, 200, self.folder.fields(file, coding), self.folder.content(file, coding), **more)

    def part(self, name, raw, first, last, file="text.txt", coding=""):
        """A single range."""
        content = self.folder.content(file, coding)
        self.answers(name, raw, 206, {
            **self.folder.fields(file, coding),
            "Content-Range": "bytes %d-%d/%d" % (first, last, len(content)),
            "Content-Length": str(last - first + 1),
        }, content[first:last + 1])

    def parts(self, name, raw, *ranges, file="text.txt"):
        """Several, as multipart/byteranges."""
        fields = {**self.folder.fields(file), "Content-Type": True, "Content-Length": True}
        content, kind = self.folder.content(file), self.folder.fields(file)["Content-Type"]
        self.answers(name, raw, 206, fields, lambda a: wrong_parts(a, content, kind, ranges))

    def beyond(self, name, raw, size=1000):
        self.answers(name, raw, 416, {"Content-Range": "bytes */%d" % size, "ETag": None, "Last-Modified": None})

    def unmodified(self, name, raw, file="text.txt", coding="", **more):
        """RFC 9110 15.4.5: what the 200 would have said, but not of the content."""
        fields = self.folder.fields(file, coding)
        kept = {k: fields[k] for k in ("ETag", "Cache-Control", "Vary", "Content-Range")}
        self.answers(name, raw, 304, {**kept, "Content-Length": (None, fields["Content-Length"])}, b"", **more)

    def fails(self, name, raw):
        self.answers(name, raw, 412, {"Content-Range": None})

    def missing(self, name, raw):
        self.answers(name, raw, 404, {"Location": None})

    def moved(self, name, raw, location):
        self.answers(name, raw, 301, {"Location": location})


def wrong_parts(answer, content, kind, ranges):
    """What is wrong with a multipart/byteranges body (RFC 9110 14.6, RFC 2046 5.1.1), or None."""
    boundary = re.fullmatch(r'multipart/byteranges; *boundary="?([0-9A-Za-z\'()+_,./:=? -]{1,70})"?',
                            answer.field("Content-Type") or "")
    if not boundary:
        return "no boundary in Content-Type %r" % answer.field("Content-Type")
    delimiter = b"\r\n--" + boundary[1].encode()
    preamble, *parts = (b"\r\n" + answer.body).split(delimiter)
    if preamble.strip() or not parts or parts[-1] not in (b"--\r\n", b"--"):
        return "not framed by its boundary: %.200r" % answer.body
    came = []
    for part in parts[:-1]:
        lines, _, octets_of_it = part.partition(b"\r\n\r\n")
        fields = dict(line.decode().split(": ", 1) for line in lines.split(b"\r\n")[1:])
        came.append((fields.get("Content-Type"), fields.get("Content-Range"), octets_of_it))
    right = [(kind, "bytes %d-%d/%d" % (a, b, len(content)), content[a:b + 1]) for a, b in ranges]
    return None if came == right else "its parts are %.400r" % came


def wrong_json(names):
    """A function that says what is wrong with a listing in JSON that should have these names."""
    def wrong(answer):
        if not (answer.field("Content-Type") or "").startswith("application/json"):
            return "Content-Type is %r" % answer.field("Content-Type")
        came = [entry["name"].rstrip("/") for entry in json.loads(answer.body)]
        return None if came == names else "it lists %r" % came
    return wrong


def wrong_listing(names):
    """The same for one in HTML: the links from the last `..` on (the heading has some too), in their
    order."""
    def wrong(answer):
        if answer.field("Content-Type") != HTML:
            return "Content-Type is %r" % answer.field("Content-Type")
        came = re.findall(r'href="([^"]*)"', answer.body.decode())
        return None if came[-len(names):] == names and "../" in names else "it links to %r" % came
    return wrong


# --- the request line ---


def methods(t):
    text = t.folder.fields("text.txt")
    t.whole("GET", get())
    t.answers("HEAD says what GET would, without the body", head(), 200, text, b"")
    t.answers("HEAD of a large file", head("/large.bin"), 200, t.folder.fields("large.bin"), b"")
    t.answers("HEAD of nothing", head("/nothing"), 404, {"Content-Type": HTML}, b"")
    t.answers("HEAD of a folder's listing", head("/without/"), 200, {"Content-Type": HTML}, b"")
    t.answers("OPTIONS of a file", get(method="OPTIONS"), (200, 204), ALLOWED, b"")
    t.answers("OPTIONS of a folder", get("/without/", method="OPTIONS"), (200, 204), ALLOWED, b"")
    for method in ("POST", "PUT", "DELETE", "PATCH", "TRACE"):
        t.answers(method, get(method=method), 405, ALLOWED)
    t.answers("CONNECT", get("a:80", method="CONNECT"), 405, ALLOWED)
    t.answers("POST of a form", get("/", "Content-Type: application/x-www-form-urlencoded", "Content-Length: 7",
                                    method="POST", body=b"a=b&c=d"), 405, ALLOWED)
    t.answers("PUT of a new file", get("/new.txt", "Content-Length: 3", method="PUT", body=b"new"), 405, ALLOWED)
    t.answers("POST whose body looks like a request",
              get("/", "Content-Length: %d" % len(get("/with/")), method="POST", body=get("/with/")), 405, ALLOWED)
    for method in ("BREW", "PROPFIND", "G", "GETT", "XGET", "!#$%&'*+-.^_`|~"):
        t.answers("the method " + method, get(method=method), 501)
    t.answers("a method in lower case (RFC 9110 9.1)", get(method="get"), 501)
    t.answers("a method in mixed case", get(method="Head"), 501)
    t.answers("a method of 200 letters", get(method="G" * 200), 501)
    t.refuses("a method of 9,000 letters (RFC 9112 3)", get(method="G" * 9000), 501)
    for what, method in ("a bracket", "GE(T"), ("a colon", "GET:"), ("a quote", '"GET"'), ("a slash", "G/T"), \
            ("a byte that is not ASCII", "G\xc3\x84T"), ("a tab", "GE\tT"), ("NUL", "GE\0T"):
        t.refuses("a method with " + what, get(method=method))


def versions(t):
    t.whole("HTTP/1.0", get(version="HTTP/1.0"), stays=False)
    t.whole("HTTP/1.2 is answered as 1.1 (RFC 9110 2.5)", get(version="HTTP/1.2"))
    t.whole("HTTP/1.9", get(version="HTTP/1.9"))
    for version in ("HTTP/2.0", "HTTP/0.9", "HTTP/3.0", "HTTP/9.9"):
        t.refuses(version, get(version=version), 505)
    t.refuses("the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (400, 505))
    for version in ("http/1.1", "HTTP/1.10", "HTTP/01.1", "HTTP/1", "HTTP/1.", "HTTP/.1", "HTTP/1,1", "HTTP1.1",
                    "HTTP/1.x", "HTTP/-1.1", "HTTP/+1.1", "HTTP", "HTTP/", "FTP/1.1", "HTTPS/1.1", "HTTP/1.1x"):
        t.refuses("the version " + version, get(version=version))
    t.refuses("a version of 9,000 digits", get(version="HTTP/1." + "1" * 9000), (400, 414, 431))
    t.refuses("no version, as HTTP/0.9 had it", b"GET /text.txt\r\nHost: a\r\n\r\n")
    t.refuses("no version, but the space before it", b"GET /text.txt \r\nHost: a\r\n\r\n")
    t.refuses("a method alone", b"GET\r\nHost: a\r\n\r\n")
    t.refuses("no target", b"GET HTTP/1.1\r\nHost: a\r\n\r\n")
    t.refuses("an empty target", b"GET  HTTP/1.1\r\nHost: a\r\n\r\n")
    t.refuses("two spaces before the target", b"GET  /text.txt HTTP/1.1\r\nHost: a\r\n\r\n")
    t.refuses("two spaces after the target", b"GET /text.txt  HTTP/1.1\r\nHost: a\r\n\r\n")
    t.refuses("a space after the version", b"GET /text.txt HTTP/1.1 \r\nHost: a\r\n\r\n")
    t.refuses("a space in the target", get("/with space.txt"))
    t.refuses("a space before the method", b" GET /text.txt HTTP/1.1\r\nHost: a\r\n\r\n")
    t.refuses("tabs instead of spaces", b"GET\t/text.txt\tHTTP/1.1\r\nHost: a\r\n\r\n")
    t.refuses("a tab after the method", b"GET\t/text.txt HTTP/1.1\r\nHost: a\r\n\r\n")
    t.refuses("a form feed before the version", b"GET /text.txt\fHTTP/1.1\r\nHost: a\r\n\r\n")


def keeping(t):
    old = "HTTP/1.0"
    kept = {**t.folder.fields("text.txt"), "Connection": re.compile("keep-alive", re.I)}
    content = t.folder.content("text.txt")
    t.whole("close", get("/text.txt", "Connection: close"), stays=False)
    t.whole("close, whatever its case", get("/text.txt", "connection: CLOSE"), stays=False)
    t.whole("close among others", get("/text.txt", "Connection: foo, close ,bar"), stays=False)
    t.whole("close and keep-alive: close counts (RFC 9112 9.3)",
            get("/text.txt", "Connection: keep-alive, close"), stays=False)
    t.whole("close in a second field", get("/text.txt", "Connection: keep-alive", "Connection: close"), stays=False)
    t.whole("close with empty elements", get("/text.txt", "Connection: ,, close,,"), stays=False)
    t.whole("keep-alive in 1.1", get("/text.txt", "Connection: keep-alive"))
    t.whole("another option than close", get("/text.txt", "Connection: closed, not-close, upgrade"))
    t.whole("Proxy-Connection means nothing", get("/text.txt", "Proxy-Connection: close"))
    t.whole("an upgrade nobody knows is ignored",
            get("/text.txt", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"))
    t.answers("keep-alive in 1.0", get("/text.txt", "Connection: keep-alive", version=old), 200, kept, content)
    t.answers("keep-alive in 1.0, as Netscape wrote it", get("/text.txt", "Connection: Keep-Alive", version=old),
              200, kept, content)
    t.whole("close in 1.0", get("/text.txt", "Connection: close", version=old), stays=False)
    t.whole("keep-alive and close in 1.0", get("/text.txt", "Connection: keep-alive, close", version=old), stays=False)
    t.answers("nothing there, and keep-alive in 1.0", get("/nothing", "Connection: keep-alive", version=old), 404,
              {"Connection": re.compile("keep-alive", re.I)})
    t.answers("nothing there, and close", get("/nothing", "Connection: close"), 404, stays=False)
    t.answers("a method that is not allowed, and close", get("/", "Connection: close", method="DELETE"), 405, ALLOWED,
              stays=False)
    t.answers("HEAD and close", head("/text.txt", "Connection: close"), 200, t.folder.fields("text.txt"), b"",
              stays=False)


def targets(t):
    """RFC 9112 3.2."""
    t.whole("the absolute form", get("http://a/text.txt"))
    t.whole("its scheme in upper case", get("HTTP://a/text.txt"))
    t.whole("its host with a port", get("http://a:8080/text.txt", host="a:8080"))
    t.whole("its host an IPv6 address", get("http://[::1]:80/text.txt", host="[::1]:80"))
    t.whole("its host another than Host's (RFC 9112 3.2.2)", get("http://other.example/text.txt"))
    t.whole("it without a path", get("http://a"), "index.html")
    t.whole("it with a query and no path", get("http://a?x=y"), "index.html")
    t.whole("it in 1.0 without Host", get("http://a/text.txt", version="HTTP/1.0", host=None), stays=False)
    t.refuses("it in 1.1 without Host", get("http://a/text.txt", host=None))
    t.refuses("it with an invalid Host", get("http://a/text.txt", host="a b"))
    t.answers("an https URL on a connection without TLS (RFC 9110 7.4)", get("https://a/text.txt"), (400, 421),
              stays=None)
    for url in ("http:///text.txt", "http://", "http://:80/text.txt", "http://a^b/text.txt", "http://a:80x/text.txt",
                "http://[::1/text.txt", "http://[::g]/text.txt", "http://me@a/text.txt", "http://me:secret@a/text.txt",
                "http:/text.txt", "http:text.txt", "ftp://a/text.txt", "file:///etc/passwd", "://a/text.txt"):
        t.refuses("the target " + url, get(url))
    t.refuses("the target text.txt", get("text.txt"))
    t.refuses("the target ../text.txt", get("../text.txt"))
    t.refuses("the target ?x", get("?x"))
    t.refuses("the target \\text.txt", get("\\text.txt"))
    t.answers("OPTIONS of *", get("*", method="OPTIONS"), (200, 204), ALLOWED, b"")
    t.refuses("GET of *", get("*"))
    t.refuses("HEAD of *", head("*"))
    t.refuses("OPTIONS of **", get("**", method="OPTIONS"))
    t.refuses("GET of an authority", get("a:80"))
    t.refuses("CONNECT to a path", get("/text.txt", method="CONNECT"))
    t.refuses("CONNECT to a URL", get("http://a/", method="CONNECT"))
    t.answers("CONNECT without a port (RFC 9110 9.3.6)", get("a", method="CONNECT"), (400, 405), stays=None)
    t.refuses("CONNECT to a port that is none", get("a:80x", method="CONNECT"))
    t.refuses("a fragment", get("/text.txt#here"))
    t.refuses("DEL in the target", get("/text.txt\x7f"))
    t.refuses("NUL in the target", get("/text.txt\0.html"))
    t.refuses("a tab in the target", get("/text\t.txt"))
    t.refuses("a control character in the query", get("/text.txt?a\x01b"))
    t.whole("a query is not the file's affair", get("/text.txt?a=b&c=%zz%00/../.."))
    t.whole("an empty query", get("/text.txt?"))
    t.whole("a second question mark", get("/text.txt??/x?y"))


def escapes(t):
    for path in ("/%00", "/text.txt%00.html", "/index.html%00.txt", "/with%2ftext.txt", "/with%2Ftext.txt", "/%2f",
                 "/%2Fetc/passwd", "/%zz", "/%", "/text.txt%", "/%2", "/text.txt%2", "/%%", "/%2g", "/%u0041",
                 "/%-1", "/..%2f", "/..%2foutside.txt", "/without/%2e%2e%2ftext.txt", "/with/..%2Ftext.txt",
                 "/%c0%ae%c0%ae%2foutside.txt"):
        t.answers("the path " + path, get(path), 400, stays=None)
    t.whole("an escape that need not be", get("/te%78t.tx%74"))
    t.whole("an escaped space", get("/with%20space.txt"), "with space.txt")
    t.missing("a plus is no space in a path", get("/with+space.txt"))
    t.whole("an escaped percent sign", get("/100%25.txt"), "100%.txt")
    t.missing("escapes are undone once", get("/te%2578t.txt"))
    t.whole("escapes of UTF-8", get("/gr%C3%BCn%20%E2%98%83.txt"), "gr\u00fcn \u2603.txt")
    t.whole("escapes in lower case", get("/gr%c3%bcn%20%e2%98%83.txt"), "gr\u00fcn \u2603.txt")
    t.missing("an escape that is not UTF-8", get("/gr%fcn.txt"))
    t.missing("an overlong encoding of dots", get("/%c0%ae%c0%ae/outside.txt"))
    t.missing("an escaped backslash", get("/with%5ctext.txt"))
    t.missing("dots with an escaped backslash", get("/..%5coutside.txt"))
    t.whole("what means something in a query", get("/a+b;c=d&e.txt"), "a+b;c=d&e.txt")
    t.whole("the same escaped", get("/a%2Bb%3Bc%3Dd%26e.txt"), "a+b;c=d&e.txt")
    t.missing("an escaped question mark is the path's", get("/text.txt%3Fx"))
    t.missing("an escaped number sign too", get("/text.txt%23x"))
    t.missing("a parameter behind a semicolon", get("/text.txt;v=1"))
    t.answers("an escaped line end", get("/text.txt%0d%0aX-Injected:%20yes"), (400, 404), {"X-Injected": None},
              stays=None)


def dots(t):
    for path in ("/..", "/../", "/../text.txt", "/../outside.txt", "/with/../../outside.txt", "/a/../../", "/a/../..",
                 "/%2e%2e", "/%2e%2e/", "/%2E%2E/outside.txt", "/.%2e/outside.txt", "/%2e./outside.txt",
                 "/./../outside.txt", "//../outside.txt", "//..", "/with//../../../text.txt", "/.."*20 + "/etc/passwd"):
        t.answers("the path " + path, get(path), 400, stays=None)
    t.whole("dots that stay inside", get("/with/../text.txt"))
    t.whole("escaped ones too", get("/with/%2e%2e/text.txt"))
    t.whole("a folder that is not there, and back", get("/nothing/../text.txt"))
    t.whole("a single dot", get("/./text.txt"))
    t.whole("escaped single dots", get("/%2e/with/%2E/index.html"), "with/index.html")
    t.whole("dots at the end lead to the folder", get("/with/.."), "index.html")
    t.whole("a dot at the end is the folder", get("/with/."), "with/index.html")
    t.whole("dot and slash at the end", get("/with/./"), "with/index.html")
    t.whole("an escaped dot at the end", get("/with/%2e"), "with/index.html")
    t.missing("a file with a slash behind it", get("/text.txt/"))
    t.missing("a file with a dot segment behind it", get("/text.txt/."))
    t.missing("a file beneath a file", get("/text.txt/text.txt"))
    t.missing("three dots", get("/..."))


def slashes(t):
    t.whole("two slashes", get("//"), "index.html")
    t.whole("three slashes", get("///"), "index.html")
    t.whole("two slashes before a name", get("//text.txt"))
    t.whole("three", get("///text.txt"))
    t.whole("two between names", get("/with//text.txt"), "with/text.txt")
    t.missing("what looks like a host", get("//host/"))
    t.missing("what looks like one and a file", get("//evil.example/text.txt"))
    t.moved("a folder without its slash", get("/with"), "./with/")
    t.moved("one without an index", get("/without"), "./without/")
    t.moved("its query is kept", get("/with?a=b&c=%20d"), "./with/?a=b&c=%20d")
    t.moved("a query that is a URL", get("/with?//evil.example/"), "./with/?//evil.example/")
    t.moved("leading slashes are collapsed", get("//with"), "./with/")
    t.moved("all of them", get("////with?x"), "./with/?x")
    t.moved("dots are gone from the location", get("/without/../with"), "./with/")
    t.moved("a space is escaped in it", get("/fold%20er"), "./fold%20er/")
    t.moved("it has no host, whatever Host says", get("/with", host="evil.example"), "./with/")
    t.moved("nor that of the absolute form", get("http://evil.example/with"), "./with/")
    t.moved("double slashes in the absolute form", get("http://a//with"), "./with/")
    t.moved("a link to a folder", get("/inside-folder"), "./inside-folder/")
    t.answers("HEAD of a folder without its slash", head("/with"), 301, {"Location": "./with/"}, b"")
    t.answers("escaped line ends in a folder's query", get("/with?%0d%0aX-Injected:%20yes"), 301,
              {"Location": "./with/?%0d%0aX-Injected:%20yes", "X-Injected": None})


def files(t):
    for name in ("empty.txt", "edge.bin", "over.bin", "big.bin", "large.bin", "data.json"):
        t.whole(name, get("/" + name), name)
    t.whole("the index of the root", get("/"), "index.html")
    t.whole("the index of a folder", get("/with/"), "with/index.html")
    t.whole("an index by its name", get("/with/index.html"), "with/index.html")
    t.missing("no such file", get("/nothing.txt"))
    t.missing("no such folder", get("/nothing/"))
    t.missing("a name in another case", get("/TEXT.txt"))
    t.missing("a name longer than names can be", get("/" + "x" * 300))
    for name in (".secret", ".git/config", ".git/", ".git", "%2esecret", "./.secret", "without/.hidden", "with/../.secret",
                 ".well-known/.x", ".nothing"):
        t.missing("the hidden /" + name, get("/" + name))
    t.whole(".well-known is not hidden", get("/.well-known/x"), ".well-known/x")
    t.moved(".well-known is a folder", get("/.well-known"), "./.well-known/")
    t.answers("a link inside", get("/inside"), 200, {"ETag": t.folder.tag("text.txt")}, FILES["text.txt"])
    t.answers("an absolute link inside", get("/absolute"), 200, None, FILES["text.txt"])
    t.answers("a link up, and inside", get("/deep/up"), 200, None, FILES["text.txt"])
    t.answers("a file in a linked folder", get("/inside-folder/text.txt"), 200, None, FILES["with/text.txt"])
    for name in ("outside", "outside-absolute", "outside-folder", "outside-folder/", "outside-folder/x", "password",
                 "loop", "dangling", "loop/x"):
        t.missing("the link /" + name, get("/" + name))
    t.missing("a FIFO", get("/fifo"))
    t.missing("HEAD of a FIFO", head("/fifo"))
    t.missing("a link to a FIFO", get("/to-fifo"))


def listings(t):
    names = ["a.txt", "b.txt"]
    html = wrong_listing(["../", "./a.txt", "./b.txt"])
    t.answers("a listing", get("/without/"), 200, {"Content-Type": HTML}, html)
    t.answers("for a browser", get("/without/", "Accept: text/html,application/xml;q=0.9,*/*;q=0.8"), 200, None, html)
    t.answers("for curl", get("/without/", "Accept: */*"), 200, None, html)
    t.answers("JSON by Accept", get("/without/", "Accept: application/json"), 200,
              {"Vary": re.compile(r"(.*, *)?accept(,.*)?", re.I)}, wrong_json(names))
    t.answers("JSON liked better", get("/without/", "Accept: text/html;q=0.5, application/json"), 200, None,
              wrong_json(names))
    t.answers("HTML liked better", get("/without/", "Accept: text/html, application/json;q=0.5"), 200, None, html)
    t.answers("JSON refused", get("/without/", "Accept: application/json;q=0, */*"), 200, None, html)
    t.answers("JSON by ?json", get("/without/?json"), 200, {"Content-Type": re.compile("application/json.*")},
              wrong_json(names))
    t.answers("JSON by ?json, whatever Accept says", get("/without/?json", "Accept: text/html"), 200, None,
              wrong_json(names))
    t.answers("HEAD of JSON", head("/without/?json"), 200, {"Content-Type": re.compile("application/json.*")}, b"")
    t.answers("another query", get("/without/?xml"), 200, None, html)
    t.answers("a range of a listing is ignored", get("/without/", "Range: bytes=0-1"), 200, {"Content-Range": None}, html)
    t.answers("a listing of .well-known", get("/.well-known/"), 200, None, wrong_listing(["../", "./x"]))
    t.answers("a listing in 1.0", get("/without/", version="HTTP/1.0"), 200, None, html, stays=False)


# --- Host, and where a request ends ---


def hosts(t):
    """RFC 9112 3.2, RFC 9110 7.2."""
    t.refuses("no Host", get(host=None))
    t.answers("no Host, and HEAD: still no body (RFC 9110 9.3.2)", head(host=None), 400, None, b"", stays=False)
    t.whole("no Host in 1.0", get(version="HTTP/1.0", host=None), stays=False)
    t.refuses("two Hosts", get("/text.txt", "Host: b"))
    t.refuses("two equal Hosts", get("/text.txt", "Host: a"))
    t.refuses("two Hosts in 1.0", get("/text.txt", "Host: b", version="HTTP/1.0"))
    t.refuses("two Hosts, one of them empty", get("/text.txt", "Host:"))
    t.refuses("an empty Host (RFC 9110 4.2.1)", get(host=""))
    t.refuses("a bad Host in 1.0", get(host="a b", version="HTTP/1.0"))
    for host in ("a b", "a/b", "a\\b", "me@a", "a?b", "a#b", "<a>", '"a"', "a^b", "a|b", "a%zz", "a%4", "a,b:c", "a:b",
                 "a:80x", "a:80:80", "a:-1", "a: 80", "a :80", ":80", "[::1", "::1", "[::1]x", "[::g]", "[]", "[a]",
                 "[::1]:x", "[1.2.3.4]", "http://a", "\xfcber", "a\tb", "a, b"):
        t.refuses("the Host " + host, get(host=host))
    for host in ("A.Example", "a:80", "a:", "127.0.0.1:8080", "[::1]", "[::1]:8080", "[::ffff:1.2.3.4]:80", "a_b", "a-b.",
                 "a%41", "a!$&'()*+;=", " a ", "\ta\t"):
        t.whole("the Host %r" % host, get(host=host))
    t.whole("HOST in upper case", get("/text.txt", "HOST: a", host=None))
    t.whole("Host without a space behind its colon", get("/text.txt", "Host:a", host=None))
    t.whole("Host as the last field", get("/text.txt", "Accept: */*", "Host: a", host=None))


def smuggling(t):
    """Whoever reads these another way than the next one lets a request through (RFC 9112 6.1, 6.3, 11.2)."""
    chunks = b"0\r\n\r\n"
    inner = get("/with/")

    def coded(*values, version="HTTP/1.1", body=chunks):
        return get("/text.txt", *(b"Transfer-Encoding: " + octets(v) for v in values), version=version, body=body)

    t.refuses("Content-Length and Transfer-Encoding",
              get("/text.txt", "Content-Length: 5", "Transfer-Encoding: chunked", body=chunks))
    t.refuses("the same the other way round",
              get("/text.txt", "Transfer-Encoding: chunked", "Content-Length: 5", body=chunks))
    t.refuses("the same in a POST, a request behind it",
              get("/", "Content-Length: 4", "Transfer-Encoding: chunked", method="POST", body=chunks + inner))
    t.refuses("Content-Length of 0 and Transfer-Encoding",
              get("/text.txt", "Content-Length: 0", "Transfer-Encoding: chunked", body=chunks))
    t.refuses("Content-Length and Transfer-Encoding: identity",
              get("/text.txt", "Content-Length: 5", "Transfer-Encoding: identity", body=b"hello"))
    t.refuses("both in 1.0",
              get("/text.txt", "Content-Length: 5", "Transfer-Encoding: chunked", version="HTTP/1.0", body=chunks))
    t.refuses("two Content-Lengths", get("/text.txt", "Content-Length: 5", "Content-Length: 6", body=b"hello!"))
    t.refuses("two equal Content-Lengths", get("/text.txt", "Content-Length: 5", "Content-Length: 5", body=b"hello"))
    t.refuses("two Content-Lengths of 0", get("/text.txt", "Content-Length: 0", "Content-Length: 0"))
    for value in ("5, 5", "5, 6", "5,", "+5", "-1", "-0", "0x5", "5 6", "5;", "5.0", '"5"', "", "five", "1e1", "5h",
                  "18446744073709551616", "99999999999999999999999999", "5\x0b", "\x0c5", "\xb2", "5\xa0", "1_0"):
        t.refuses("Content-Length: %r" % value, get("/text.txt", "Content-Length: " + value, body=b"hello"))
    t.whole("Content-Length with zeros in front", get("/text.txt", "Content-Length: 00005", body=b"hello"))
    t.whole("Content-Length with white space around it", get("/text.txt", "Content-Length: \t5 \t", body=b"hello"))
    t.whole("Content-Length in lower case", get("/text.txt", "content-length:5", body=b"hello"))
    t.whole("the longest Content-Length there is", get("/text.txt", "Content-Length: 18446744073709551615"),
            stays=False)
    t.whole("a body that looks like a request", get("/text.txt", "Content-Length: %d" % len(inner), body=inner))
    t.whole("Content_Length is another field", get("/text.txt", "Content_Length: 5"))
    for values in (["identity"], ["gzip"], ["chunked, gzip"], ["chunked, chunked"], ["xchunked"], ["chunkedx"],
                   ["chunked, identity"], ["chunked;a=b"], ['"chunked"'], [""], [","], ["chunked", "chunked"],
                   ["chunked", "identity"], ["chunked", "gzip"], ["chunked chunked"], ["chunk"], ["chun", "ked"],
                   ["\x0bchunked"], ["chunked\x0b"], ["chunked\x0c"], ["chunked\0"], ["ch\xfcnked"], ["chunked\xa0"]):
        t.refuses("Transfer-Encoding: " + " and ".join(map(repr, values)), coded(*values))
    t.refuses("Transfer-Encoding: gzip, chunked", coded("gzip, chunked"), 501)
    t.refuses("Transfer-Encoding: gzip and chunked in two fields", coded("gzip", "chunked"), 501)
    t.refuses("Transfer-Encoding in 1.0", coded("chunked", version="HTTP/1.0"))
    t.refuses("Transfer-Encoding in 1.0 with keep-alive",
              get("/text.txt", "Connection: keep-alive", "Transfer-Encoding: chunked", version="HTTP/1.0", body=chunks))
    t.refuses("a space before Transfer-Encoding's colon",
              get("/text.txt", "Transfer-Encoding : chunked", "Content-Length: 5", body=chunks))
    t.refuses("Transfer-Encoding on a folded line",
              get("/text.txt", "X: y", " Transfer-Encoding: chunked", body=chunks))
    t.refuses("chunked on a folded line", get("/text.txt", "Transfer-Encoding:", " chunked", body=chunks))
    for value in ("Chunked", "CHUNKED", "\tchunked", "chunked\t ", ", chunked", "chunked ,"):
        t.whole("Transfer-Encoding: %r" % value, coded(value))
    t.whole("Transfer_Encoding is another field", get("/text.txt", "Transfer_Encoding: chunked"))
    t.whole("TE asks nothing of a request", get("/text.txt", "TE: gzip, trailers", "Connection: TE"))


def chunks(t):
    """RFC 9112 7.1. The answer does not wait for the body; a bad one ends the connection."""
    def chunked(body, target="/text.txt", method="GET"):
        return get(target, "Transfer-Encoding: chunked", method=method, body=body)

    for what, body in (
            ("none", b"0\r\n\r\n"),
            ("one", b"5\r\nhello\r\n0\r\n\r\n"),
            ("three", b"1\r\na\r\n2\r\nbc\r\n3\r\ndef\r\n0\r\n\r\n"),
            ("line ends in it", b"6\r\n\r\n\r\n\r\n\r\n0\r\n\r\n"),
            ("hexadecimal digits", b"A\r\n0123456789\r\nb\r\n0123456789a\r\n0\r\n\r\n"),
            ("zeros in front", b"00005\r\nhello\r\n0000\r\n\r\n"),
            ("an extension", b"5;a\r\nhello\r\n0;b=c\r\n\r\n"),
            ("a quoted extension", b'5;a="b;c\\"";d=e\r\nhello\r\n0\r\n\r\n'),
            ("white space before an extension", b"5 ;a=b\r\nhello\r\n0\r\n\r\n"),
            ("trailers", b"5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n"),
            ("a trailer that would be framing", b"0\r\nContent-Length: 100\r\nTransfer-Encoding: x\r\n\r\n"),
            ("a request in it", b"%x\r\n%s\r\n0\r\n\r\n" % (len(get("/with/")), get("/with/"))),
            ("65,536 bytes in chunks of 4 KiB", b"1000\r\n%s\r\n" % (b"x" * 4096) * 16 + b"0\r\n\r\n")):
        t.whole("chunks: " + what, chunked(body))
    t.answers("chunks with HEAD", chunked(b"5\r\nhello\r\n0\r\n\r\n", method="HEAD"), 200, None, b"")
    t.answers("chunks with POST", chunked(b"5\r\nhello\r\n0\r\n\r\n", method="POST"), 405, ALLOWED)
    t.answers("chunks to nothing", chunked(b"5\r\nhello\r\n0\r\n\r\n", "/nothing"), 404)
    for what, body in (
            ("no digit", b"\r\nhello\r\n0\r\n\r\n"),
            ("no hexadecimal digit", b"g\r\nhello\r\n0\r\n\r\n"),
            ("0x5", b"0x5\r\nhello\r\n0\r\n\r\n"),
            ("+5", b"+5\r\nhello\r\n0\r\n\r\n"),
            ("-5", b"-5\r\nhello\r\n0\r\n\r\n"),
            ("white space in front", b" 5\r\nhello\r\n0\r\n\r\n"),
            ("white space behind", b"5 \r\nhello\r\n0\r\n\r\n"),
            ("white space in a size", b"5 5\r\nhello\r\n0\r\n\r\n"),
            ("an overflow", b"10000000000000005\r\nhello\r\n0\r\n\r\n"),
            ("a size of 40 digits", b"f" * 40 + b"\r\nhello\r\n0\r\n\r\n"),
            ("more than its size", b"5\r\nhello!\r\n0\r\n\r\n"),
            ("less than its size", b"5\r\nhell\r\n0\r\n\r\n"),
            ("LF behind the size", b"5\nhello\r\n0\r\n\r\n"),
            ("LF behind the data", b"5\r\nhello\n0\r\n\r\n"),
            ("LF behind the last", b"5\r\nhello\r\n0\n\r\n"),
            ("CR behind the size", b"5\rhello\r\n0\r\n\r\n"),
            ("an extension without a name", b"5;\r\nhello\r\n0\r\n\r\n"),
            ("no token for an extension", b"5;bad[=x\r\nhello\r\n0\r\n\r\n"),
            ("an extension without its value", b"5;a=\r\nhello\r\n0\r\n\r\n"),
            ("an open quote in an extension", b'5;a="b\r\nhello\r\n0\r\n\r\n'),
            ("white space behind an extension", b"5;a \r\nhello\r\n0\r\n\r\n"),
            ("CR in an extension", b"5;a\rb\r\nhello\r\n0\r\n\r\n"),
            ("NUL in the size", b"5\0\r\nhello\r\n0\r\n\r\n"),
            ("an extension of 5,000 bytes", b"5;" + b"a" * 5000 + b"\r\nhello\r\n0\r\n\r\n"),
            ("LF in an extension", b"5;a\nb\r\nhello\r\n0\r\n\r\n"),
            ("65,537 bytes", b"10001\r\n%s\r\n0\r\n\r\n" % (b"x" * 65537)),
            ("trailers of 40,000 bytes", b"0\r\n" + b"X: %s\r\n" % (b"y" * 994) * 40 + b"\r\n")):
        t.whole("bad chunks: " + what, chunked(body), stays=False, silently=True)


def bodies(t):
    for size in (0, 1, 10, 65536):
        t.whole("a body of %d bytes on GET" % size, get("/text.txt", "Content-Length: %d" % size, body=b"x" * size))
    for size in (65537, 1024 * 1024):
        t.whole("a body of %d bytes on GET" % size, get("/text.txt", "Content-Length: %d" % size, body=b"x" * size),
                stays=False)
    t.answers("a body on HEAD", head("/text.txt", "Content-Length: 10", body=b"0123456789"), 200, None, b"")
    t.answers("a body on OPTIONS", get("*", "Content-Length: 10", method="OPTIONS", body=b"0123456789"), (200, 204))
    t.answers("a body to nothing", get("/nothing", "Content-Length: 10", body=b"0123456789"), 404)
    t.answers("a body to a folder without its slash", get("/with", "Content-Length: 10", body=b"0123456789"), 301)
    t.answers("a body with an unknown method", get("/", "Content-Length: 10", method="BREW", body=b"0123456789"), 501)
    t.answers("a body of 65,536 bytes on POST", get("/", "Content-Length: 65536", method="POST", body=b"x" * 65536), 405,
              ALLOWED)
    t.answers("a body of 1 MiB on PUT", get("/new", "Content-Length: 1048576", method="PUT", body=b"x" * 1048576), 405,
              ALLOWED, stays=False)
    t.whole("a body in 1.0", get("/text.txt", "Content-Length: 5", version="HTTP/1.0", body=b"hello"), stays=False)
    t.answers("a body in 1.0 with keep-alive",
              get("/text.txt", "Connection: keep-alive", "Content-Length: 5", version="HTTP/1.0", body=b"hello"), 200)
    t.answers("a listing with a body", get("/without/", "Content-Length: 5", body=b"hello"), 200, {"Content-Type": HTML})


def expectations(t):
    """RFC 9110 10.1.1. Nobody reads the body of a GET: the last word comes at once, and no 100 before it."""
    wait = "Expect: 100-continue"
    t.whole("100-continue without a body", get("/text.txt", wait))
    t.whole("100-continue with an empty body", get("/text.txt", wait, "Content-Length: 0"))
    t.whole("100-continue, whatever its case", get("/text.txt", "Expect: 100-Continue"))
    t.whole("100-continue with a body", get("/text.txt", wait, "Content-Length: 5", body=b"hello"), stays=None)
    t.whole("100-continue with chunks", get("/text.txt", wait, "Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
            stays=None)
    t.whole("100-continue whose body does not come", get("/text.txt", wait, "Content-Length: 5"), stays=False)
    t.whole("100-continue whose chunks do not come", get("/text.txt", wait, "Transfer-Encoding: chunked"), stays=False)
    t.answers("100-continue with PUT", get("/new", wait, "Content-Length: 5", method="PUT"), 405, ALLOWED, stays=False)
    t.answers("100-continue to nothing", get("/nothing", wait, "Content-Length: 5"), 404, stays=False)
    t.whole("100-continue in 1.0 is ignored",
            get("/text.txt", wait, "Content-Length: 5", version="HTTP/1.0", body=b"hello"), stays=False)
    t.answers("100-continue in 1.0 with keep-alive", get("/text.txt", wait, "Connection: keep-alive", "Content-Length: 5",
                                                         version="HTTP/1.0", body=b"hello"), 200, None,
              FILES["text.txt"])
    for value in ("200-ok", "100-continue-x", "100", "a=b", "100-continue, a=b"):
        t.answers("Expect: " + value, get("/text.txt", "Expect: " + value), 417, stays=None)
    t.answers("Expect: 200-ok with a body", get("/text.txt", "Expect: 200-ok", "Content-Length: 5"), 417, stays=False)


# --- fields ---


def syntax(t):
    """RFC 9112 2.2 and 5, RFC 9110 5."""
    for what, line in (
            ("a folded line", "X: a\r\n b"),
            ("a line folded with a tab", "X: a\r\n\tb"),
            ("a folded line of white space", "X: a\r\n \t "),
            ("a space before the colon", "X : a"),
            ("a tab before the colon", "X\t: a"),
            ("no name", ": a"),
            ("no name, and a space", " : a"),
            ("no colon", "X"),
            ("no colon, and a value", "X a"),
            ("a space in a name", "X Y: a"),
            ("a bracket in a name", "X(Y): a"),
            ("an @ in a name", "X@Y: a"),
            ("a slash in a name", "X/Y: a"),
            ("a quote in a name", 'X"Y: a'),
            ("an equals sign in a name", "X=Y: a"),
            ("square brackets in a name", "X[0]: a"),
            ("NUL in a name", "X\0Y: a"),
            ("DEL in a name", "X\x7fY: a"),
            ("a control character in a name", "X\x01Y: a"),
            ("a byte that is not ASCII in a name", "X\xfcY: a"),
            ("CR in a name", "X\rY: a"),
            ("NUL in a value", "X: a\0b"),
            ("SOH in a value", "X: a\x01b"),
            ("BEL in a value", "X: \x07"),
            ("VT in a value", "X: a\x0bb"),
            ("FF in a value", "X: a\x0cb"),
            ("ESC in a value", "X: \x1b[31m"),
            ("DEL in a value", "X: a\x7fb"),
            ("CR in a value", "X: a\rb"),
            ("CR at the end of a value", "X: a\r"),
            ("CR and a field", "X: a\rTransfer-Encoding: chunked"),
            ("CR before a colon", "X\r: a")):
        t.refuses(what, get("/text.txt", line))
        if "Transfer" not in line:
            t.refuses(what + ", before Host", get("/text.txt", line, "Host: a", host=None))
    t.refuses("white space before the first field", b"GET /text.txt HTTP/1.1\r\n Host: a\r\n\r\n")
    t.refuses("a line of white space before the fields", b"GET /text.txt HTTP/1.1\r\n \r\nHost: a\r\n\r\n")
    t.refuses("a line of white space instead of the empty one", b"GET /text.txt HTTP/1.1\r\nHost: a\r\n \r\n\r\n")
    t.refuses("CR in the request line", b"GET /text.txt\r HTTP/1.1\r\nHost: a\r\n\r\n")
    t.refuses("CR in the target", b"GET /te\rxt.txt HTTP/1.1\r\nHost: a\r\n\r\n")
    t.refuses("two CRs behind the version", b"GET /text.txt HTTP/1.1\r\r\nHost: a\r\n\r\n")
    t.refuses("CR instead of the first line's end", b"GET /text.txt HTTP/1.1\rHost: a\r\n\r\n")
    t.refuses("CR instead of every line's end but the last", b"GET /text.txt HTTP/1.1\rHost: a\r\r\n\r\n")
    t.refuses("NUL in the request line", b"GET\0/text.txt HTTP/1.1\r\nHost: a\r\n\r\n")
    t.refuses("NUL behind the version", b"GET /text.txt HTTP/1.1\0\r\nHost: a\r\n\r\n")
    t.refuses("CR before the request", b"\rGET /text.txt HTTP/1.1\r\nHost: a\r\n\r\n")
    t.refuses("something binary", b"\xff\xfe\x00\x01\r\n\r\n")
    t.refuses("a TLS hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n")
    t.refuses("a colon first", b":GET /text.txt HTTP/1.1\r\nHost: a\r\n\r\n")
    t.whole("one empty line before the request (RFC 9112 2.2)", b"\r\n" + get())
    t.whole("one of LF alone", b"\n" + get())
    t.refuses("two empty lines before it", b"\r\n\r\n" + get())
    t.refuses("two of LF alone", b"\n\n" + get())
    t.whole("lines that end in LF (RFC 9112 2.2)", get().replace(b"\r\n", b"\n"))
    t.whole("the first line in LF", get().replace(b"\r\n", b"\n", 1))
    t.whole("the empty line in LF", get()[:-2] + b"\n")
    t.whole("the last field in LF", b"GET /text.txt HTTP/1.1\r\nHost: a\n\r\n")
    t.answers("HEAD with LF", head().replace(b"\r\n", b"\n"), 200, None, b"")
    t.whole("LF in 1.0 without fields", b"GET /text.txt HTTP/1.0\n\n", stays=False)
    t.whole("an empty value", get("/text.txt", "X:"))
    t.whole("white space for a value", get("/text.txt", "X: \t "))
    t.whole("a tab in a value", get("/text.txt", "X: a\tb"))
    t.whole("bytes that are not ASCII in a value", get("/text.txt", "X: \x80\xff\xc3\xbc"))
    t.whole("what a terminal would heed, for the log",
            get("/text.txt", b"Referer: \xc2\x9b31m\xc2\x85\xff\xe2\x80\xae", b'User-Agent: "\\x"\xc3 \t'))
    t.whole("colons in a value", get("/text.txt", "X: a:b::c"))
    t.whole("every character of a token in a name", get("/text.txt", "!#$%&'*+-.^_`|~09azAZ: a"))
    t.whole("the same unknown field twice", get("/text.txt", "X: a", "X: b"))


def limits(t):
    def long_target(length):
        return "/text.txt?" + "q" * (length - len("/text.txt?"))

    def long_head(length, lines=8):
        """A head of so many bytes, in so many fields more."""
        room = length - len(get())
        each = room // lines
        sizes = [each] * (lines - 1) + [room - each * (lines - 1)]
        return get("/text.txt", *("X: " + "y" * (size - len("X: \r\n")) for size in sizes))

    t.whole("a target of 8,191 bytes", get(long_target(8191)))
    t.whole("a target of 8,192 bytes", get(long_target(8192)))
    t.refuses("a target of 8,193 bytes", get(long_target(8193)), 414)
    t.refuses("a target of 20,000 bytes", get(long_target(20000)), 414)
    t.refuses("a target of 60,000 bytes, which is a long head too", get(long_target(60000)), (414, 431))
    t.missing("a path of 8,192 bytes", get("/" + "x/" * 4095 + "x"))
    t.answers("a path of 2,730 dot segments", get("/" + "./" * 2730 + "text.txt"), 200, None, FILES["text.txt"])
    t.whole("100 fields", get("/text.txt", *("X: %d" % i for i in range(99))))
    t.refuses("101 fields", get("/text.txt", *("X: %d" % i for i in range(100))), 431)
    t.refuses("1,000 fields", get("/text.txt", *("X: %d" % i for i in range(999))), 431)
    t.whole("a head of 32,767 bytes", long_head(32767))
    t.whole("a head of 32,768 bytes", long_head(32768))
    t.refuses("a head of 32,769 bytes", long_head(32769), 431)
    t.refuses("a head of 60,000 bytes", long_head(60000), 431)
    t.whole("a field of nearly 32 KiB", long_head(32768, 1))
    t.refuses("a field of 40,000 bytes", long_head(40000, 1), 431)
    t.refuses("a field's name of 40,000 bytes", get("/text.txt", "X" * 40000 + ": y"), 431)
    t.refuses("a head of 40,000 bytes without an end", long_head(40000)[:-2], 431)
    t.refuses("a target of 40,000 bytes without an end", get(long_target(40000)).split(b" HTTP")[0], 414)


# --- conditions ---


def conditions(t):
    """RFC 9110 13."""
    tag = t.folder.tag("text.txt")
    now, before, after = date(MODIFIED), date(EARLIER), date(LATER)

    def asks(*fields, target="/text.txt", **more):
        return get(target, *fields, **more)

    t.whole("If-Match", asks("If-Match: " + tag))
    t.whole("If-Match: *", asks("If-Match: *"))
    t.whole("If-Match with a list", asks('If-Match: "x", "y,z" ,, %s,"u"' % tag))
    t.whole("If-Match in two fields", asks('If-Match: "x"', "If-Match: " + tag))
    t.fails("If-Match with another tag", asks('If-Match: "x"'))
    t.fails("If-Match with other tags", asks('If-Match: "x", "y"', 'If-Match: "z"'))
    t.fails("If-Match with a weak tag (RFC 9110 13.1.1)", asks("If-Match: W/" + tag))
    t.fails("If-Match with an empty tag", asks('If-Match: ""'))
    t.answers("HEAD with If-Match of another tag", head("/text.txt", 'If-Match: "x"'), 412, None, b"")
    t.missing("If-Match: * of nothing (RFC 9110 13.2.1)", asks("If-Match: *", target="/nothing"))
    t.moved("If-Match with another tag, where it moved", asks('If-Match: "x"', target="/with"), "./with/")
    t.unmodified("If-None-Match", asks("If-None-Match: " + tag))
    t.unmodified("If-None-Match: *", asks("If-None-Match: *"))
    t.unmodified("If-None-Match with a weak tag (RFC 9110 13.1.2)", asks("If-None-Match: W/" + tag))
    t.unmodified("If-None-Match with a list", asks('If-None-Match: "x", W/"y,z",%s' % tag))
    t.unmodified("If-None-Match in two fields", asks('If-None-Match: "x"', "If-None-Match: " + tag))
    t.unmodified("HEAD with If-None-Match", head("/text.txt", "If-None-Match: " + tag))
    t.unmodified("If-None-Match and close", asks("If-None-Match: " + tag, "Connection: close"), stays=False)
    t.unmodified("If-None-Match in 1.0", asks("If-None-Match: " + tag, version="HTTP/1.0"), stays=False)
    t.unmodified("If-None-Match of an index", asks("If-None-Match: " + t.folder.tag("index.html"), target="/"),
                 "index.html")
    t.unmodified("If-None-Match of a large file", asks("If-None-Match: " + t.folder.tag("large.bin"),
                                                       target="/large.bin"), "large.bin")
    t.unmodified("If-None-Match of an empty file", asks("If-None-Match: " + t.folder.tag("empty.txt"),
                                                        target="/empty.txt"), "empty.txt")
    t.whole("If-None-Match with another tag", asks('If-None-Match: "x"'))
    t.whole("If-None-Match with a part of the tag", asks("If-None-Match: %s\"" % tag[:-2]))
    t.whole("If-None-Match with another file's tag", asks("If-None-Match: " + t.folder.tag("empty.txt")))
    t.answers("HEAD with If-None-Match of another tag", head("/text.txt", 'If-None-Match: "x"'), 200,
              t.folder.fields("text.txt"), b"")
    t.missing("If-None-Match: * of nothing", asks("If-None-Match: *", target="/nothing"))
    t.answers("If-None-Match: * with a method that is not allowed", asks("If-None-Match: *", method="PUT"), 405, ALLOWED)
    t.unmodified("If-Modified-Since then", asks("If-Modified-Since: " + now))
    t.unmodified("If-Modified-Since later", asks("If-Modified-Since: " + after))
    t.whole("If-Modified-Since earlier", asks("If-Modified-Since: " + before))
    t.unmodified("HEAD with If-Modified-Since", head("/text.txt", "If-Modified-Since: " + now))
    forms = {"RFC 850": "%A, %d-%b-%y %H:%M:%S GMT", "asctime": "%a %b %e %H:%M:%S %Y"}
    for name, form in forms.items():
        t.unmodified("If-Modified-Since then, as %s has it" % name, asks("If-Modified-Since: " + date(MODIFIED, form)))
        t.whole("If-Modified-Since earlier, as %s has it" % name, asks("If-Modified-Since: " + date(EARLIER, form)))
    t.whole("If-Modified-Since in 1994 by two digits", asks("If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT"))
    for what in ("yesterday", "", "0", "Sun, 05 May 2034", "Sun, 05 May 2034 10:20:30", "Sun, 05 May 2034 10:20:30 +0000",
                 "Sun, 05 May 2034 10:20:30 UTC", "Sun, 05 Mai 2034 10:20:30 GMT", "Sun, 32 May 2034 10:20:30 GMT",
                 "Sun, 30 Feb 2034 10:20:30 GMT", "Sun, 05 May 2034 24:20:30 GMT", "Sun, 05 May 2034 10:60:30 GMT",
                 "Sun, 5 May 2034 10:20:30 GMT", "2034-05-05T10:20:30Z", "Sun, 05 May 2034 10:20:30 GMT x", "*", tag):
        t.whole("If-Modified-Since: %s, which is no date" % what, asks("If-Modified-Since: " + what))
    t.whole("two If-Modified-Since (RFC 9110 13.1.3)", asks("If-Modified-Since: " + now, "If-Modified-Since: " + after))
    t.answers("If-Modified-Since with a method that is not allowed", asks("If-Modified-Since: " + now, method="POST"), 405,
              ALLOWED)
    t.whole("If-Unmodified-Since then", asks("If-Unmodified-Since: " + now))
    t.whole("If-Unmodified-Since later", asks("If-Unmodified-Since: " + after))
    t.fails("If-Unmodified-Since earlier", asks("If-Unmodified-Since: " + before))
    t.fails("If-Unmodified-Since earlier, as RFC 850 has it",
            asks("If-Unmodified-Since: " + date(EARLIER, forms["RFC 850"])))
    t.fails("If-Unmodified-Since earlier, as asctime has it",
            asks("If-Unmodified-Since: " + date(EARLIER, forms["asctime"])))
    t.whole("If-Unmodified-Since of no date", asks("If-Unmodified-Since: Sun, 05 May 1994"))
    # The order of RFC 9110 13.2.2.
    t.whole("If-None-Match goes before If-Modified-Since", asks('If-None-Match: "x"', "If-Modified-Since: " + after))
    t.unmodified("and the other way round", asks("If-None-Match: " + tag, "If-Modified-Since: " + before))
    t.whole("If-Match goes before If-Unmodified-Since", asks("If-Match: " + tag, "If-Unmodified-Since: " + before))
    t.fails("and the other way round again", asks('If-Match: "x"', "If-Unmodified-Since: " + after))
    t.fails("If-Match goes before If-None-Match", asks('If-Match: "x"', "If-None-Match: " + tag))
    t.unmodified("If-None-Match counts when If-Match holds", asks("If-Match: " + tag, "If-None-Match: " + tag))
    t.fails("If-Unmodified-Since goes before If-None-Match",
            asks("If-Unmodified-Since: " + before, "If-None-Match: " + tag))
    t.fails("If-Unmodified-Since goes before If-Modified-Since",
            asks("If-Unmodified-Since: " + before, "If-Modified-Since: " + after))
    t.unmodified("If-None-Match goes before Range", asks("If-None-Match: " + tag, "Range: bytes=0-1"))
    t.fails("If-Match goes before Range", asks('If-Match: "x"', "Range: bytes=0-1"))
    t.part("Range counts when If-Match holds", asks("If-Match: " + tag, "Range: bytes=0-1"), 0, 1)
    t.part("Range counts when If-None-Match holds", asks('If-None-Match: "x"', "Range: bytes=0-1"), 0, 1)


def ranges(t):
    """RFC 9110 14; text.txt has 1,000 bytes."""
    tag = t.folder.tag("text.txt")

    def asks(value, *fields, target="/text.txt", **more):
        return get(target, "Range: " + value, *fields, **more)

    for what, value, first, last in (
            ("the first byte", "bytes=0-0", 0, 0), ("the last byte", "bytes=999-999", 999, 999),
            ("some in the middle", "bytes=10-29", 10, 29), ("all of it", "bytes=0-999", 0, 999),
            ("all of it, open", "bytes=0-", 0, 999), ("the last five", "bytes=-5", 995, 999),
            ("the last one", "bytes=-1", 999, 999), ("as many last ones as there are", "bytes=-1000", 0, 999),
            ("more last ones than there are", "bytes=-5000", 0, 999), ("an open end", "bytes=990-", 990, 999),
            ("the last byte, open", "bytes=999-", 999, 999), ("an end past the file", "bytes=990-5000", 990, 999),
            ("an end past all numbers", "bytes=990-99999999999999999999999", 990, 999),
            ("more last ones than a number holds", "bytes=-99999999999999999999999", 0, 999),
            ("the unit in upper case (RFC 9110 14.1)", "Bytes=0-1", 0, 1), ("zeros in front", "bytes=0005-0009", 5, 9),
            ("empty elements", "bytes=,0-1,,", 0, 1), ("overlapping ones", "bytes=0-9,5-19", 0, 19),
            ("one within another", "bytes=0-99,10-19", 0, 99), ("adjoining ones", "bytes=0-9,10-19", 0, 19),
            ("adjoining ones, backwards", "bytes=10-19,0-9", 0, 19), ("the same one twice", "bytes=0-9,0-9", 0, 9),
            ("three that become one", "bytes=0-9,20-29,5-24", 0, 29), ("the first five and the rest",
                                                                     "bytes=0-4,5-", 0, 999),
            ("one of two past the end", "bytes=0-1,5000-", 0, 1), ("all of it and the last five", "bytes=0-,-5", 0, 999)):
        t.part("range: " + what, asks(value), first, last)
    for what, value, *several in (
            ("two", "bytes=0-1,10-11", (0, 1), (10, 11)),
            ("two with white space", "bytes=0-1 ,\t10-11", (0, 1), (10, 11)),
            ("two backwards", "bytes=10-11,0-1", (10, 11), (0, 1)),
            ("one byte apart", "bytes=0-9,11-19", (0, 9), (11, 19)),
            ("the first and the last", "bytes=0-0,-1", (0, 0), (999, 999)),
            ("two, and one past the end", "bytes=0-0,5000-,-1", (0, 0), (999, 999)),
            ("two of three joined", "bytes=0-9,100-109,5-19", (0, 19), (100, 109)),
            ("an end past the file", "bytes=0-9,990-5000", (0, 9), (990, 999))):
        t.parts("ranges: " + what, asks(value), *several)
    sixteen = [(i * 50, i * 50 + 9) for i in range(16)]
    t.parts("ranges: sixteen", asks("bytes=" + ",".join("%d-%d" % r for r in sixteen)), *sixteen)
    t.whole("ranges: seventeen are the whole", asks("bytes=" + ",".join("%d-%d" % r for r in sixteen + [(900, 901)])))
    t.whole("ranges: a thousand", asks("bytes=" + ",".join("%d-%d" % (i, i) for i in range(0, 1000, 2))))
    t.part("range of 70,000 bytes: the last", asks("bytes=-1", target="/big.bin"), 69999, 69999, "big.bin")
    t.part("range over 64 KiB", asks("bytes=65535-65537", target="/big.bin"), 65535, 65537, "big.bin")
    t.part("range of 200,000 bytes: nearly all", asks("bytes=1-199998", target="/large.bin"), 1, 199998, "large.bin")
    t.parts("ranges of 200,000 bytes", asks("bytes=0-69999,100000-,80000-80000", target="/large.bin"), (0, 69999),
            (100000, 199999), (80000, 80000), file="large.bin")
    t.part("range of an index", asks("bytes=0-14", target="/"), 0, 14, "index.html")
    for what, value in (("past the end", "bytes=1000-"), ("past the end, closed", "bytes=5000-6000"),
                        ("past all numbers", "bytes=99999999999999999999999-"), ("the last none", "bytes=-0"),
                        ("backwards", "bytes=5-2"), ("all of several past the end", "bytes=1000-,2000-3000,-0"),
                        ("the last none, with zeros", "bytes=-000")):
        t.beyond("range: " + what, asks(value))
    for what, ranges in (("range", "0-0"), ("open range", "0-"), ("range beyond", "5-9"), ("last five", "-5")):
        t.whole("of an empty file the " + what, asks("bytes=" + ranges, target="/empty.txt"), "empty.txt")
    for value in ("bytes=", "bytes=,", "bytes=-", "bytes=a-b", "bytes=0-b", "bytes=1", "bytes=0-1-2", "bytes=--1",
                  "bytes=0 - 1", "bytes=0- 1", "bytes=+0-1", "bytes=0-1;2-3", "bytes=0x0-0x1", "bytes 0-1", "bytes",
                  "bytes = 0-1", "bytes=0-1,x", "bytes=x,0-1", "bytes=1.0-2", "=0-1", "0-1", "", "lines=0-1", "bytesx=0-1",
                  "byte=0-1", "bytes=0-1 5-6", "bytes=\"0-1\""):
        t.whole("Range: %s, which is none" % value, asks(value))
    t.answers("HEAD has no ranges (RFC 9110 14.2)", head("/text.txt", "Range: bytes=0-1"), 200,
              t.folder.fields("text.txt"), b"")
    t.answers("HEAD has none past the end either", head("/text.txt", "Range: bytes=5000-"), 200,
              t.folder.fields("text.txt"), b"")
    t.missing("range of nothing", asks("bytes=0-1", target="/nothing"))
    t.moved("range of a folder without its slash", asks("bytes=0-1", target="/with"), "./with/")
    t.answers("range and close", asks("bytes=0-1", "Connection: close"), 206, {"Content-Range": "bytes 0-1/1000"},
              b"li", stays=False)
    t.part("If-Range with the tag", asks("bytes=0-1", "If-Range: " + tag), 0, 1)
    t.whole("If-Range with the tag, made weak (RFC 9110 13.1.5)", asks("bytes=0-1", "If-Range: W/" + tag))
    t.whole("If-Range with another tag", asks("bytes=0-1", 'If-Range: "x"'))
    t.part("If-Range with the date", asks("bytes=0-1", "If-Range: " + date(MODIFIED)), 0, 1)
    t.part("If-Range with the date, as asctime has it",
           asks("bytes=0-1", "If-Range: " + date(MODIFIED, "%a %b %e %H:%M:%S %Y")), 0, 1)
    t.whole("If-Range with an older date", asks("bytes=0-1", "If-Range: " + date(EARLIER)))
    t.whole("If-Range with a later date", asks("bytes=0-1", "If-Range: " + date(LATER)))
    t.whole("If-Range with neither", asks("bytes=0-1", "If-Range: yesterday"))
    t.whole("If-Range: * is no tag", asks("bytes=0-1", "If-Range: *"))
    t.whole("If-Range with a list is none", asks("bytes=0-1", 'If-Range: "x", ' + tag))
    t.whole("If-Range that fails, and a range past the end", asks("bytes=5000-", 'If-Range: "x"'))
    t.beyond("If-Range that holds, and a range past the end", asks("bytes=5000-", "If-Range: " + tag))
    t.whole("If-Range alone", get("/text.txt", "If-Range: " + tag))


def codings(t):
    """RFC 9110 12.5.3; file.txt.br, file.txt.zst and file.txt.gz stand beside file.txt."""
    def asks(value, *fields, target="/file.txt", **more):
        return get(target, "Accept-Encoding: " + value, *fields, **more)

    t.whole("no Accept-Encoding", get("/file.txt"), "file.txt")
    for value, coding in (
            ("gzip", "gzip"), ("br", "br"), ("zstd", "zstd"), ("GZip", "gzip"), ("x-gzip", "gzip"), ("gzip, br", "br"),
            ("gzip, deflate, br, zstd", "br"), ("gzip, zstd", "zstd"), ("br;q=0.5, gzip", "gzip"), ("*", "br"),
            ("gzip;q=0.8, br;q=0.8, zstd;q=0.9", "zstd"), ("br;q=0, *", "zstd"), ("gzip;q=1.000", "gzip"),
            ("gzip ; q=0.5", "gzip"), ("gzip;Q=0.5", "gzip"), (",gzip,", "gzip"), ("identity;q=0, gzip", "gzip"),
            ("identity;q=0.5, gzip;q=0.6", "gzip"), ("*;q=0, gzip", "gzip"), ("deflate, gzip", "gzip"),
            ("identity;q=0, *;q=0.1", "br"),
            ("", ""), ("identity", ""), ("deflate", ""), ("gzip;q=0", ""), ("gzip;q=0.000", ""), ("*;q=0, identity", ""),
            ("gzip;q=0, br;q=0, zstd;q=0", ""), ("gzip;q=0.5, identity", ""), ("gzip;q=0.1, identity;q=0.2", ""),
            ("gzipped", ""), ("xgzip", ""), ("compress, deflate;q=0.5", "")):
        t.whole("Accept-Encoding: " + value, asks(value), "file.txt", coding)
    t.whole("two fields of it", asks("deflate", "Accept-Encoding: gzip"), "file.txt", "gzip")
    for value in ("identity;q=0", "*;q=0"):
        t.answers("Accept-Encoding: %s, which leaves nothing" % value, asks(value), (200, 406))
    for coding in CODED:
        tag, content = t.folder.tag("file.txt", coding), t.folder.content("file.txt", coding)
        t.answers("HEAD of " + coding, head("/file.txt", "Accept-Encoding: " + coding), 200,
                  t.folder.fields("file.txt", coding), b"")
        t.unmodified("If-None-Match of %s's own tag" % coding, asks(coding, "If-None-Match: " + tag), "file.txt", coding)
        t.whole("If-None-Match of the plain file's tag, for " + coding,
                asks(coding, "If-None-Match: " + t.folder.tag("file.txt")), "file.txt", coding)
        t.whole("If-None-Match of %s's tag for the plain file" % coding, get("/file.txt", "If-None-Match: " + tag),
                "file.txt")
        t.fails("If-Match of %s's tag for the plain file" % coding, get("/file.txt", "If-Match: " + tag))
        t.part("a range of " + coding, asks(coding, "Range: bytes=5-14"), 5, 14, "file.txt", coding)
        t.part("If-Range of %s's own tag" % coding, asks(coding, "Range: bytes=5-14", "If-Range: " + tag), 5, 14,
               "file.txt", coding)
        t.whole("If-Range of the plain file's tag, for " + coding,
                asks(coding, "Range: bytes=5-14", "If-Range: " + t.folder.tag("file.txt")), "file.txt", coding)
        t.answers("a range past the end of " + coding, asks(coding, "Range: bytes=490-"), 416,
                  {"Content-Range": "bytes */%d" % len(content)})
    t.answers("the compressed file by its own name", get("/file.txt.gz"), 200,
              {"Content-Encoding": None, "Content-Type": re.compile("application/(x-)?gzip"), "Vary": None},
              CODED["gzip"][1])
    t.answers("the same for who takes gzip", get("/file.txt.gz", "Accept-Encoding: gzip"), 200,
              {"Content-Encoding": None}, CODED["gzip"][1])
    t.whole("a file without others beside it", asks("gzip, br, zstd", target="/text.txt"))
    t.whole("HTTP/1.0 may have it too", asks("gzip", version="HTTP/1.0"), "file.txt", "gzip", stays=False)


def table(folder):
    t = Table(folder)
    for group in (methods, versions, keeping, targets, escapes, dots, slashes, files, listings, hosts, smuggling, chunks,
                  bodies, expectations, syntax, limits, conditions, ranges, codings):
        group(t)
    names = [row.name for row in t.rows]
    assert len(set(names)) == len(names), "two rows are called %r" % max(names, key=names.count)
    return t.rows
