"""A deed that comes again with its Idempotency-Key is done once and gets its first answer, whatever it does."""

import signal
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.faults import points
from tests.integration.http.calls import at_once, is_problem, write
from tests.integration.http.conftest import XIKOU, Specimen, start_specimen
from tests.support.eventually import eventually
from tests.support.namespaces import Namespace
from tests.support.tokens import Tokens


@pytest.fixture
def note(specimen: Specimen) -> str:
    """The address of a note of one line."""
    return str(write(specimen).headers["Location"])


def add(specimen: Specimen, note: str, key: str | None, text: str = "又一行", **headers: str) -> httpx.Response:
    sent = {**headers, **({"Idempotency-Key": key} if key is not None else {})}
    return specimen.http.post(f"{note}/lines", json={"text": text}, headers=specimen.worker(**sent))


def lines(specimen: Specimen, note: str) -> int:
    found: dict[str, Any] = specimen.http.get(note, headers=specimen.worker()).json()
    return int(found["text"].count("\n"))


def same(first: httpx.Response, again: httpx.Response) -> None:
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["ETag"] == first.headers["ETag"]


def test_a_deed_with_a_key_is_done_once_however_often_it_comes(specimen: Specimen, note: str) -> None:
    key = uuid4().hex
    first = add(specimen, note, key)
    assert first.status_code == 200
    for _ in range(3):
        again = add(specimen, note, key)
        same(first, again)
        assert again.headers["Idempotency-Replayed"] == "true"
    assert lines(specimen, note) == 1


def test_a_deed_without_a_key_is_done_each_time(specimen: Specimen, note: str) -> None:
    assert [add(specimen, note, None).headers["ETag"] for _ in range(2)] == ['"2"', '"3"']
    assert lines(specimen, note) == 2


def test_another_deed_with_another_key_is_done_too(specimen: Specimen, note: str) -> None:
    add(specimen, note, uuid4().hex)
    add(specimen, note, uuid4().hex)
    assert lines(specimen, note) == 2


def test_the_version_that_its_own_first_time_made_stale_does_not_refuse_a_repetition(
    specimen: Specimen, note: str
) -> None:
    key = uuid4().hex
    first = add(specimen, note, key, **{"If-Match": '"1"'})
    assert first.status_code == 200
    same(first, add(specimen, note, key, **{"If-Match": '"1"'}))
    is_problem(add(specimen, note, uuid4().hex, **{"If-Match": '"1"'}), 412, "stale")
    assert lines(specimen, note) == 1


def test_the_same_key_with_another_body_or_for_another_note_is_refused(specimen: Specimen, note: str) -> None:
    key, other = uuid4().hex, write(specimen).headers["Location"]
    add(specimen, note, key)
    is_problem(add(specimen, note, key, text="别的"), 422, "idempotency-key-reused")
    is_problem(add(specimen, other, key), 422, "idempotency-key-reused")
    assert (lines(specimen, note), lines(specimen, other)) == (1, 0)


def test_the_same_key_of_somebody_else_is_another_key(specimen: Specimen, note: str) -> None:
    key = uuid4().hex
    add(specimen, note, key)
    headers = {**specimen.tokens.headers(("grid_worker", XIKOU), person_id=str(uuid4())), "Idempotency-Key": key}
    answer = specimen.http.post(f"{note}/lines", json={"text": "又一行"}, headers=headers)
    assert "Idempotency-Replayed" not in answer.headers
    assert lines(specimen, note) == 2


def test_a_refused_deed_leaves_its_key_free(specimen: Specimen, note: str) -> None:
    key = uuid4().hex
    is_problem(add(specimen, note, key, **{"If-Match": '"7"'}), 412, "stale")
    assert add(specimen, note, key, **{"If-Match": '"1"'}).status_code == 200


@pytest.mark.parametrize("key", ["", "x" * 129])
def test_a_key_that_is_sent_must_be_usable(specimen: Specimen, note: str, key: str) -> None:
    is_problem(add(specimen, note, key), 400, "idempotency-key-required")
    assert lines(specimen, note) == 0


def test_sixteen_repetitions_at_once_do_it_once_and_all_get_the_answer(specimen: Specimen, note: str) -> None:
    key = uuid4().hex
    answers = at_once(16, lambda _: add(specimen, note, key, **{"If-Match": '"1"'}))
    for answer in answers:
        same(answers[0], answer)
    assert answers[0].status_code == 200
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
    assert lines(specimen, note) == 1


def test_what_tells_a_secret_is_answered_anew_and_not_kept(specimen: Specimen, note: str) -> None:
    headers = specimen.worker(**{"Idempotency-Key": uuid4().hex})
    before = specimen.db["idempotency"].count_documents({})
    answers = [specimen.http.post(f"{note}/secret", headers=headers) for _ in range(2)]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["secret"] for answer in answers}) == 2
    assert specimen.db["idempotency"].count_documents({}) == before


@pytest.mark.parametrize("point", ["http-before-commit", "http-before-answer"])
def test_a_deed_that_was_cut_off_is_done_once_however_often_it_is_repeated(
    specimen: Specimen, note: str, module_namespace: Namespace, tokens: Tokens, tmp_path: Path, point: str
) -> None:
    doomed = start_specimen(module_namespace, tokens, tmp_path, FAULT_POINTS=str(tmp_path))
    armed, key = points.arm(tmp_path, point), uuid4().hex
    try:
        with pytest.raises(httpx.TransportError):
            add(doomed, note, key)
        eventually(lambda: doomed.child.exit_status() == -signal.SIGKILL)
        assert not armed.exists()
    finally:
        doomed.http.close()
        doomed.child.stop()

    definite: list[httpx.Response] = []

    def answered() -> bool:
        """The dead process's transaction may stay open for some seconds (ADR 3)."""
        definite.append(add(specimen, note, key))
        return definite[-1].status_code != httpx.codes.SERVICE_UNAVAILABLE

    eventually(answered, within=40)
    same(definite[-1], add(specimen, note, key))
    assert ("Idempotency-Replayed" in definite[-1].headers) == (point == "http-before-answer")
    assert lines(specimen, note) == 1
