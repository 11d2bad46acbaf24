"""Is it a picture? By its content, never by its name; and nothing but its pixels is kept."""

import io
import zlib

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from services.tickets.domain.refused import Refused
from services.tickets.images import LONGEST_SIDE, picture_of
from tests.support import pictures
from tests.support.pictures import WHERE

PAGE = b"<script>alert(1)</script>"


def opened(content: bytes) -> Image.Image:
    """What was kept, looked at."""
    return Image.open(io.BytesIO(content))


def colour_at(content: bytes, x: float, y: float) -> str:
    """The strongest of red, green and blue at a point, given in shares of width and height."""
    picture = opened(content).convert("RGB")
    pixel = picture.getpixel((int(x * picture.width), int(y * picture.height)))
    assert isinstance(pixel, tuple)
    return ("red", "green", "blue")[pixel.index(max(pixel))]


def slug_of(content: bytes) -> str:
    with pytest.raises(Refused) as refused:
        picture_of(content)
    return refused.value.slug


def test_a_photo_loses_where_it_was_taken_and_keeps_what_it_shows() -> None:
    sent = pictures.photo()
    assert WHERE.encode() in sent
    kept = picture_of(sent)
    assert (kept.width, kept.height) == (64, 48)
    assert (colour_at(kept.content, 0.25, 0.5), colour_at(kept.content, 0.75, 0.5)) == ("red", "blue")
    assert WHERE.encode() not in kept.content
    assert b"Exif" not in kept.content
    assert not opened(kept.content).getexif()
    assert "comment" not in opened(kept.content).info


@pytest.mark.parametrize(
    ("orientation", "size", "red_at"),
    [(1, (64, 48), (0.25, 0.5)), (3, (64, 48), (0.75, 0.5)), (6, (48, 64), (0.5, 0.25)), (8, (48, 64), (0.5, 0.75))],
)
def test_a_photo_of_a_telephone_that_was_held_otherwise_stands_upright(
    orientation: int, size: tuple[int, int], red_at: tuple[float, float]
) -> None:
    kept = picture_of(pictures.photo(orientation=orientation))
    assert (kept.width, kept.height) == size
    assert colour_at(kept.content, *red_at) == "red"
    assert colour_at(kept.content, 1 - red_at[0], 1 - red_at[1]) == "blue"


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_screenshot_becomes_a_jpeg_on_white(kind: str) -> None:
    kept = picture_of(pictures.screenshot(kind))
    picture = opened(kept.content).convert("RGB")
    assert opened(kept.content).format == "JPEG"
    assert colour_at(kept.content, 0.1, 0.5) == "green"
    right = picture.getpixel((35, 10))
    assert isinstance(right, tuple)
    assert min(right) > 240


def test_a_large_photo_is_made_smaller_and_upright() -> None:
    kept = picture_of(pictures.photo(4000, 3000, orientation=6))
    assert (kept.width, kept.height) == (LONGEST_SIDE * 3 // 4, LONGEST_SIDE)
    assert colour_at(kept.content, 0.5, 0.25) == "red"


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff", b"GIF89a" + bytes(20), b"%PDF-1.7\n", PAGE, b"{}", b"BM"])
def test_what_is_no_picture_is_refused_whatever_it_is_called(content: bytes) -> None:
    assert slug_of(content) == "not-a-picture"


def test_a_page_before_a_photo_makes_it_no_photo() -> None:
    assert slug_of(PAGE + pictures.photo()) == "not-a-picture"


def test_of_a_page_behind_a_photo_nothing_is_kept() -> None:
    assert PAGE not in picture_of(pictures.photo() + PAGE).content


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_what_moves_is_refused(kind: str) -> None:
    assert slug_of(pictures.animated(kind)) == "picture-animated"


def test_of_two_pictures_in_one_photo_the_first_is_kept() -> None:
    """As telephones store a second exposure (MPO)."""
    left, right = Image.new("RGB", (8, 8), "red"), Image.new("RGB", (8, 8), "blue")
    sent = pictures.written(left, "MPO", save_all=True, append_images=[right])
    assert colour_at(picture_of(sent).content, 0.5, 0.5) == "red"


@pytest.mark.parametrize("content", [pictures.photo(), pictures.screenshot("PNG"), pictures.screenshot("WEBP")])
def test_a_picture_that_is_cut_off_is_refused(content: bytes) -> None:
    assert slug_of(content[: len(content) * 2 // 3]) in ("picture-damaged", "not-a-picture")


@pytest.mark.parametrize("side", [5_700, 30_000, 60_000])
def test_a_bomb_is_refused_by_what_its_header_says(side: int) -> None:
    assert slug_of(pictures.bomb(side)) == "picture-too-large"


def test_a_webp_may_have_fewer_pixels_since_decoding_it_takes_more_memory() -> None:
    wide = Image.new("RGB", (4000, 3001))
    assert slug_of(pictures.written(wide, "WEBP", lossless=True, method=0)) == "picture-too-large"
    assert picture_of(pictures.written(wide, "PNG")).width == LONGEST_SIDE


def test_a_text_in_it_that_unpacks_to_many_megabytes_is_refused() -> None:
    text = PngInfo()
    text.add_text("x", "a" * 80_000_000, zip=True)
    sent = pictures.written(Image.new("RGB", (8, 8)), "PNG", pnginfo=text)
    assert len(sent) < 200_000
    assert slug_of(sent) in ("picture-damaged", "not-a-picture")


def segments(count: int, first: bytes = b"") -> bytes:
    """A photo with so many empty segments before what it shows."""
    photo = pictures.photo()
    return photo[:2] + first + count * b"\xff\xe1\x00\x08Exif\x00\x00" + photo[2:]


def scans(count: int) -> bytes:
    """A progressive photo whose last scan comes so often again."""
    written = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(written, "JPEG", progressive=True)
    content = written.getvalue()
    last = content.rindex(b"\xff\xda")
    return content[:last] + count * content[last:-2] + content[-2:]


def chunks(count: int) -> bytes:
    """A PNG with so many empty chunks that a decoder passes over."""
    written = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(written, "PNG")
    content, end = written.getvalue(), 33
    empty = b"\x00\x00\x00\x00teSt" + zlib.crc32(b"teSt").to_bytes(4, "big")
    return content[:end] + count * empty + content[end:]


@pytest.mark.parametrize(
    "content",
    [segments(6_000), segments(6_000, first=b"\xff\xd9"), scans(120), chunks(6_000)],
    ids=["segments", "segments behind an end", "scans", "chunks"],
)
def test_a_small_file_of_many_parts_is_refused_before_a_decoder_works_on_them(content: bytes) -> None:
    assert slug_of(content) == "picture-damaged"


@pytest.mark.parametrize("content", [segments(200), scans(20), chunks(200)], ids=["segments", "scans", "chunks"])
def test_as_many_parts_as_cameras_write_are_taken(content: bytes) -> None:
    assert opened(picture_of(content).content).format == "JPEG"
