"""The table: raw replies to a GET, and what `anet fetch` is to make of each. The issue of fetch
decides, and where it is silent RFC 9110 and RFC 9112; the section stands beside what is not plain."""

import gzip
import zlib

BODY = b"hello, world\n"
TEXT = b"".join(b"line %d\n" % i for i in range(40))

DONE, SHORT, STATUS, EMPTY, BROKEN = 0, 18, 22, 52, 56  # exit codes
FIN, RESET, OPEN = "fin", "reset", "open"  # how the connection ends once all was sent


def octets(text):
    return text if isinstance(text, bytes) else text.encode("latin-1")


def reply(*fields, line="HTTP/1.1 200 OK", body=b"", end="\r\n"):
    lines = b"".join(octets(line) + octets(end) for line in (line, *fields, ""))
    return lines + body


def sized(body=BODY, *fields, line="HTTP/1.1 200 OK"):
    return reply("Content-Length: %d" % len(body), *fields, line=line, body=body)


def chunked(*pieces, field="Transfer-Encoding: chunked", fields=(), line="HTTP/1.1 200 OK"):
    """The pieces stand as they are."""
    return reply(field, *fields, line=line, body=b"".join(map(octets, pieces)))


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


LAST = b"0\r\n\r\n"


class Row:
    """A reply. `code` is the exit code it is worth, `word` a pattern that the error's line matches,
    whatever its case, and `body` what is to be in the file; None is for anything. `own` of the bytes
    are its own, what follows them is nobody's. `head` is for what is asked for by HEAD."""

    def __init__(self, name, raw, ending, code, word, body, own=None, head=False):
        self.name, self.raw, self.ending, self.code = name, raw, ending, code
        self.word, self.body, self.head = word, body, head
        self.own = len(raw) if own is None else own


class Table:
    def __init__(self):
        self.rows = []

    def passes(self, name, raw, body=BODY, ending=OPEN, behind=b"", head=False):
        """It is whole, and fetch need not be told so by the end of the connection."""
        self.rows.append(Row(name, raw + behind, ending, DONE, None, body, len(raw), head))

    def fails(self, name, raw, code, word, ending=FIN):
        self.rows.append(Row(name, raw, ending, code, word, None))

    def short(self, name, raw, word="cut short"):
        """Something is missing when the connection ends, and worse than that when it is reset."""
        self.fails(name, raw, SHORT, word)
        self.fails(name + "-by-reset", raw, BROKEN, "reset", RESET)

    def refused(self, name, raw, word):
        """It cannot be read, whatever would come: nothing is waited for."""
        self.fails(name, raw, BROKEN, word, OPEN)


def lengths(t):
    """RFC 9112 6.3, RFC 9110 8.6."""
    t.passes("a-length", sized())
    t.passes("a-length-of-nothing", sized(b""), b"")
    t.passes("a-length-and-the-end", sized(), ending=FIN)
    t.passes("a-length-and-a-reset-behind-it", sized(), ending=RESET)
    t.passes("more-than-its-length", sized(), behind=b"and more than that")
    t.passes("a-reply-behind-it", sized(), behind=sized(b"another"))
    t.short("less-than-its-length", sized()[:-1])
    t.short("nothing-of-its-length", sized()[:-len(BODY)])
    t.short("less-than-the-longest-length", reply("Content-Length: 9223372036854775807", body=BODY))
    for name, value in {"zeros-in-front": "00013", "white-space-around-it": "\t 13 \t", "itself-in-a-list": "13, 13"}.items():
        t.passes("a-length-with-" + name, reply("Content-Length:" + value, body=BODY))
    t.passes("a-length-in-small-letters", reply("content-length:13", body=BODY))
    t.passes("two-equal-lengths", reply("Content-Length: 13", "Content-Length: 13", body=BODY))
    for name, value in {"letter": "6x", "minus": "-6", "plus": "+6", "hexadecimal": "0x6", "two-numbers": "6 6",
                        "point": "6.0", "quotes": '"6"', "2-to-64": "18446744073709551616",
                        "30-digits": "9" * 30, "list-of-two": "13, 14", "semicolon": "6;"}.items():
        t.refused("bad-length-" + name, reply("Content-Length: " + value, body=BODY), "length")
    t.refused("bad-length-empty", reply("Content-Length:", body=BODY), "length")
    t.refused("two-lengths", reply("Content-Length: 13", "Content-Length: 14", body=BODY), "length")
    t.refused("two-lengths-the-longer-first", reply("Content-Length: 14", "Content-Length: 13", body=BODY), "length")
    t.refused("a-good-and-a-bad-length", reply("Content-Length: 13", "Content-Length: x", body=BODY), "length")


def chunks(t):
    """RFC 9112 7.1."""
    hello = chunk(b"hello, ") + chunk(b"world\n")
    t.passes("chunks", chunked(hello, LAST))
    t.passes("no-chunks-but-the-last", chunked(LAST), b"")
    t.passes("chunks-and-the-end", chunked(hello, LAST), ending=FIN)
    t.passes("chunks-and-a-reset-behind-them", chunked(hello, LAST), ending=RESET)
    t.passes("a-chunk-a-byte", chunked(*(chunk(b"%c" % c) for c in BODY), LAST))
    t.passes("chunks-with-more-behind-them", chunked(hello, LAST), behind=b"5\r\nhello\r\n0\r\n\r\n")
    t.passes("chunks-with-trailers", chunked(hello, "0\r\nExpires: never\r\nX-Sum: 1\r\n\r\n"))
    t.passes("a-length-in-a-trailer", chunked(hello, "0\r\nContent-Length: 5\r\n\r\n"))
    t.passes("chunks-with-extensions", chunked("7;a\r\nhello, \r\n6;b=c;d=\"e;f\"\r\nworld\n\r\n0;g\r\n\r\n"))
    t.passes("chunks-with-capital-sizes", chunked("1C\r\n", TEXT[:28], "\r\n1d\r\n", TEXT[28:57], "\r\n", LAST), TEXT[:57])
    t.passes("chunks-with-zeros-in-front", chunked("0000007\r\nhello, \r\n006\r\nworld\n\r\n000\r\n\r\n"))
    t.passes("chunked-in-capitals", chunked(hello, LAST, field="TRANSFER-ENCODING: Chunked"))
    t.short("no-last-chunk", chunked(hello))
    t.short("no-chunk-at-all", chunked())
    t.short("cut-inside-a-chunk", chunked("7\r\nhel"))
    t.short("cut-behind-a-chunk", chunked("7\r\nhello, "))
    t.short("cut-in-a-chunk's-end", chunked("7\r\nhello, \r"))
    t.short("cut-in-a-size", chunked(hello, "1"))
    t.short("cut-behind-a-size", chunked(hello, "10\r"))
    t.short("cut-in-an-extension", chunked(hello, "10;a=\"b"))
    t.short("no-last-line-end", chunked(hello, "0\r\n"))
    t.short("half-the-last-line-end", chunked(hello, "0\r\n\r"))
    t.short("cut-in-a-trailer", chunked(hello, "0\r\nExpires: nev"))
    for name, size in {"letters": "xyz", "minus": "-7", "plus": "+7", "prefix": "0x7", "nothing": "", "letter": "7g",
                       "17-digits": "1" + "0" * 16, "20-digits": "F" * 20, "space-in-front": " 7"}.items():
        t.refused("bad-chunk-size-" + name, chunked(size, "\r\nhello, \r\n", LAST), "chunk")
    t.refused("a-chunk-longer-than-its-size", chunked("5\r\nhello, \r\n", LAST), "chunk")
    t.refused("a-chunk-shorter-than-its-size", chunked("9\r\nhello, \r\n", LAST), "chunk")
    t.refused("chunks-that-end-in-lf", chunked("7\nhello, \n0\n\n"), "chunk")
    t.refused("an-endless-extension", chunked("7;", "x" * 65536), "chunk")
    t.refused("endless-trailers", chunked(hello, "0\r\n", "X-Trailer: x\r\n" * 10000), "trailer")
    t.refused("a-length-and-chunks", reply("Content-Length: 13", "Transfer-Encoding: chunked", body=hello + LAST), "length")
    t.refused("chunks-and-a-length", reply("Transfer-Encoding: chunked", "Content-Length: 13", body=hello + LAST), "length")
    for name, value in {"unknown": "xchunked", "twice": "chunked, chunked", "not-last": "chunked, gzip",
                        "behind-gzip": "gzip, chunked", "identity": "identity", "empty": ""}.items():
        t.refused("transfer-coding-" + name, chunked(hello, LAST, field="Transfer-Encoding: " + value), "(transfer|chunked)")
    t.refused("chunks-in-1.0", chunked(hello, LAST, line="HTTP/1.0 200 OK"), "transfer-encoding in http/1.0")


def to_close(t):
    """A body that ends with the connection."""
    for version in "1.0", "1.1":
        raw = reply(line="HTTP/%s 200 OK" % version, body=BODY)
        t.passes("to-close-in-" + version, raw, ending=FIN)
        t.passes("nothing-to-close-in-" + version, raw[:-len(BODY)], b"", ending=FIN)
        t.fails("to-close-by-reset-in-" + version, raw, BROKEN, "reset", RESET)
    t.passes("to-close-though-it-says-keep-alive", reply("Connection: keep-alive", body=BODY), ending=FIN)
    t.passes("a-length-in-1.0", sized(line="HTTP/1.0 200 OK"))
    t.short("less-than-its-length-in-1.0", sized(line="HTTP/1.0 200 OK")[:-1])


def heads(t):
    """RFC 9112 2.2, 4, 5."""
    t.passes("lf-only", reply("Content-Length: 13", body=BODY, end="\n"))
    t.passes("lf-and-crlf", b"HTTP/1.1 200 OK\nA: b\r\nContent-Length: 13\n\r\n" + BODY)
    t.passes("no-fields", reply(body=BODY), ending=FIN)
    t.passes("no-reason", sized(line="HTTP/1.1 200"))
    t.passes("an-empty-reason", sized(line="HTTP/1.1 200 "))
    t.passes("a-reason-in-latin-1", sized(line="HTTP/1.1 200 Tr\xe8s bien"))
    t.passes("a-later-1.x", sized(line="HTTP/1.7 200 OK"))
    t.passes("an-unknown-2xx", sized(line="HTTP/1.1 299 What"))
    t.passes("a-long-head", sized(BODY, *("X-%d: %s" % (i, "x" * 1000) for i in range(60))))
    t.passes("a-long-field", sized(BODY, "X-Long: " + "x" * 60000))
    t.passes("a-field-in-latin-1", sized(BODY, "X-Name: Gr\xfc\xdfe"))
    t.passes("an-empty-field", sized(BODY, "X-Empty:"))
    t.refused("a-head-of-1-mib", sized(BODY, *("X-%d: %s" % (i, "x" * 1000) for i in range(1040))), "head is too long")
    t.refused("a-field-of-1-mib", sized(BODY, "X-Long: " + "x" * 2**20), "head is too long")
    t.passes("a-folded-field", reply("X-Folded: a", " b", "Content-Length: 13", body=BODY))
    t.passes("a-field-folded-by-a-tab", reply("X-Folded: a", "\tb", "Content-Length: 13", body=BODY))
    t.passes("a-field-folded-thrice", reply("X-Folded:", " a", " ", "\tb", "Content-Length:", " 13", body=BODY))
    t.passes("a-folded-field-with-lf-only", reply("Content-Length: 13", "X-Folded: a", " b", body=BODY, end="\n"))
    t.passes("a-folded-transfer-coding", chunked(chunk(BODY), LAST, field="Transfer-Encoding:\r\n chunked"))
    t.passes("a-folded-trailer", chunked(chunk(BODY), "0\r\nX: a\r\n b\r\n\r\n"))
    t.refused("a-trailer-that-begins-folded", chunked(chunk(BODY), "0\r\n X: a\r\n\r\n"), "trailer")
    t.refused("a-folded-length", reply("Content-Length: 1", " 3", body=BODY), "malformed Content-Length")
    t.refused("a-head-that-begins-folded", reply(" X: a", "Content-Length: 13", body=BODY), "begins with white space")
    t.passes("101-fields", reply(*["X-%d: x" % i for i in range(100)], "Content-Length: 13", body=BODY))
    t.passes("20000-fields", reply(*["X: %d" % i for i in range(20000)], "Transfer-Encoding: chunked", body=chunk(BODY) + LAST))
    t.refused("a-bad-field-behind-1000", reply(*["X: x"] * 1000, "X : x", body=BODY), "white space before the colon")
    t.refused("two-lengths-behind-1000-fields", reply("Content-Length: 13", *["X: x"] * 1000, "Content-Length: 12", body=BODY), "differ")
    t.refused("nul-in-a-value", sized(BODY, "X-Nul: a\0b"), "control character")
    t.refused("nul-in-a-name", sized(BODY, "X-\0Nul: a"), "field name")
    t.refused("nul-in-the-reason", sized(line="HTTP/1.1 200 O\0K"), "control character")
    t.refused("cr-in-a-value", sized(BODY, "X-Cr: a\rContent-Length: 5"), "control character")
    t.refused("0.9", BODY, "no status line")
    t.refused("0.9-with-a-page", b"<html><body>hello</body></html>\n", "no status line")
    t.refused("2.0", sized(line="HTTP/2 200 OK"), "version")
    t.refused("2.0-in-binary", b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x64\0\x04\0\x10\0\0", "no status line")
    t.refused("another-protocol", b"220 mail.example ESMTP\r\n", "no status line")
    t.refused("icy", sized(line="ICY 200 OK"), "no status line")
    for name, line in {"small-letters": "http/1.1 200 OK", "space-in-front": " HTTP/1.1 200 OK", "no-version": "HTTP 200 OK",
                       "no-minor": "HTTP/1 200 OK", "1.": "HTTP/1. 200 OK", "1.x": "HTTP/1.x 200 OK", "0.9": "HTTP/0.9 200 OK",
                       "no-status": "HTTP/1.1", "no-status-but-a-space": "HTTP/1.1 ", "a-word": "HTTP/1.1 OK",
                       "two-digits": "HTTP/1.1 20 OK", "four-digits": "HTTP/1.1 2000 OK", "below-100": "HTTP/1.1 099 OK",
                       "zero": "HTTP/1.1 000 OK", "minus": "HTTP/1.1 -20 OK", "a-letter": "HTTP/1.1 20x OK",
                       "no-space": "HTTP/1.1200 OK", "no-space-behind": "HTTP/1.1 200OK"}.items():
        t.refused("status-line-" + name, sized(line=line), "(status|version)")
    for name, raw in {"the-protocol": b"HTT", "the-version": b"HTTP/1.", "the-status": b"HTTP/1.1 20",
                      "the-reason": b"HTTP/1.1 200 O", "the-first-line's-end": b"HTTP/1.1 200 OK\r",
                      "a-name": reply("Content-Le")[:-4], "a-value": reply("Content-Length: 1")[:-4],
                      "a-field's-end": reply("Content-Length: 0")[:-3], "the-empty-line": reply("Content-Length: 0")[:-1]}.items():
        t.fails("ends-in-" + name, raw, BROKEN, "inside its head")
        t.fails("is-reset-in-" + name, raw, BROKEN, "reset", RESET)
    t.fails("ends-behind-the-status-line", b"HTTP/1.1 200 OK\r\n", BROKEN, "inside its head")
    t.fails("ends-without-the-empty-line", reply("Content-Length: 0")[:-2], BROKEN, "inside its head")
    t.fails("nothing", b"", EMPTY, "without a response")
    t.fails("a-reset", b"", BROKEN, "reset", RESET)


def statuses(t):
    """RFC 9110 15."""
    page = b"<h1>no</h1>\n"
    for status in "400 Bad Request", "404 Not Found", "416 Range Not Satisfiable", "500 Internal Server Error", "503 Later", "599 What":
        t.fails(status[:3], sized(page, line="HTTP/1.1 " + status), STATUS, status[:3], OPEN)
    t.fails("404-in-chunks", chunked(chunk(page), LAST, line="HTTP/1.1 404 Not Found"), STATUS, "404", OPEN)
    t.fails("404-to-close", reply(line="HTTP/1.0 404 Not Found", body=page), STATUS, "404")
    t.fails("404-without-a-page", sized(b"", line="HTTP/1.1 404 Not Found"), STATUS, "404", OPEN)
    hints = reply("Link: </a.css>; rel=preload", line="HTTP/1.1 103 Early Hints")
    go_on = reply(line="HTTP/1.1 100 Continue")
    t.passes("103-then-200", hints + sized())
    t.passes("100-then-200", go_on + sized())
    t.passes("1xx-three-times", go_on + hints + reply(line="HTTP/1.1 102 Processing") + sized())
    t.passes("103-with-a-length", reply("Content-Length: 100", line="HTTP/1.1 103 Early Hints") + sized())
    t.passes("100-then-chunks", go_on + chunked(chunk(BODY), LAST))
    t.fails("100-then-404", go_on + sized(page, line="HTTP/1.1 404 Not Found"), STATUS, "404", OPEN)
    t.fails("100-then-the-end", go_on, EMPTY, "without a response")
    t.fails("103-then-the-end", go_on + hints, EMPTY, "without a response")
    t.fails("100-then-a-reset", go_on, BROKEN, "reset", RESET)
    t.passes("a-blank-location", sized(BODY, "Location:", line="HTTP/1.1 302 Found"))
    t.passes("a-location-of-white-space", sized(BODY, "Location: \t ", line="HTTP/1.1 301 Moved"))
    t.fails("103-then-half-a-head", hints + b"HTTP/1.1 200 OK\r\nContent-Le", BROKEN, "inside its head")
    t.refused("100-then-none", go_on + BODY, "no status line")
    t.passes("204", reply(line="HTTP/1.1 204 No Content"), b"")
    t.passes("204-with-a-length", reply("Content-Length: 13", line="HTTP/1.1 204 No Content"), b"")
    t.passes("204-with-chunks", reply("Transfer-Encoding: chunked", line="HTTP/1.1 204 No Content"), b"")
    t.passes("304", reply("ETag: \"a\"", line="HTTP/1.1 304 Not Modified"), None)
    t.passes("304-with-a-length", reply("Content-Length: 13", line="HTTP/1.1 304 Not Modified"), None)
    t.refused("206-that-nobody-asked-for", sized(BODY, "Content-Range: bytes 0-12/20", line="HTTP/1.1 206 Partial Content"),
              "(206|part|range)")
    t.passes("head", reply("Content-Length: 13"), None, head=True)
    t.passes("head-of-chunks", reply("Transfer-Encoding: chunked"), None, head=True)
    t.passes("head-of-gzip", reply("Content-Length: 13", "Content-Encoding: gzip"), None, head=True)
    t.passes("head-without-a-length", reply(), None, head=True)
    t.passes("head-behind-103", hints + reply("Content-Length: 13"), None, head=True)


def codings(t):
    """RFC 9110 8.4.1."""
    packed = gzip.compress(TEXT, mtime=0)
    bare = zlib.compressobj(wbits=-15)
    bare = bare.compress(TEXT) + bare.flush()
    damaged = packed[:-8] + bytes([packed[-8] ^ 1]) + packed[-7:]
    wrong_size = packed[:-1] + bytes([packed[-1] ^ 1])

    def coded(data, coding="gzip"):
        return sized(data, "Content-Encoding: " + coding)

    t.passes("gzip", coded(packed), TEXT)
    t.passes("gzip-in-capitals", coded(packed, "GZIP"), TEXT)
    t.passes("x-gzip", coded(packed, "x-gzip"), TEXT)
    t.passes("gzip-of-nothing", coded(gzip.compress(b"", mtime=0)), b"")
    t.passes("gzip-without-a-byte", coded(b""), b"")
    t.passes("gzip-in-two-members", coded(gzip.compress(TEXT[:99], mtime=0) + gzip.compress(TEXT[99:], mtime=0)), TEXT)
    t.passes("gzip-in-chunks", chunked(chunk(packed[:5]), chunk(packed[5:]), LAST, fields=["Content-Encoding: gzip"]), TEXT)
    t.passes("gzip-to-close", reply("Content-Encoding: gzip", body=packed), TEXT, FIN)
    t.passes("gzip-of-much", coded(gzip.compress(b"\0" * 1000000, mtime=0)), b"\0" * 1000000)
    t.passes("deflate-in-zlib", coded(zlib.compress(TEXT), "deflate"), TEXT)
    t.passes("deflate-without-zlib", coded(bare, "deflate"), TEXT)
    t.passes("identity", coded(BODY, "identity"))
    for name in "none", "UTF-8", "utf8", "binary", "aws-chunked", "iso-8859-1", "8bit":
        t.passes("coding-" + name, coded(BODY, name))
        t.passes("coding-gzip-and-" + name, coded(packed, "gzip, " + name), TEXT)
    for name in "br", "zstd", "compress", "unheard-of", "gzip, br":
        t.refused("coding-" + name, coded(BODY, name), "content coding")
    cut = "compressed data has no end"
    for name, whole, coding in ("gzip", packed, "gzip"), ("deflate-in-zlib", zlib.compress(TEXT), "deflate"), \
                               ("deflate-without-zlib", bare, "deflate"):
        t.fails(name + "-cut", coded(whole[:-1], coding), SHORT, cut, OPEN)
        t.fails(name + "-cut-in-half", coded(whole[:len(whole) // 2], coding), SHORT, cut, OPEN)
    t.fails("gzip-cut-in-its-head", coded(packed[:5]), SHORT, cut, OPEN)
    t.fails("gzip-cut-in-its-second-member", coded(packed + packed[:20]), SHORT, cut, OPEN)
    t.fails("gzip-cut-to-close", reply("Content-Encoding: gzip", body=packed[:-1]), SHORT, cut)
    t.fails("gzip-cut-in-chunks", chunked(chunk(packed[:-1]), LAST, fields=["Content-Encoding: gzip"]), SHORT, cut, OPEN)
    t.short("gzip-less-than-its-length", coded(packed)[:-1])
    t.refused("gzip-with-a-wrong-sum", coded(damaged), "check sum of the gzip")
    t.refused("gzip-with-a-wrong-size", coded(wrong_size), "length of the gzip")
    t.refused("gzip-with-something-behind-it", coded(packed + b"something"), "after the end of the gzip")
    t.refused("gzip-that-is-none", coded(BODY), "gzip data")
    t.refused("gzip-damaged", coded(packed[:20] + b"\xff" * 40 + packed[60:]), "gzip data")
    t.refused("deflate-with-a-wrong-sum", coded(zlib.compress(TEXT)[:-1] + b"?", "deflate"), "check sum of the deflate")


def table():
    """All rows, by their names."""
    t = Table()
    for part in lengths, chunks, to_close, heads, statuses, codings:
        part(t)
    rows = {row.name: row for row in t.rows}
    assert len(rows) == len(t.rows), "two rows have one name"
    return rows
