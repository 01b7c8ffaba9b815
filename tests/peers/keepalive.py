"""keepalive.py URL FOLDER: asks for each file of the folder, with HEAD and then GET, then whether it
has changed, by http.client over a connection that is to stay; then once by urllib."""

import http.client
import os
import sys
import urllib.parse
import urllib.request

url, folder = sys.argv[1:]
sockets, count = set(), 0
connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=30)


def ask(method, path, **fields):
    connection.request(method, path, headers=fields)
    sockets.add(connection.sock)
    answer = connection.getresponse()
    return answer, answer.read()


for where, _, names in os.walk(os.fsencode(folder)):
    for name in names:
        path = os.path.join(where, name)
        target = "/" + urllib.parse.quote(os.path.relpath(path, os.fsencode(folder)))
        with open(path, "rb") as file:
            there = file.read()
        head, nothing = ask("HEAD", target)
        answer, data = ask("GET", target)
        again, also_nothing = ask("GET", target, **{"If-None-Match": answer.headers["ETag"]})
        lengths = {head.headers["Content-Length"], answer.headers["Content-Length"]}
        if [head.status, answer.status, again.status] != [200, 200, 304] or nothing or also_nothing:
            print(target, head.status, answer.status, again.status)
        if data != there or lengths != {str(len(there))}:
            print(target, "differs")
        with urllib.request.urlopen(url.rstrip("/") + target) as answer:
            if answer.read() != there:
                print(target, "differs by urllib")
        count += 1
print(count, "files over", len(sockets), "connection" + "s" * (len(sockets) != 1))
