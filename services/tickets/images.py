"""Is it a picture? Judged by its content, and made anew from its pixels alone.

What is kept is a JPEG that this program wrote: no metadata (position, camera, thumbnail, comments), no second file
hidden before, behind or between, whatever the name or the declared type said. It is turned as its orientation tells.
"""

import io
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from PIL import Image, ImageOps

from services.chassis.aside import aside as away
from services.tickets.domain.refused import Refused
from services.tickets.image_parts import has_too_many_parts

T = TypeVar("T")
MOST_BYTES = 8 * 1024 * 1024
MOST_PIXELS = {"JPEG": 25_000_000, "PNG": 25_000_000, "WEBP": 12_000_000}
"""Before decoding, by the file's own header *(ours)*: what claims more is a bomb, or of no use to anybody. Decoding so
many takes up to 300 MB (measured, Pillow 13), for which docker-compose.yml leaves room."""
LONGEST_SIDE = 2560
"""Pixels; larger pictures are made smaller *(ours)*."""
QUALITY = 85
FORMATS = tuple(MOST_PIXELS)
MEDIA = "image/jpeg"
_AT_ONCE = threading.BoundedSemaphore(1)

Image.MAX_IMAGE_PIXELS = max(MOST_PIXELS.values())
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


@dataclass(frozen=True, slots=True)
class Picture:
    content: bytes
    width: int
    height: int


def picture_of(content: bytes) -> Picture:
    """The picture in an uploaded file, as a JPEG.

    Raises Refused: not-a-picture, picture-too-large, picture-animated, picture-damaged.
    """
    if has_too_many_parts(content):
        raise Refused("picture-damaged")
    try:
        opened = Image.open(io.BytesIO(content), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large(max(MOST_PIXELS.values())) from None
    except Exception:  # each decoder has its own ways to say no
        raise Refused("not-a-picture", formats=FORMATS) from None
    with opened:
        most = MOST_PIXELS.get(opened.format or "", MOST_PIXELS["JPEG"])  # MPO is a JPEG too
        if opened.width * opened.height > most:
            raise _too_large(most)
        # A JPEG of several pictures is how telephones keep a second exposure beside the photo; the first is the photo.
        if opened.format in ("PNG", "WEBP") and getattr(opened, "is_animated", False):
            raise Refused("picture-animated")
        try:
            return _made_anew(opened)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise _too_large(most) from None
        except Exception:
            raise Refused("picture-damaged") from None


def _made_anew(opened: Image.Image) -> Picture:
    opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG need not be decoded larger than it is kept
    opened.load()
    small = opened
    small.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    upright = ImageOps.exif_transpose(small).convert("RGBA")
    clean = Image.new("RGB", upright.size, "white")
    clean.paste(upright, mask=upright.getchannel("A"))
    written = io.BytesIO()
    clean.save(written, "JPEG", quality=QUALITY)
    return Picture(written.getvalue(), clean.width, clean.height)


def _too_large(most: int) -> Refused:
    return Refused("picture-too-large", most_pixels=most)


def aside(work: Callable[[], T]) -> T:
    """Run, one at a time, in an operating system's thread where greenlets would otherwise all wait for it."""
    with _AT_ONCE:
        return away(work)
