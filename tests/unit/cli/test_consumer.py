"""`doorstep consumer`: names, types and rights, before anything is reached for."""

import re

import pytest
from click.testing import CliRunner

from services.cli.outside.command import consumer
from services.cli.outside.rights import Outsider, expand, public_types

HOTLINE = Outsider("hotline", ("ticket.closed", "ticket.escalated"), "/hequ/", 1, 1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("Hotline", "--types", "ticket.escalated"), "small letters"),
        (("ho.tline", "--types", "ticket.escalated"), "small letters"),
        (("hotline", "--types", "ticket.eaten"), "there is no event type ticket.eaten"),
        (("hotline", "--types", "recipient.upserted"), "there is no event type recipient.upserted"),
        (("hotline", "--types", "#"), "there is no event type #"),
        (("hotline", "--types", ""), "there is no event type"),
        (("hotline", "--types", "ticket.escalated", "--area", "hequ"), "begins and ends with a slash"),
        (("hotline", "--types", "ticket.escalated", "--connections", "0"), "0 is not in the range"),
    ],
)
def test_a_wrong_request_is_refused_in_words(arguments: tuple[str, ...], words: str) -> None:
    done = CliRunner().invoke(consumer, ["add", *arguments], terminal_width=200)
    assert done.exit_code == 2
    assert words in re.sub(r"\s+", " ", done.output)


def test_a_pattern_means_all_public_types_of_an_aggregate() -> None:
    assert set(expand(["ticket.*"])) == {name for name in public_types() if name.startswith("ticket.")}
    assert "recipient.upserted" not in public_types()


@pytest.mark.parametrize("queue", ["outside.hotline.inbox", "evt-outside.hotline-ticket.closed--service.method"])
def test_its_queues_bear_its_name(queue: str) -> None:
    assert HOTLINE.owns(queue)
    assert all(re.search(HOTLINE.permissions[right], queue) for right in ("configure", "write", "read"))


@pytest.mark.parametrize(
    "queue",
    ["metrics.tickets", "outside.hotline-two.inbox", "evt-outside.hotline-two-ticket.closed--s.m", "outside.hotline",
     "outside.hotline.events", "xoutside.hotline.inbox", "outsidexhotline.inbox"],
)  # fmt: skip
def test_nothing_else_does(queue: str) -> None:
    assert not HOTLINE.owns(queue)
    assert not re.search(HOTLINE.permissions["write"], queue)
    if queue != HOTLINE.exchange:
        assert not any(re.search(HOTLINE.permissions[right], queue) for right in ("configure", "read"))


def test_its_exchange_it_may_declare_and_read_and_never_write() -> None:
    assert re.search(HOTLINE.permissions["configure"], HOTLINE.exchange)
    assert re.search(HOTLINE.permissions["read"], HOTLINE.exchange)
    assert not re.search(HOTLINE.permissions["write"], HOTLINE.exchange)


@pytest.mark.parametrize(
    "key", ["#", "*", "ticket.*", "ticket.filed", "ticket.closed.more", "xticket.closed", "ticketxclosed"]
)
def test_it_binds_by_its_types_alone(key: str) -> None:
    assert not re.search(HOTLINE.topic_permissions["read"], key)
