"""Photos: uploaded, judged, attached, seen by whom they concern, and swept away when nobody attaches them."""

from threading import Barrier, Thread
from typing import Any
from uuid import uuid4

import pytest

from tests.integration.tickets.conftest import (
    CADRE,
    ELSEWHERE,
    LONG_AGO,
    RESIDENT,
    VOLUNTEER,
    WORKER,
    Document,
    House,
    done,
    refused,
)
from tests.integration.tickets.photos import PATH, attach, is_gone, row_of, upload, uploaded
from tests.support import pictures
from tests.support.eventually import eventually
from tests.support.processes import sealer_of

STRANGER = "01920c5e-0000-7000-8000-0000000000bf"


def let_a_day_pass(house: House, attachment_id: str) -> None:
    """The sweep's timer counts by the machine's clock: have it due."""
    due = {"$set": {"due_at": LONG_AGO}}
    assert house.db["timers"].update_one({"_id": f"attachment:{attachment_id}"}, due).matched_count == 1


def test_a_photo_goes_from_the_resident_to_the_grid_worker_without_where_it_was_taken(house: House) -> None:
    ticket = house.filed()
    attachment_id = uploaded(house)
    after = done(attach(house, ticket, RESIDENT, attachment_id))
    assert after["state"] == "filed"
    listed = done(house.get(f"/api/v1/tickets/{ticket['id']}/attachments", WORKER))["attachments"]
    assert [(one["attachment_id"], one["by"], one["width"]) for one in listed] == [(attachment_id, RESIDENT, 64)]
    seen = house.get(f"{PATH}/{attachment_id}", WORKER)
    assert seen.status_code == 200
    assert seen.content.startswith(b"\xff\xd8\xff")
    assert pictures.WHERE.encode() not in seen.content
    assert seen.headers["Content-Type"] == "image/jpeg"
    assert seen.headers["X-Content-Type-Options"] == "nosniff"
    assert seen.headers["Cache-Control"] == "private, no-store"
    assert seen.headers["Content-Disposition"].startswith("attachment;")
    history = done(house.get(f"/api/v1/tickets/{ticket['id']}/history", WORKER))["steps"]
    assert history[-1]["kind"] == "attached"
    assert set(history[-1]["detail"]) == {"attachment_id", "size", "width", "height", "way"}, "nor whose place it took"
    assert house.event_types(ticket)[-1] == "ticket.attached"


def test_who_looks_at_a_photo_is_recorded_but_for_the_reporter(house: House) -> None:
    ticket = house.filed()
    attachment_id = uploaded(house)
    done(attach(house, ticket, RESIDENT, attachment_id))
    assert house.get(f"{PATH}/{attachment_id}", RESIDENT).status_code == 200
    assert house.db["reveals"].count_documents({"ticket_id": ticket["id"]}) == 0
    assert house.get(f"{PATH}/{attachment_id}", WORKER).status_code == 200
    [reveal] = house.db["reveals"].find({"ticket_id": ticket["id"]})
    assert reveal["by"] == WORKER


@pytest.mark.parametrize(("role", "area"), [("street", "/hequ/qingxi/"), ("district", "/hequ/")])
def test_offices_that_may_not_reveal_a_ticket_do_not_see_its_photos(house: House, role: str, area: str) -> None:
    ticket, photo = house.filed(), uploaded(house)
    done(attach(house, ticket, RESIDENT, photo))
    office = house.tokens.headers((role, area), person_id=STRANGER)
    reveal = house.api.http.post(f"/api/v1/tickets/{ticket['id']}/reveal", json={"reason": "to see"}, headers=office)
    refused(reveal, 403, "not-allowed")
    refused(house.api.http.get(f"{PATH}/{photo}", headers=office), 403, "not-allowed")
    listed = done(house.api.http.get(f"/api/v1/tickets/{ticket['id']}/attachments", headers=office))["attachments"]
    assert [one["attachment_id"] for one in listed] == [photo]
    assert house.get(f"{PATH}/{photo}", CADRE).status_code == 200
    assert house.db["reveals"].count_documents({"ticket_id": ticket["id"]}) == 1


def test_who_is_nothing_to_the_ticket_does_not_learn_that_there_is_a_photo(house: House) -> None:
    ticket = house.filed()
    attachment_id = uploaded(house)
    elsewhere = house.tokens.headers(("community", ELSEWHERE), person_id=STRANGER)
    partner = house.tokens.headers(("partner", "/hequ/"), person_id=STRANGER)
    before = house.api.http.get(f"{PATH}/{attachment_id}", headers=elsewhere)
    done(attach(house, ticket, RESIDENT, attachment_id))
    after = house.api.http.get(f"{PATH}/{attachment_id}", headers=elsewhere)
    assert [before.status_code, after.status_code] == [404, 404]
    assert house.get(f"{PATH}/{attachment_id}", VOLUNTEER).status_code == 404
    assert house.api.http.get(f"{PATH}/{attachment_id}").status_code == 401
    assert house.api.http.get(f"{PATH}/{attachment_id}", headers=partner).status_code == 403
    assert house.db["reveals"].count_documents({"ticket_id": ticket["id"]}) == 0


def test_a_ticket_is_filed_with_its_photos(house: House) -> None:
    mine = [uploaded(house), uploaded(house)]
    ticket = house.filed(attachments=mine)
    listed = done(house.get(f"/api/v1/tickets/{ticket['id']}/attachments", RESIDENT))["attachments"]
    assert [one["attachment_id"] for one in listed] == mine
    assert house.event_types(ticket)[:3] == ["ticket.filed", "ticket.attached", "ticket.attached"]


@pytest.mark.parametrize("field", [["unknown"], "twice", "of-another"])
def test_filing_with_a_photo_that_is_not_there_files_nothing(house: House, field: Any) -> None:
    ids, slug = {
        "twice": (lambda a: [a, a], "attachment-twice"), "of-another": (lambda a: [a], "no-such-attachment"),
    }.get(str(field), (lambda a: field, "no-such-attachment"))  # fmt: skip
    attachment_id = uploaded(house, WORKER if field == "of-another" else RESIDENT)
    tickets = house.db["tickets"].count_documents({})
    refused(house.file(attachments=ids(attachment_id)), 422, slug)
    assert house.db["tickets"].count_documents({}) == tickets
    row = row_of(house, attachment_id)
    assert row is not None
    assert (row["state"], row["ticket_id"]) == ("waiting", None)


def test_a_stranger_files_with_a_photo_and_adds_another_by_the_secret(house: House) -> None:
    ticket = house.filed(None, reporter={"telephone": "13812345678"}, attachments=[uploaded(house, None)])
    second = uploaded(house, None)
    assert attach(house, ticket, None, second).status_code == 404
    done(attach(house, ticket, None, second, follow_up_secret=ticket["follow_up_secret"]))
    listed = done(house.get(f"/api/v1/tickets/{ticket['id']}/attachments", WORKER))["attachments"]
    assert len(listed) == 2


def test_a_photo_belongs_to_one_ticket_and_to_who_uploaded_it(house: House) -> None:
    first, second, attachment_id = house.filed(), house.filed(), uploaded(house)
    refused(attach(house, first, WORKER, attachment_id), 422, "no-such-attachment")
    done(attach(house, first, RESIDENT, attachment_id))
    refused(attach(house, second, RESIDENT, attachment_id), 422, "no-such-attachment")
    refused(attach(house, first, RESIDENT, attachment_id), 422, "no-such-attachment")


def test_nothing_is_added_to_what_has_ended(house: House) -> None:
    ticket = house.filed()
    done(house.do(ticket, "reject", CADRE, {"reason": "twice"}))
    refused(attach(house, ticket, RESIDENT, uploaded(house)), 409, "ticket-ended")


@pytest.mark.parametrize(
    ("content", "slug"),
    [
        (b"", "not-a-picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "not-a-picture"),
        (pictures.photo(1600, 1200)[:-2000], "picture-damaged"),
        (pictures.animated("PNG"), "picture-animated"),
        (pictures.bomb(), "picture-too-large"),
    ],
)
def test_what_is_no_good_picture_is_refused_and_leaves_nothing(house: House, content: bytes, slug: str) -> None:
    before = house.db["attachments"].count_documents({})
    english = refused(upload(house, RESIDENT, content), 422, slug)
    chinese = upload(house, RESIDENT, content, **{"Accept-Language": "zh-CN"}).json()
    assert english["title"] != chinese["title"]
    assert house.db["attachments"].count_documents({}) == before


@pytest.mark.parametrize("chunked", [False, True])
def test_more_than_eight_mebibytes_are_refused(house: House, chunked: bool) -> None:
    too_much = bytes(8 * 1024 * 1024 + 1)
    sent = house.headers(RESIDENT, **{"Idempotency-Key": uuid4().hex})
    answer = house.api.http.post(PATH, content=iter([too_much]) if chunked else too_much, headers=sent)
    assert refused(answer, 413, "too-large")["limit_bytes"] == 8 * 1024 * 1024


def test_an_upload_whose_answer_was_lost_is_done_once(house: House) -> None:
    key, content = uuid4().hex, pictures.photo()
    first = done(upload(house, RESIDENT, content, key), 201)
    rows = house.db["attachments"].count_documents({})
    again = upload(house, RESIDENT, content, key)
    assert (done(again, 201), again.headers["Idempotency-Replayed"]) == (first, "true")
    assert house.db["attachments"].count_documents({}) == rows
    refused(upload(house, RESIDENT, pictures.photo(50, 50), key), 422, "idempotency-key-reused")


def test_no_photo_lies_in_the_database_in_clear(house: House) -> None:
    attachment_id = uploaded(house)
    kept = b"".join(row["data"] for row in house.db["photos.chunks"].find({"files_id": attachment_id}).sort("n"))
    assert not kept.startswith(b"\xff\xd8\xff")
    assert sealer_of("tickets").unseal_bytes(kept).startswith(b"\xff\xd8\xff")


def test_what_nobody_attached_is_gone_after_a_day_and_what_is_attached_stays(house: House) -> None:
    ticket, forgotten, kept = house.filed(), uploaded(house), uploaded(house)
    done(attach(house, ticket, RESIDENT, kept))
    let_a_day_pass(house, forgotten)
    eventually(lambda: is_gone(house, forgotten))
    refused(attach(house, ticket, RESIDENT, forgotten), 422, "no-such-attachment")
    assert house.get(f"{PATH}/{kept}", RESIDENT).status_code == 200
    assert house.db["timers"].count_documents({"_id": f"attachment:{kept}"}) == 0


@pytest.mark.parametrize("reached", ["arriving", "going"])
def test_a_process_killed_in_the_middle_leaves_what_the_sweep_removes(house: House, reached: str) -> None:
    """Killed while the content was put, before the command; and in a sweep, before the content was removed."""
    attachment_id = uploaded(house)
    house.db["photos.files"].delete_one({"_id": attachment_id})  # written last, removed first
    assert house.db["photos.chunks"].count_documents({"files_id": attachment_id})
    house.db["attachments"].update_one({"_id": attachment_id}, {"$set": {"state": reached}})
    refused(attach(house, house.filed(), RESIDENT, attachment_id), 422, "no-such-attachment")
    let_a_day_pass(house, attachment_id)
    eventually(lambda: is_gone(house, attachment_id))


def test_attached_while_the_sweep_runs_it_is_either_attached_or_gone(house: House) -> None:
    outcomes = set()
    for _ in range(12):
        ticket, attachment_id = house.filed(), uploaded(house)
        together = Barrier(2)
        answers: list[int] = []

        def add(
            ticket: Document = ticket, attachment_id: str = attachment_id, together: Barrier = together,
            answers: list[int] = answers,
        ) -> None:  # fmt: skip
            together.wait()
            answers.append(attach(house, ticket, RESIDENT, attachment_id).status_code)

        thread = Thread(target=add)
        thread.start()
        let_a_day_pass(house, attachment_id)
        together.wait()
        thread.join()
        if answers == [200]:
            eventually(lambda id=attachment_id: not house.db["timers"].count_documents({"_id": f"attachment:{id}"}))  # type: ignore[misc]
            assert house.get(f"{PATH}/{attachment_id}", RESIDENT).status_code == 200
        else:
            assert answers == [422]
            eventually(lambda id=attachment_id: is_gone(house, id))  # type: ignore[misc]
        outcomes.add(answers[0])
    assert outcomes <= {200, 422}
