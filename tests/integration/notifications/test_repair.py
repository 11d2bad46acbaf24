"""A queue has lost events: `doorstep events repair` makes up for them, and for what people should have been told."""

from datetime import timedelta
from typing import Any

import pytest

from services.chassis.clock import system_now
from services.chassis.ids import new_id
from services.contracts.tickets import example_ticket
from tests.integration.notifications.conftest import Post
from tests.support.eventually import eventually, steadily
from tests.support.processes import sealer_of
from tests.support.smtp import SmtpSink

Document = dict[str, Any]
SINCE = ("--since", (system_now() - timedelta(days=20)).strftime("%Y-%m-%dT%H:%M:%S%z"))


@pytest.fixture
def worker(post: Post, smtp_sink: SmtpSink) -> Post:
    post.worker(smtp_sink.url)
    return post


def contact(post: Post, person_id: str) -> Document:
    """A statement of accounts in its log that was published, and that no queue has."""
    told = {"name": None, "telephone": None, "email": f"{person_id}@example.org", "locale": "zh-CN"}
    sealed = sealer_of("accounts").exchange.seal(told)
    return post.publishing.write(
        "recipient.upserted", person_id, publisher="accounts", person_id=person_id, sealed=sealed
    )


def filing(post: Post, reporter_id: str, **published_ago: float) -> Document:
    """A filing in the log of tickets that was published so long ago, and that no queue has."""
    ticket = {**example_ticket(), "ticket_id": new_id(), "reporter_id": reporter_id, "owner_id": None}
    row = post.publishing.write("ticket.filed", ticket["ticket_id"], ticket=ticket)
    at = {"published_at": system_now() - timedelta(**published_ago)}
    log(post, "tickets").update_one({"_id": row["_id"]}, {"$set": at})
    return row


def log(post: Post, publisher: str) -> Any:
    return post.namespace.mongo[f"{post.namespace.prefix}_{publisher}"]["outbox"]


def applied(post: Post, row: Document) -> bool:
    return post.db["inbox"].count_documents({"_id": f"notifications.tickets|{row['_id']}"}) == 1


def notices(post: Post, person_id: str) -> int:
    return post.db["notices"].count_documents({"person_id": person_id})


def repair(post: Post, *options: str) -> str:
    return post.processes.cli("events", "repair", *SINCE, *options).stdout


def test_whoever_should_have_been_told_is_told_once_and_at_his_own_address(worker: Post, smtp_sink: SmtpSink) -> None:
    person_id = new_id()
    contact(worker, person_id)
    row = filing(worker, person_id, hours=2)
    said = repair(worker, "--dry-run")
    assert "tickets → notifications.tickets: 1 published, 1 missing" in said
    assert "3 events are missing" in said  # his address, and the filing for notifications and metrics
    steadily(lambda: not applied(worker, row), during=1)

    assert "tickets → notifications.tickets: 1 published, 1 sent again" in repair(worker)
    eventually(lambda: worker.mail_to(person_id).get("state") == "sent")
    assert [str(mail["To"]) for mail in smtp_sink.mails] == [f"{person_id}@example.org"]
    assert notices(worker, person_id) == 2  # his inbox and the mail

    assert "0 events are missing" in repair(worker, "--to", "notifications.tickets", "--dry-run")
    worker.publishing.send([row])
    assert "0 events were sent again" in repair(worker, "--to", "notifications.tickets")
    steadily(lambda: notices(worker, person_id) == 2, during=1)
    assert len(smtp_sink.mails) == 1


def test_of_what_is_no_news_any_more_nobody_is_told_but_its_effect_is_made_up_for(worker: Post) -> None:
    old, new = new_id(), new_id()
    rows = [filing(worker, old, days=3, hours=1), filing(worker, new, days=2, hours=23)]
    assert "2 sent again, 1 of them too old to tell anybody" in repair(worker, "--to", "notifications.tickets")
    eventually(lambda: all(applied(worker, row) for row in rows))
    assert notices(worker, old) == 0
    assert notices(worker, new) == 2


def test_an_operator_may_choose_how_late_is_too_late(worker: Post) -> None:
    person_id = new_id()
    row = filing(worker, person_id, days=9)
    repair(worker, "--from", "tickets", "--notice-days", "10")
    eventually(lambda: applied(worker, row))
    assert notices(worker, person_id) == 2


def test_contact_data_that_left_the_log_are_named_and_everything_else_is_sent(worker: Post) -> None:
    kept, gone = new_id(), new_id()
    contact(worker, kept)
    log(worker, "accounts").update_one({"_id": contact(worker, gone)["_id"]}, {"$set": {"data": None}})
    said = repair(worker)
    assert "1 events with contact data are missing and can no longer be sent" in said
    eventually(lambda: worker.db["recipients"].count_documents({"_id": kept}) == 1)
    assert worker.db["recipients"].count_documents({"_id": gone}) == 0


def test_without_a_broker_it_says_so_and_can_be_repeated(post: Post) -> None:
    row = filing(post, new_id(), hours=1)
    post.processes.env["DOORSTEP_AMQP_URL"] = "amqp://nobody:nothing@127.0.0.1:9/"
    refused = post.processes.cli("events", "repair", *SINCE, check=False)
    assert refused.returncode == 2
    assert "RabbitMQ does not answer" in refused.stderr
    assert not applied(post, row)
