"""How much of photos a person and an address may bring, and that a burst of them holds up nothing else."""

import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx
import pytest
from PIL import Image

from tests.integration.tickets.conftest import GRID, House, an_address, refused
from tests.support import pictures
from tests.support.eventually import eventually
from tests.support.processes import ServiceProcess

PATH = "/api/v1/attachments"
_WORKERS = 100
"""As the launcher sets."""


def noise(side: int, kind: str) -> bytes:
    """Nothing of it can be compressed."""
    return pictures.written(Image.effect_noise((side, side), 100).convert("RGB"), kind, quality=95)


def wallpaper() -> bytes:
    """A PNG of 2560 pixels a side: a strip of noise again and again, which PNG says shortly and JPEG does not."""
    strip = Image.effect_noise((2560, 4), 100).convert("RGB")
    whole = Image.new("RGB", (2560, 2560))
    for top in range(0, 2560, 4):
        whole.paste(strip, (0, top))
    return pictures.written(whole, "PNG", compress_level=9)


def started(house: House) -> ServiceProcess:
    """A process that takes 1 MB of a person and 2 MB of an address."""
    narrow = {"PHOTO_MEGABYTES_PERSON_HOUR": "1", "PHOTO_MEGABYTES_ADDRESS_HOUR": "2"}
    return house.processes.start("tickets", "http", wait=True, module=(), **narrow)


class Albums:
    """Uploads to one process, each from an address and by a person of the test's own."""

    def __init__(self, house: House, process: ServiceProcess) -> None:
        self.house, self.process = house, process

    def upload(self, content: bytes, person: str | None, address: str, key: str | None = None) -> httpx.Response:
        signed = self.house.tokens.headers(("resident", GRID), person_id=person) if person else {}
        headers = {
            **signed, "Accept-Language": "en", "X-Forwarded-For": address, "Idempotency-Key": key or uuid4().hex,
        }  # fmt: skip
        return httpx.post(
            f"{self.process.url}{PATH}",
            content=content,
            headers=headers,
            timeout=60,
            trust_env=False,
            verify=False,
        )


@pytest.fixture
def narrow(house: House) -> Iterator[Albums]:
    process = started(house)
    yield Albums(house, process)
    house.processes.stop(process)


@pytest.fixture
def address() -> str:
    return an_address()


def kept(house: House) -> int:
    return house.db["photos.files"].count_documents({})


def test_a_person_brings_so_many_bytes_an_hour_whichever_process_is_asked_and_after_a_restart(
    house: House, narrow: Albums, address: str
) -> None:
    person, photo, last = str(uuid4()), noise(600, "JPEG"), uuid4().hex
    assert 300_000 < len(photo) < 600_000
    assert narrow.upload(photo, person, address, last).status_code == 201
    while (answer := narrow.upload(photo, person, address)).status_code == 201:
        assert narrow.upload(photo, person, address, last).headers["Idempotency-Replayed"] == "true"
    before = kept(house)
    told = refused(answer, 429, "too-many-photo-bytes")
    assert told["most"] == 1_000_000
    assert 1 <= int(answer.headers["Retry-After"]) == told["retry_after_seconds"] <= 3600
    assert f"{told['retry_after_seconds']} seconds" in told["detail"]
    second = started(house)
    refused(Albums(house, second).upload(photo, person, address), 429, "too-many-photo-bytes")
    house.processes.stop(second)
    assert narrow.upload(photo, person, address, last).status_code == 201, "what was answered is answered again"
    assert kept(house) == before
    assert narrow.upload(photo, str(uuid4()), address).status_code == 201, "another person has his own"
    metrics = narrow.process.http.get("/metrics").text
    assert re.search(r'limited_total\{limit="photo-bytes-person-hour",service="tickets"\} [1-9]', metrics)


def test_all_behind_an_address_bring_so_many_bytes_with_or_without_a_token(narrow: Albums, address: str) -> None:
    photo = noise(600, "JPEG")
    people = [None, *(str(uuid4()) for _ in range(7))]
    codes = [narrow.upload(photo, person, address).status_code for person in people]
    assert codes[0] == 201
    assert codes[-1] == 429
    assert narrow.upload(photo, None, "2001:db8:ffff::1").status_code == 201


def test_a_small_file_that_holds_a_large_picture_counts_as_what_would_be_kept(
    house: House, narrow: Albums, address: str
) -> None:
    content = wallpaper()
    assert len(content) < 500_000
    before = kept(house), house.db["attachments"].count_documents({})
    refused(narrow.upload(content, str(uuid4()), address), 429, "too-many-photo-bytes")
    assert (kept(house), house.db["attachments"].count_documents({})) == before


@pytest.mark.parametrize("wrong", ["0", "a lot", "-1"])
def test_a_quota_that_is_none_keeps_the_process_from_starting(house: House, wrong: str) -> None:
    process = house.processes.start("tickets", "http", wait=False, PHOTO_MEGABYTES_PERSON_DAY=wrong)
    eventually(process.has_ended)
    house.processes.kill(process)
    assert process.exit_status() == 78
    assert "DOORSTEP_PHOTO_MEGABYTES_PERSON_DAY" in process.log


def test_a_burst_of_photos_leaves_the_workers_to_everybody_else(house: House) -> None:
    process = house.processes.start("tickets", "http")
    albums, heavy = Albums(house, process), pictures.written(Image.new("RGB", (4500, 4500), "green"), "PNG")
    answered: list[int] = []
    lock = threading.Lock()

    def upload(number: int) -> None:
        code = albums.upload(heavy, str(uuid4()), f"198.51.100.{number % 40}").status_code
        with lock:
            answered.append(code)

    def under_way() -> float:
        found = re.search(r'requests_in_flight\{service="tickets"\} ([0-9.]+)', process.http.get("/metrics").text)
        return float(found.group(1)) if found else 0.0

    with ThreadPoolExecutor(_WORKERS + 30) as pool:
        burst = [pool.submit(upload, number) for number in range(_WORKERS + 30)]
        eventually(lambda: under_way() > _WORKERS + 5, within=60)
        before = len(answered)
        others = [process.http.get("/api/v1/areas?limit=1").status_code for _ in range(5)]
        meanwhile = len(answered) - before
        for one in burst:
            one.result()
    assert others == [200] * 5
    assert meanwhile < 25, "they did not wait until the workers were free"
    assert 201 in answered
    assert set(answered) <= {201, 429}
    house.processes.stop(process)
