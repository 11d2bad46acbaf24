"""Consumers of every mode against whole lives of tickets: any order and any repetition ends as in order and once.

The lives are real: people act through the handlers of tickets, and what these publish is what is consumed.
"""

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.contracts.queues import QUEUES
from services.contracts.types import Event
from services.metrics.domain import totals
from services.metrics.domain.totals import TOTALS, Key
from services.metrics.handlers.count import count_event
from services.notifications.domain.recipients import Statement
from services.notifications.handlers.contacts import keep_contact
from services.notifications.handlers.record import record_event
from services.tickets.domain.ticket import Ticket
from services.volunteers.handlers.table import handle
from tests.support.effort import tries
from tests.unit.arriving import NOW, arrived
from tests.unit.notifications.store import MemoryStore
from tests.unit.tickets.office import Choice, Office
from tests.unit.volunteers.world import World

Did = tuple[str, str]
NEXT: Mapping[str, Sequence[Did]] = {
    "filed": [("accept", "grid_worker"), ("accept", "grid_worker"), ("reject", "grid_head"), ("cancel", "reporter")],
    "accepted": [("offer", "grid_worker"), ("offer", "grid_worker"), ("assign", "grid_head"), ("escalate", "street")],
    "offered": [("claim", ""), ("claim", ""), ("claim", ""), ("assign", "grid_head"), ("cancel", "reporter")],
    "assigned": [("arrive", "assignee"), ("suspend", ""), ("offer", "grid_head"), ("release", "")],
    "on_site": [("resolve", "grid_head"), ("suspend", ""), ("reclassify", "station_head"), ("plan", "street")],
    "planned": [("move_plan", "community"), ("resolve", "grid_head"), ("de_escalate", "district")],
    "resolved": [("confirm", "reporter"), ("confirm", "reporter"), ("reopen", "community"), ("late claim", "")],
    "confirmed": [("reopen", "reporter"), ("reopen", "reporter"), ("late claim", "")],
}
"""What may come next in each state, likelier things more often."""
VOLUNTEERS = ("li", "zhao")
steps = st.tuples(
    st.integers(0, 1),
    st.integers(0, 3),
    st.sampled_from([0, 60, 601, 7200, 100_000, 700_000]),
    st.builds(
        Choice, severity=st.sampled_from(["ordinary", "complex", "special", "major"]), rating=st.integers(1, 5)
    ),
)  # fmt: skip


@st.composite
def lives(draw: st.DrawFn) -> Office:
    """Two tickets, and up to thirty things that happen to them."""
    office = Office(now=NOW)
    ids = [office.file(), office.file(late_by=timedelta(hours=draw(st.integers(1, 30))))]
    for number, which, seconds, chosen in draw(st.lists(steps, min_size=8, max_size=30)):
        office.now += timedelta(seconds=seconds)
        office.settle(ids[number])
        ticket = office.ticket(ids[number])
        possible = NEXT.get(ticket.state, ())
        if possible:
            happen(office, ticket, possible[which % len(possible)], chosen)
    return office


def happen(office: Office, ticket: Ticket, did: Did, chosen: Choice) -> None:
    deed, part = did
    claim_id, person = f"{ticket.id}/claim-{ticket.sequence}", VOLUNTEERS[ticket.sequence % 2]
    if deed in ("claim", "late claim"):
        office.hear_claim(ticket.id, claim_id, ticket.offer.id if ticket.offer else "gone", person)
    elif deed == "release":
        office.hear_withdrawal(ticket.id, ticket.claim_id or "another")
    elif deed == "suspend":
        office.hear_revocation(ticket.id, ticket.claim_id or "another")
    else:
        office.attempt(ticket.id, deed, office.actor(ticket.id, part), chosen)


def said_to(office: Office, queue: str) -> list[Event]:
    return [arrived(event, "tickets") for event in office.shelf.events if event.type in QUEUES[queue].modes]


def any_order(data: st.DataObject, events: Sequence[Event]) -> list[Event]:
    """Every event at least once, up to three times, in any order."""
    shuffled = random.Random(data.draw(st.integers(0, 2**32)))
    deliveries = [event for event in events for _ in range(shuffled.choice([1, 1, 2, 3]))]
    shuffled.shuffle(deliveries)
    return deliveries


def both(
    office: Office, queue: str, data: st.DataObject, consume: Callable[[Sequence[Event]], Any]
) -> tuple[Any, Any]:  # fmt: skip
    """What is there in the end: after all in order and once, and after any order and any repetition."""
    events = said_to(office, queue)
    return consume(events), consume(any_order(data, events))


# metrics: additive, behind the inbox


def counted(deliveries: Sequence[Event]) -> Counter[Key]:
    """As the consumer does: each event once, thanks to the inbox; in batches, each with its own gathering."""
    inbox: set[str] = set()
    whole: Counter[Key] = Counter()
    for start in range(0, len(deliveries), 7):
        gathered: Counter[Key] = Counter()
        for event in deliveries[start : start + 7]:
            if event.id not in inbox:
                inbox.add(event.id)
                count_event(gathered, event)
        whole.update(gathered)
    return whole


@tries(40)
@given(lives(), st.data())
def test_metrics_counts_the_same_in_any_order_with_any_repetition(office: Office, data: st.DataObject) -> None:
    in_order, in_any_order = both(office, "metrics.tickets", data, counted)
    assert in_any_order == in_order


@tries(40)
@given(lives(), st.data())
def test_metrics_counts_what_stands_in_the_histories(office: Office, data: st.DataObject) -> None:
    counts = counted(any_order(data, said_to(office, "metrics.tickets")))
    history = [step for ticket in office.shelf.tickets.values() for step in ticket.history]
    kinds = Counter(step.kind for step in history)
    for total, kind in ((totals.FILED, "filed"), (totals.RATED, "confirmed"), (totals.REOPENED, "reopened"),
                        (totals.ESCALATIONS, "lifted"), (totals.WARNINGS, "warned")):  # fmt: skip
        assert total_of(counts, total) == kinds[kind], total
    for outcome in ("met", "breached"):
        assert total_of(counts, totals.CLOCKS, outcome=outcome) == kinds[outcome]
    for outcome, kind in (("rejected", "rejected"), ("cancelled", "cancelled")):
        assert total_of(counts, totals.CLOSED, outcome=outcome) == kinds[kind]
    for in_time, wanted in resolved_in_time(office).items():
        assert total_of(counts, totals.RESOLVED, in_time=in_time) == wanted


def resolved_in_time(office: Office) -> Counter[str]:
    """Resolutions by whether a promise of that round was broken before."""
    found = Counter({"true": 0, "false": 0})
    for ticket in office.shelf.tickets.values():
        broken: set[int] = set()
        for step in ticket.history:
            if step.kind == "breached":
                broken.add(step.detail["round"])
            elif step.kind == "resolved":
                found["false" if step.round in broken else "true"] += 1
    return found


def total_of(counts: Counter[Key], total: str, **labels: str) -> int:
    names = TOTALS[total].labels
    return sum(
        value
        for key, value in counts.items()
        if key.total == total and all(key.labels[names.index(name)] == wanted for name, wanted in labels.items())
    )


# volunteers: latest (offers), paired (points), additive (answers to claims)


def volunteered(deliveries: Sequence[Event]) -> Any:
    """Offers, steps and points as they stand in the end; identities of postings and their order are nobody's."""
    world = World()
    for event in deliveries:
        handle(world, event)
    offers = {offer.offer_id: (offer.state, offer.reason, offer.skills) for offer in world.offers.values()}
    postings = Counter((t.key, t.points, t.event_id) for t in world.ledger)
    balances = {person: (account.balance, account.debt) for person, account in world.accounts.items()}
    return offers, world.histories, postings, balances, world.confirmations, world.refutations


@tries(40)
@given(lives(), st.data())
def test_volunteers_ends_the_same_in_any_order_with_any_repetition(office: Office, data: st.DataObject) -> None:
    in_order, in_any_order = both(office, "volunteers.tickets", data, volunteered)
    assert in_any_order == in_order


@tries(40)
@given(lives(), st.data())
def test_points_stand_for_the_rounds_that_were_confirmed_well_and_not_reopened(
    office: Office, data: st.DataObject
) -> None:
    _, _, _, balances, _, _ = volunteered(any_order(data, said_to(office, "volunteers.tickets")))
    earned: Counter[str] = Counter()
    for ticket in office.shelf.tickets.values():
        reopened = {step.round - 1 for step in ticket.history if step.kind == "reopened"}
        for step in ticket.history:
            good = step.kind == "confirmed" and step.detail["rating"] >= 3 and step.detail["solver_kind"] == "member"
            if good and step.round not in reopened:
                earned[step.detail["solver_id"]] += 10
    assert {person: balance for person, (balance, _) in balances.items() if balance} == dict(earned)
    assert all(debt == 0 for _, debt in balances.values())


def test_after_the_lives_the_only_open_offers_are_those_that_stand() -> None:
    """Said of many lives at once, so that some of them end while offered."""
    stood = 0

    @tries(40)
    @given(lives(), st.data())
    def each(office: Office, data: st.DataObject) -> None:
        nonlocal stood
        offers = volunteered(any_order(data, said_to(office, "volunteers.tickets")))[0]
        still = {
            ticket.offer.id for ticket in office.shelf.tickets.values() if ticket.state == "offered" and ticket.offer
        }
        assert {offer_id for offer_id, (state, _, _) in offers.items() if state == "open"} == still
        stood += len(still)

    each()
    assert stood, "none of the lives ended with a standing offer"


# notifications: additive (notices), latest (contact data)


def told(deliveries: Sequence[Event]) -> Any:
    """The notices, what waits for the mail server, and how often each notice was published."""
    store = MemoryStore()
    for event in deliveries:
        record_event(store, event, NOW)
    return store.notices, store.wakes, Counter((event.type, event.aggregate_id) for event in store.events)


@tries(40)
@given(lives(), st.data())
def test_notifications_tells_the_same_people_once_in_any_order_with_any_repetition(
    office: Office, data: st.DataObject
) -> None:
    in_order, in_any_order = both(office, "notifications.tickets", data, told)
    assert in_any_order == in_order
    assert set(in_any_order[2].values()) <= {1}


@tries(40)
@given(lives(), st.data())
def test_what_was_entered_late_alarms_nobody_whatever_the_order(office: Office, data: st.DataObject) -> None:
    events = said_to(office, "notifications.tickets")
    notices, _, _ = told(any_order(data, events))
    late = {event.id for event in events if event.data.get("replayed_late")}
    assert not late & {notice.event_id for notice in notices.values()}


statements = st.lists(
    st.tuples(st.sampled_from(["accounts", "tickets", "volunteers"]), st.sampled_from(VOLUNTEERS)), max_size=12
)


@tries(100)
@given(statements, st.data())
def test_of_contact_data_the_newest_statement_of_each_publisher_stands(
    said: list[tuple[str, str]], data: st.DataObject
) -> None:
    numbered: list[tuple[str, str, Statement]] = []
    numbers: Counter[tuple[str, str]] = Counter()
    for publisher, person in said:
        numbers[publisher, person] += 1
        numbered.append((publisher, person, Statement(numbers[publisher, person], f"sealed {len(numbered)}")))
    again = data.draw(st.lists(st.sampled_from(numbered), max_size=8)) if numbered else []
    for order in (numbered, data.draw(st.permutations([*numbered, *again]))):
        store = MemoryStore()
        for publisher, person, statement in order:
            keep_contact(store, publisher, person, statement, NOW)
        newest = {(publisher, person): statement for publisher, person, statement in numbered}
        kept = {
            (publisher, person): one for person in VOLUNTEERS for publisher, one in store.statements(person).items()
        }
        assert kept == newest


@tries(40)
@given(lives(), st.data())
def test_mail_waits_for_whoever_is_told_whether_contact_data_come_before_or_after(
    office: Office, data: st.DataObject
) -> None:
    events = said_to(office, "notifications.tickets")
    people = sorted({notice.person_id for notice in told(events)[0].values()})
    store, moment = MemoryStore(), NOW
    happenings: list[Event | str] = data.draw(st.permutations([*any_order(data, events), *people]))
    for each in happenings:
        moment += timedelta(seconds=1)
        receive(store, each, moment)
    assert set(store.wakes) == {n.id for n in store.notices.values() if n.channel == "email"}
    assert all(wake <= moment for wake in store.wakes.values())


def receive(store: MemoryStore, each: Event | str, moment: datetime) -> None:
    if isinstance(each, str):
        keep_contact(store, "accounts", each, Statement(1, "sealed"), moment)
    else:
        record_event(store, each, moment)


def test_every_queue_of_ours_is_judged_here_or_where_its_state_is_kept() -> None:
    here = {"metrics.tickets", "volunteers.tickets", "notifications.tickets", "notifications.recipients"}
    same_handler = {"metrics.accounts", "metrics.volunteers", "metrics.notifications", "notifications.volunteers"}
    elsewhere = {
        "tickets.volunteers": "test_model_two_services.py",
        "tickets.accounts": "tests/integration/tickets/test_handing_back.py",
        "notifications.accounts": "tests/integration/notifications/test_disabled.py",
        "volunteers.accounts": "tests/integration/volunteers/test_ended_tokens.py",
        "accounts.tickets": "tests/unit/accounts/test_moving_places.py",
        "volunteers.places": "tests/unit/volunteers/test_moving_places.py",
    }
    assert set(QUEUES) == here | same_handler | set(elsewhere)
