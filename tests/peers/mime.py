"""mime.py HEAD BODY: takes an answer of several ranges apart with Python's own parser, and prints the
type, the range and the bytes of each."""

import email
import email.policy
import sys

with open(sys.argv[1], "rb") as head, open(sys.argv[2], "rb") as body:
    lines = head.read().split(b"\r\n", 1)[1]
    message = email.message_from_bytes(lines + body.read(), policy=email.policy.HTTP)
assert message.get_content_type() == "multipart/byteranges" and not message.defects
for part in message.iter_parts():
    print(part.get_content_type(), part["Content-Range"], flush=True)
    sys.stdout.buffer.write(part.get_payload(decode=True))
    sys.stdout.buffer.flush()
