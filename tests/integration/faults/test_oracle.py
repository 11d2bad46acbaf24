"""Each question of the oracle can fail: one row is tampered with, and it is found."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from signal import SIGKILL
from typing import Any

import pytest

from tests.faults import scans
from tests.faults.evidence import Evidence
from tests.faults.journal import Suspension
from tests.faults.keeper import End
from tests.faults.oracle import QUESTIONS, ask
from tests.support.eventually import eventually

pytestmark = pytest.mark.timeout(400)
"""The first test also starts the system and plays in it, which takes a minute on a machine that does nothing else."""
Document = dict[str, Any]
Tampering = Callable[[Evidence], Any]
"""A context in which something is wrong; it gives the evidence of it."""


def test_of_a_system_without_faults_every_answer_is_yes(evidence: Evidence) -> None:
    found = {name: [str(one) for one in findings] for name, findings in ask(evidence).items() if findings}
    assert found == {}


def test_the_small_system_gave_every_question_something_to_look_at(evidence: Evidence) -> None:
    kinds = {step["kind"] for row in evidence.tickets.values() for step in row["history"]}
    assert {"warned", "breached", "met", "lifted", "confirmed", "reopened", "offered", "planned"} <= kinds
    assert evidence.journal.claimings
    assert evidence.mails
    assert any(evidence.balances.values())


@contextmanager
def changed(
    evidence: Evidence, service: str, collection: str, query: Document, change: Callable[[Document], None] | None
) -> Iterator[Evidence]:
    """One document that satisfies `query`, changed, or gone without `change`; as it was afterwards."""
    rows = evidence.db(service)[collection]
    before = rows.find_one(query)
    assert before is not None, f"nothing in {service}.{collection} to tamper with"
    after = copy.deepcopy(before)
    if change is None:
        rows.delete_one({"_id": before["_id"]})
    else:
        change(after)
        rows.replace_one({"_id": before["_id"]}, after)
    try:
        yield replace(evidence)
    finally:
        rows.replace_one({"_id": before["_id"]}, before, upsert=True)


@contextmanager
def added(evidence: Evidence, service: str, collection: str, row: Document) -> Iterator[Evidence]:
    rows = evidence.db(service)[collection]
    rows.insert_one(row)
    try:
        yield replace(evidence)
    finally:
        rows.delete_one({"_id": row["_id"]})


@contextmanager
def told(evidence: Evidence, **otherwise: Any) -> Iterator[Evidence]:
    """Not a row, but what was seen from outside."""
    yield replace(evidence, **otherwise)


def scanned(evidence: Evidence) -> Sequence[str]:
    """What is seen of a query that finds no index."""
    evidence.db("tickets")["timers"].find_one({"lease": "nobody's"})
    return scans.seen(evidence.databases)


def gone(service: str, collection: str, query: Document) -> Tampering:
    return lambda evidence: changed(evidence, service, collection, query, None)


def set_to(service: str, collection: str, query: Document, **values: Any) -> Tampering:
    def change(row: Document) -> None:
        for path, value in values.items():
            place = row
            *steps, last = path.split("__")
            for step in steps:
                place = place[step]
            place[last] = value(place[last]) if callable(value) else value

    return lambda evidence: changed(evidence, service, collection, query, change)


def history(change: Callable[[list[Document]], None], **query: Any) -> Tampering:
    """A ticket whose history holds a step of a kind, that history changed."""

    def in_row(row: Document) -> None:
        change(row["history"])

    return lambda evidence: changed(evidence, "tickets", "tickets", query, in_row)


def first(kind: str, **detail: Any) -> Callable[[list[Document]], int]:
    """The place of the first such step."""

    def find(steps: list[Document]) -> int:
        return next(
            number for number, step in enumerate(steps)
            if step["kind"] == kind and all(step["detail"].get(name) == value for name, value in detail.items())
        )  # fmt: skip

    return find


def without(find: Callable[[list[Document]], int]) -> Callable[[list[Document]], None]:
    def change(steps: list[Document]) -> None:
        del steps[find(steps)]

    return change


def doubled(find: Callable[[list[Document]], int]) -> Callable[[list[Document]], None]:
    return lambda steps: steps.insert(find(steps), copy.deepcopy(steps[find(steps)]))


def moved(find: Callable[[list[Document]], int], *path: str) -> Callable[[list[Document]], None]:
    """A date of the step, a year later."""

    def change(steps: list[Document]) -> None:
        place = steps[find(steps)]
        for name in path[:-1]:
            place = place[name]
        place[path[-1]] = place[path[-1]].replace(year=place[path[-1]].year + 1)

    return change


def lifted_from(level: str) -> Callable[[list[Document]], None]:
    def change(steps: list[Document]) -> None:
        steps[first("lifted")(steps)]["detail"]["from_level"] = level

    return change


def surprised(evidence: Evidence) -> Any:
    journal = replace(evidence.journal, surprises=["POST /api/v1/tickets was answered 500"])
    return told(evidence, journal=journal)


def suspension_lost(evidence: Evidence) -> Any:
    member = evidence.db("volunteers")["members"].find_one({"state": "approved"})
    assert member is not None
    lost = Suspension(member["_id"], member["person_id"], "done", 1)
    return told(evidence, journal=replace(evidence.journal, suspensions=[*evidence.journal.suspensions, lost]))


@contextmanager
def in_hand_of_who_is_suspended(evidence: Evidence) -> Iterator[Evidence]:
    member = evidence.db("volunteers")["members"].find_one({"state": "approved"})
    assert member is not None
    suspended = set_to("volunteers", "members", {"_id": member["_id"]}, state="suspended")
    in_hand = set_to("tickets", "tickets", {}, state="on_site", assignee_id=member["person_id"])
    with suspended(evidence), in_hand(evidence) as wrong:
        yield wrong


def filed_again(evidence: Evidence) -> Any:
    row = copy.deepcopy(next(row for row in evidence.tickets.values() if row["channel"] == "online"))
    row |= {"_id": "another", "number": "another"}
    return added(evidence, "tickets", "tickets", row)


ARRIVAL = {"clock": "arrival", "round": 1}
ARRIVAL_BREACHED = {"kind": "breached", "detail.clock": "arrival", "round": 1}
BREACHED = {"urgent": True, "channel": "online", "history": {"$elemMatch": ARRIVAL_BREACHED}}
PARKED = {"_id": "x", "queue": "metrics.tickets", "event_id": "x", "type": None, "reason": "bad-json"}
MAIL = {"channel": "email", "state": "sent"}

TAMPERED: Mapping[str, tuple[Tampering, ...]] = {
    "every_filing_is_there_once": (gone("tickets", "tickets", {}), filed_again),
    "every_bad_rating_is_called_back_once": (
        set_to("tickets", "tickets", {"kind": "request", "parent_id": None}, parent_id="nobody"),
    ),
    "every_deed_is_there_as_often_as_answered": (
        history(without(first("accepted")), **{"history.kind": "accepted"}),
        history(doubled(first("arrived")), **{"history.kind": "arrived"}),
    ),
    "every_deed_has_its_time": (history(moved(first("accepted"), "at"), **{"history.kind": "accepted"}),),
    "every_claim_is_there_and_answered": (
        gone("volunteers", "claims", {}),
        set_to("volunteers", "claims", {"state": "confirmed"}, state="released"),
    ),
    "who_is_suspended_has_nothing_in_hand": (
        suspension_lost,
        in_hand_of_who_is_suspended,
    ),
    "no_answer_was_a_surprise": (surprised,),
    "every_event_was_published": (
        set_to("tickets", "outbox", {"type": "ticket.filed"}, published_at=None, sequence=7000),
        # In a partition that no relay has: the system runs, and would publish it before it is looked at.
        set_to("volunteers", "outbox", {}, unpublished=True, partition=-1),
    ),
    "every_step_was_told": (gone("tickets", "outbox", {"type": "ticket.arrived"}),),
    "every_event_took_effect_once_in_each_consumer": (
        gone("metrics", "inbox", {"_id": {"$regex": r"^metrics\.tickets"}}),
        lambda evidence: added(evidence, "metrics", "inbox", {"_id": "metrics.tickets|nobody", "at": evidence.now}),
    ),
    "nothing_is_under_way": (
        lambda evidence: told(evidence, queue_lengths={**evidence.queue_lengths, "metrics.tickets": 1}),
        lambda evidence: told(
            evidence, queue_lengths={k: v for k, v in evidence.queue_lengths.items() if k != "metrics.tickets"}
        ),
        lambda evidence: added(evidence, "tickets", "deferred", {**PARKED, "state": "waiting"}),
        lambda evidence: added(
            evidence, "tickets", "timers", {"_id": "x", "lane": "timers", "basis": "business", "due_at": evidence.now}
        ),
    ),
    "only_the_poison_is_parked": (
        lambda evidence: added(evidence, "metrics", "deferred", {**PARKED, "state": "parked"}),
        lambda evidence: told(evidence, poison=frozenset({"never parked"})),
    ),
    "metrics_equal_a_recount": (
        set_to("metrics", "totals", {"total": "doorstep_tickets_filed_total"}, value=lambda number: number + 1),
    ),
    "metrics_show_what_happened": (
        lambda evidence: told(evidence, exported=["", *evidence.exported]),
        lambda evidence: told(
            evidence,
            report={**evidence.report, "clocks": {"met": 0, "breached": evidence.report["clocks"]["breached"]}},
        ),
    ),
    "the_ledger_is_sound": (
        gone("volunteers", "ledger", {}),
        set_to("volunteers", "accounts", {"balance": {"$gt": 0}}, balance=lambda points: points + 1),
    ),
    "balances_are_what_was_earned": (
        lambda evidence: told(evidence, balances={person: points + 1 for person, points in evidence.balances.items()}),
        set_to("volunteers", "accounts", {"balance": {"$gt": 0}}, balance=lambda points: points + 1),
    ),
    "read_models_equal_their_owners": (
        set_to("tickets", "staff", {"state": "active"}, state="disabled"),
        set_to("volunteers", "standings", {"state": "active"}, state="disabled"),
        set_to("notifications", "accounts", {"state": "active"}, tokens_from=9),
        set_to("metrics", "standings", {"state": "active"}, sequence=9),
        set_to("volunteers", "offers", {"state": "closed"}, state="open"),
        set_to("notifications", "recipients", {"said.accounts": {"$exists": True}}, said__accounts__sequence=0),
    ),
    "every_threshold_fired_once_and_is_dated_right": (
        history(without(first("breached", **ARRIVAL)), **BREACHED),
        history(doubled(first("breached", **ARRIVAL)), **BREACHED),
        history(moved(first("breached", **ARRIVAL), "detail", "reached_at"), **BREACHED),
        history(without(first("met")), **{"history.kind": "met"}),
    ),
    "simple_thresholds_are_right_by_plain_arithmetic": (
        history(without(first("breached", **ARRIVAL)), **BREACHED),
        history(doubled(first("breached", **ARRIVAL)), **BREACHED),
        history(moved(first("breached", **ARRIVAL), "detail", "reached_at"), **BREACHED),
    ),
    "the_ladder_was_climbed_step_by_step": (history(lifted_from("street"), **{"history.kind": "lifted"}),),
    "every_mark_was_told_once": (
        set_to("tickets", "outbox", {"type": "ticket.clock_warned", "data.threshold": 50}, data__threshold=80),
    ),
    "everybody_was_told_once": (
        gone("notifications", "notices", {}),
        set_to("notifications", "notices", {"channel": "email"}, state="waiting"),
    ),
    "no_mail_was_sent_twice_unseen": (
        lambda evidence: told(evidence, mails=[*evidence.mails, evidence.mails[0]]),
        lambda evidence: told(evidence, mails=evidence.mails[1:]),
        gone("notifications", "notices", MAIL),
    ),
    "every_notice_that_failed_has_a_reason": (
        set_to("notifications", "notices", MAIL, state="failed", reason="smtp-550"),
        set_to(
            "notifications",
            "notices",
            MAIL,
            state="undeliverable",
            reason="too-many-mails",
            recorded_at=lambda at: at + timedelta(days=1),
        ),
    ),
    "no_process_ended_by_itself": (
        lambda evidence: told(evidence, ends=[End("tickets worker 1", 1, 3.0, asked=False)]),
        lambda evidence: told(evidence, ends=[End("tickets worker 1", 1, 3.0, asked=True)]),
        lambda evidence: told(evidence, given_up=["tickets worker 1"]),
    ),
    "no_query_reads_a_whole_collection": (lambda evidence: told(evidence, scans=scanned(evidence)),),
}


@pytest.mark.parametrize("name", sorted(QUESTIONS))
def test_a_question_finds_what_was_tampered_with(name: str, evidence: Evidence) -> None:
    for number, tamper in enumerate(TAMPERED[name]):
        with tamper(evidence) as wrong:
            assert list(QUESTIONS[name](wrong)), f"{name} does not see tampering {number}"
        assert eventually(lambda: not list(QUESTIONS[name](replace(evidence)))), "put back as it was"


def test_a_process_may_end_by_a_fault(evidence: Evidence) -> None:
    ends = [End("tickets worker 1", -SIGKILL, 3.0, asked=False), End("tickets worker 1", 0, 3.0, asked=True)]
    assert not list(QUESTIONS["no_process_ended_by_itself"](replace(evidence, ends=ends)))
