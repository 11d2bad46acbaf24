"""A notice: one person told of one event through one channel, and every attempt to tell him.

A notice is `waiting` until it is `sent`, `failed` (given up) or `undeliverable` (no address). Times are system time:
mail servers do not run on the accelerated clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid5

Facts = Mapping[str, str | int | None]
"""What a template may say of the event: codes, numbers and ISO times, nothing personal."""

NAMESPACE = UUID("6f2a4d1e-7d0c-5b67-9a57-1c0f0a3f5e21")
NO_ADDRESS = "no-address"
"""Why a mail is undeliverable to a person who has not given one."""
DISABLED = "account-disabled"
"""Why nothing is told to a person whose account may no longer sign in."""
TOO_MANY = "too-many-mails"
"""Why a mail to an address that nobody has confirmed waits until the next day, or was given up."""
CONTACT_WINDOW = timedelta(hours=24)
"""How long an undeliverable notice still goes out when an address becomes known: older news is no news."""


SLACK = timedelta(seconds=5)
"""So much the clocks of two machines may differ."""


class Channel(StrEnum):
    INBOX = "inbox"
    EMAIL = "email"


class State(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    UNDELIVERABLE = "undeliverable"


class Result(StrEnum):
    SENT = "sent"
    TEMPORARY = "temporary"
    PERMANENT = "permanent"
    UNCERTAIN = "uncertain"
    """The message may have been taken, but nobody recorded the answer: it is sent again under the same Message-ID."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended. `code` is ours (`smtp-451`, `timeout`), never the server's text: that may name a person."""

    result: Result
    code: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try. It is committed before anything is sent; without an outcome after `lease_until` its process died."""

    number: int
    began_at: datetime
    lease_until: datetime
    ended_at: datetime | None = None
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    id: str
    event_id: str
    event_type: str
    person_id: str
    template: str
    channel: Channel
    area_path: str
    facts: Facts
    occurred_at: datetime
    recorded_at: datetime
    ticket_id: str | None = None
    state: State = State.WAITING
    reason: str | None = None
    attempts: tuple[Attempt, ...] = ()
    sequence: int = 0
    read_at: datetime | None = None

    @property
    def open_attempt(self) -> Attempt | None:
        """The attempt that is under way, or whose process died."""
        last = self.attempts[-1] if self.attempts else None
        return last if last and last.outcome is None else None

    @property
    def settled(self) -> bool:
        return self.state is not State.WAITING


def notice_id(event_id: str, person_id: str, template: str, channel: Channel) -> str:
    """The same for the same (event, person, template, channel): a notice cannot exist twice."""
    return str(uuid5(NAMESPACE, "\n".join((event_id, person_id, template, channel))))


def begin(notice: Notice, now: datetime, lease: timedelta) -> Notice:
    """Open the next attempt; it waits no more. An open one whose lease is over is recorded as uncertain first."""
    settled = _give_up_lost_attempt(notice, now)
    attempt = Attempt(len(notice.attempts) + 1, began_at=now, lease_until=now + lease)
    return replace(settled, reason=None, attempts=(*settled.attempts, attempt))


def lose(notice: Notice, now: datetime) -> Notice:
    """The last permitted attempt never reported: give the notice up, saying that it may have arrived."""
    settled = _give_up_lost_attempt(notice, now)
    return replace(settled, state=State.FAILED, reason="uncertain")


def finish(notice: Notice, number: int, outcome: Outcome, now: datetime, back_off: Sequence[timedelta]) -> Notice:
    """Record how attempt `number` ended. A late truth replaces an assumed `uncertain`; anything else stays as it is."""
    known = notice.attempts[number - 1].outcome
    if known is not None and known.result is not Result.UNCERTAIN:
        return notice
    ended = replace(notice.attempts[number - 1], ended_at=now, outcome=outcome)
    attempts = (*notice.attempts[: number - 1], ended, *notice.attempts[number:])
    updated = replace(notice, attempts=attempts)
    if outcome.result is Result.SENT:
        return replace(updated, state=State.SENT, reason=None)
    if notice.settled or number < len(attempts):
        return updated
    if outcome.result is Result.PERMANENT or number > len(back_off):
        return replace(updated, state=State.FAILED, reason=outcome.code)
    return updated


def next_attempt_at(notice: Notice, back_off: Sequence[timedelta]) -> datetime | None:
    """When somebody has to look at this notice again; None when it is settled."""
    if notice.settled:
        return None
    if not notice.attempts:
        return notice.recorded_at
    last = notice.attempts[-1]
    if last.ended_at is None:
        return last.lease_until
    return last.ended_at + back_off[last.number - 1]


def waits_until(notice: Notice, now: datetime, back_off: Sequence[timedelta], lease: timedelta) -> datetime | None:
    """Until when nobody may try again: an attempt is under way, or has just failed. None: it may be tried now.

    What lies further ahead than the longest wait was written by a clock that was ahead, and holds nothing up.
    """
    due_at = next_attempt_at(notice, back_off) if notice.attempts else None
    if due_at is None or not now < due_at <= now + max(lease, *back_off) + SLACK:
        return None
    return due_at


def undeliverable(notice: Notice, reason: str) -> Notice:
    return replace(notice, state=State.UNDELIVERABLE, reason=reason)


def contact_became_known(notice: Notice, now: datetime) -> Notice:
    """An address may be there now: an undeliverable notice waits again, unless it is old news."""
    fresh = now - notice.recorded_at <= CONTACT_WINDOW
    if notice.state is State.UNDELIVERABLE and notice.reason == NO_ADDRESS and fresh:
        return replace(notice, state=State.WAITING, reason=None)
    return notice


def _give_up_lost_attempt(notice: Notice, now: datetime) -> Notice:
    lost = notice.open_attempt
    if lost is None:
        return notice
    uncertain = replace(lost, ended_at=now, outcome=Outcome(Result.UNCERTAIN, "no-result"))
    return replace(notice, attempts=(*notice.attempts[:-1], uncertain))
