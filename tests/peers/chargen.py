"""The character pattern of RFC 864, made the slow way: so many bytes of it on stdout."""

import string
import sys

size = int(sys.argv[1])
ring = " " + "".join(sorted(string.digits + string.ascii_letters + string.punctuation))
text = ""
first = 0
while len(text) < size:
    text += (ring[first:] + ring[:first])[:72] + "\r\n"
    first = (first + 1) % len(ring)
sys.stdout.write(text[:size])
