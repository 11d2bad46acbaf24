"""How many parts a picture's file has: a decoder works on each, however small it is and whatever the pixels are.

A JPEG of 225 KB with 4,000 scans takes half a minute to decode, one with 80,000 empty segments takes as long to open.
"""

import re
from typing import Literal

MOST_SCANS = 100
"""Of a JPEG: progressive ones of cameras and editors have 6 to 20 *(ours)*."""
MOST_PARTS = 5_000
"""Segments of a JPEG, chunks of a PNG or WebP. A PNG of 8 MiB in pieces of 4 KiB has 2,000 *(ours)*."""
_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])")
"""What ends the data of a scan: neither a stuffed zero nor a restart."""
_SOS, _EOI = b"\xda", b"\xd9"
_ALONE = frozenset(bytes([code]) for code in (0x01, *range(0xD0, 0xDA)))
"""Markers without a length."""
_PNG, _RIFF = b"\x89PNG\r\n\x1a\n", b"RIFF"


def has_too_many_parts(content: bytes) -> bool:
    """Whether decoding could take long for the number of its parts alone. What is no picture has none."""
    if content.startswith(b"\xff\xd8"):
        return _jpeg_has(content)
    if content.startswith(_PNG):
        return _chunks_are_many(content, len(_PNG), 12, "big", 0)
    if content.startswith(_RIFF):
        return _chunks_are_many(content, 12, 8, "little", 4)
    return False


def _jpeg_has(content: bytes) -> bool:
    """Up to the end of the first picture; a telephone's second one behind it is never decoded. An end before any scan
    ends nothing: Pillow reads on behind it when it opens the file."""
    at = scans = parts = 0
    while (found := _MARKER.search(content, at)) is not None and not (scans and found[1] == _EOI):
        at = found.end()
        parts += 1
        scans += found[1] == _SOS
        if parts > MOST_PARTS or scans > MOST_SCANS:
            return True
        if found[1] not in _ALONE:
            at += int.from_bytes(content[at : at + 2], "big")
    return False


def _chunks_are_many(content: bytes, at: int, frame: int, order: Literal["big", "little"], length_at: int) -> bool:
    """`frame`: bytes of a chunk beside its data; `length_at`: where in it its length stands."""
    parts = 0
    while at < len(content):
        parts += 1
        if parts > MOST_PARTS:
            return True
        length = int.from_bytes(content[at + length_at : at + length_at + 4], order)
        at += frame + length
    return False
