"""Pictures as telephones, screenshots and attackers make them."""

import io
import struct
import zlib

from PIL import Image

WHERE = "31.2304 121.4737 in the courtyard"
"""What the metadata of a photo tell: never to be found again."""
_DESCRIPTION, _ORIENTATION, _GPS = 0x010E, 0x0112, 0x8825


def photo(width: int = 64, height: int = 48, orientation: int | None = None) -> bytes:
    """A JPEG, red on the left and blue on the right, with a description, a position and a comment."""
    picture = Image.new("RGB", (width, height), "blue")
    picture.paste("red", (0, 0, width // 2, height))
    exif = Image.Exif()
    exif[_DESCRIPTION] = WHERE
    exif[_GPS] = {1: "N", 2: (31.0, 13.0, 49.0)}
    if orientation is not None:
        exif[_ORIENTATION] = orientation
    return written(picture, "JPEG", exif=exif, comment=WHERE.encode(), quality=95)


def written(picture: Image.Image, kind: str, **options: object) -> bytes:
    into = io.BytesIO()
    picture.save(into, kind, **options)
    return into.getvalue()


def screenshot(kind: str = "PNG") -> bytes:
    """Half transparent, green where it is not."""
    picture = Image.new("RGBA", (40, 20), (0, 0, 0, 0))
    picture.paste((0, 255, 0, 255), (0, 0, 20, 20))
    return written(picture, kind, **({"lossless": True} if kind == "WEBP" else {}))


def animated(kind: str) -> bytes:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "green", "blue")]
    return written(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)


def bomb(side: int = 30_000) -> bytes:
    """A PNG of a few bytes that says that it has side x side pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )
