"""A short film without a film: webm.py film FILE SECONDS writes a WebM that is red in its first half
and blue in its second, of about a megabyte a second so that nobody keeps all of it in memory, and with
its index at the end, where one has to look before one can seek."""

import base64
import os
import struct

from net import main

# VP8 key frames of 32x32 pixels.
RED = base64.b64decode("EAMAnQEqIAAgAABHCIWFiJmEiAICAnWqA/gD+gIIWS6QcP79bvP/5G/j50b/yOP//Eqe44nj//xGgA==")
BLUE = base64.b64decode("0AIAnQEqIAAgAABHCIWFiJmEiAICAnWqA/gCCCEpnnD+/00S//xKp/Eqn8Sqf/Eqn/0Yfww/hh/eEA==")
FRAMES_A_SECOND = 5
PADDING = 200 * 1024  # beside each frame

# The elements of Matroska that it takes.
EBML, DOC_TYPE, DOC_TYPE_VERSION, DOC_TYPE_READ_VERSION = 0x1A45DFA3, 0x4282, 0x4287, 0x4285
SEGMENT, SEEK_HEAD, SEEK, SEEK_ID, SEEK_POSITION = 0x18538067, 0x114D9B74, 0x4DBB, 0x53AB, 0x53AC
INFO, TIMECODE_SCALE, DURATION, MUXER, WRITER = 0x1549A966, 0x2AD7B1, 0x4489, 0x4D80, 0x5741
TRACKS, TRACK, TRACK_NUMBER, TRACK_UID, TRACK_TYPE = 0x1654AE6B, 0xAE, 0xD7, 0x73C5, 0x83
CODEC, VIDEO, WIDTH, HEIGHT = 0x86, 0xE0, 0xB0, 0xBA
CLUSTER, TIMECODE, SIMPLE_BLOCK, VOID = 0x1F43B675, 0xE7, 0xA3, 0xEC
CUES, CUE, CUE_TIME, CUE_POSITIONS, CUE_TRACK, CUE_CLUSTER = 0x1C53BB6B, 0xBB, 0xB3, 0xB7, 0xF7, 0xF1


def identifier(number):
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def element(number, *contents):
    """Numbers take eight bytes, so that an element's size does not hang on where others are."""
    body = b""
    for content in contents:
        if isinstance(content, int):
            body += struct.pack(">Q", content)
        elif isinstance(content, float):
            body += struct.pack(">d", content)
        else:
            body += content
    return identifier(number) + struct.pack(">Q", 1 << 56 | len(body)) + body


def cluster(second, image):
    blocks = b""
    for n in range(FRAMES_A_SECOND):
        head = struct.pack(">BhB", 0x81, n * 1000 // FRAMES_A_SECOND, 0x80)
        blocks += element(SIMPLE_BLOCK, head, image) + element(VOID, os.urandom(PADDING))
    return element(CLUSTER, element(TIMECODE, second * 1000), blocks)


def seek_head(where):
    return element(SEEK_HEAD, *[element(SEEK, element(SEEK_ID, identifier(number)),
                                        element(SEEK_POSITION, position))
                                for number, position in where.items()])


def film(path, seconds):
    info = element(INFO, element(TIMECODE_SCALE, 1000000), element(DURATION, seconds * 1000.0),
                   element(MUXER, b"webm.py"), element(WRITER, b"webm.py"))
    tracks = element(TRACKS, element(
        TRACK, element(TRACK_NUMBER, 1), element(TRACK_UID, 1), element(TRACK_TYPE, 1),
        element(CODEC, b"V_VP8"), element(VIDEO, element(WIDTH, 32), element(HEIGHT, 32))))
    clusters = [cluster(n, RED if n < seconds // 2 else BLUE) for n in range(seconds)]

    first = len(seek_head({INFO: 0, TRACKS: 0, CUES: 0}))
    position = first + len(info) + len(tracks)
    cues = []
    for second, body in enumerate(clusters):
        cues.append(element(CUE, element(CUE_TIME, second * 1000), element(
            CUE_POSITIONS, element(CUE_TRACK, 1), element(CUE_CLUSTER, position))))
        position += len(body)
    head = seek_head({INFO: first, TRACKS: first + len(info), CUES: position})
    with open(path, "wb") as file:
        file.write(element(EBML, element(DOC_TYPE, b"webm"), element(DOC_TYPE_VERSION, 2),
                           element(DOC_TYPE_READ_VERSION, 2)))
        file.write(element(SEGMENT, head, info, tracks, *clusters, element(CUES, *cues)))


main([film])
