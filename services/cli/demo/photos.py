"""Photos as people of the demonstration take them: small, and no two alike."""

import io
import random

from PIL import Image

_SIZE = (160, 120)


def photo(draw: random.Random) -> bytes:
    """A JPEG: a lane of one colour with something of another in it."""
    picture = Image.new("RGB", _SIZE, _colour(draw))
    left, top = draw.randrange(100), draw.randrange(80)
    picture.paste(_colour(draw), (left, top, left + 50, top + 30))
    into = io.BytesIO()
    picture.save(into, "JPEG", quality=80)
    return into.getvalue()


def _colour(draw: random.Random) -> tuple[int, int, int]:
    return draw.randrange(256), draw.randrange(256), draw.randrange(256)
