"""An event arrives: record who is to be told, through which channel. Nothing is sent here."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from services.contracts.types import Event
from services.notifications.domain.facts import facts_of
from services.notifications.domain.notice import DISABLED, NO_ADDRESS, Channel, Notice, State, notice_id, undeliverable
from services.notifications.domain.routing import Told, told
from services.notifications.handlers.events import told_state
from services.notifications.handlers.ports import Store


def record_event(store: Store, event: Event, now: datetime) -> None:
    """Make the notices of one event. A replayed event tells nobody anything new."""
    if event.replayed:
        return
    for notice in _notices(event, now):
        disabled = told_state(undeliverable(notice, DISABLED))
        if notice.channel is Channel.INBOX:
            # An entry in the person's own inbox is delivered by being there.
            store.add(*told_state(replace(notice, state=State.SENT)), when_disabled=disabled)
        else:
            # Who has no address is not tried: that would cost as much as a mail.
            without_mail = told_state(undeliverable(notice, NO_ADDRESS))
            store.add(notice, wake_at=now, without_mail=without_mail, when_disabled=disabled)


def _notices(event: Event, now: datetime) -> Iterator[Notice]:
    facts = facts_of(event.type, event.data)
    ticket_id = event.data["ticket"]["ticket_id"] if "ticket" in event.data else event.data.get("ticket_id")
    for person in told(event.type, event.data):
        for channel in person.channels:
            yield _notice(event, person, channel, now, facts, ticket_id)


def _notice(
    event: Event,
    person: Told,
    channel: Channel,
    now: datetime,
    facts: dict[str, str | int | None],
    ticket_id: str | None,
) -> Notice:
    return Notice(
        id=notice_id(event.id, person.person_id, person.template, channel),
        event_id=event.id,
        event_type=event.type,
        person_id=person.person_id,
        template=person.template,
        channel=channel,
        area_path=event.area_path,
        facts=facts,
        occurred_at=event.occurred_at,
        recorded_at=now,
        ticket_id=ticket_id,
    )
