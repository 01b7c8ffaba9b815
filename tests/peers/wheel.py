"""wheel.py FOLDER NAME VERSION: puts a wheel there that pip takes for one."""

import base64
import hashlib
import os
import sys
import zipfile

folder, name, version = sys.argv[1:]
info = f"{name}-{version}.dist-info/"
files = {
    f"{name}.py": b"answer = 42\n",
    f"{name}.bin": os.urandom(500000),
    info + "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
    info + "WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
}
record = ""
with zipfile.ZipFile(f"{folder}/{name}-{version}-py3-none-any.whl", "w") as wheel:
    for path, data in files.items():
        wheel.writestr(path, data)
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(data)}\n"
    wheel.writestr(info + "RECORD", record + f"{info}RECORD,,\n")
