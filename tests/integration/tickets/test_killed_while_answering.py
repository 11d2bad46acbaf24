"""A process dies with a request in its hands: whoever asks again with the same key gets the one ticket, once made."""

import signal
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.faults import points
from tests.integration.tickets.conftest import House, done
from tests.support.eventually import eventually


@pytest.mark.parametrize(("point", "made"), [("http-before-commit", 0), ("http-before-answer", 1)])
def test_a_filing_that_was_cut_off_is_made_once_however_often_it_is_repeated(
    house: House, tmp_path: Path, point: str, made: int
) -> None:
    module = ("tests.faults.launch", "tickets")
    doomed = house.processes.start("tickets", "http", module=module, FAULT_POINTS=str(tmp_path))
    before, key, text = house.db["tickets"].count_documents({}), uuid4().hex, f"cut off {uuid4().hex}"
    armed = points.arm(tmp_path, point)
    with pytest.raises(httpx.TransportError):
        replace(house, api=doomed).file(key=key, description=text)
    eventually(doomed.has_ended)
    assert doomed.exit_status() == -signal.SIGKILL
    assert not armed.exists()
    house.processes.kill(doomed)
    assert house.db["tickets"].count_documents({}) == before + made

    second = asked_again(house, key, text)
    ticket, third = done(second, 201), house.file(key=key, description=text)
    assert ("Idempotency-Replayed" in second.headers) == bool(made)
    assert done(third, 201)["id"] == ticket["id"]
    assert "Idempotency-Replayed" in third.headers
    assert house.db["tickets"].count_documents({}) == before + 1
    assert house.event_types(ticket).count("ticket.filed") == 1


def asked_again(house: House, key: str, text: str) -> httpx.Response:
    """The first answer that is not "later": the dead process's transaction stays open for some seconds (ADR 3)."""
    answers = []

    def definite() -> bool:
        answers.append(house.file(key=key, description=text))
        return answers[-1].status_code != httpx.codes.SERVICE_UNAVAILABLE

    eventually(definite, within=40)
    return answers[-1]
