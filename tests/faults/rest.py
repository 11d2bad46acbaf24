"""Waiting until the system has come to rest by itself, and then taking the evidence."""

import time
from datetime import datetime, timedelta
from typing import Any

import httpx

from services.chassis.clock import system_now
from services.cli.demo.cast import Cast
from services.cli.demo.edge import Caller
from services.cli.demo.rest import SOON, stop_clock
from services.contracts.queues import QUEUES, dead_letter_queue
from tests.faults import scans
from tests.faults.evidence import Evidence, Mail
from tests.faults.journal import Journal
from tests.faults.system import System

REST_SECONDS = 200.0
_QUIET = 3
"""How often in a row nothing may be under way; the broker tells its queues' lengths every five seconds."""
_LOOK_SECONDS = 2.5
_AHEAD = timedelta(hours=26)
"""Business time makes one more leap, so that the longest promise, a day, comes due as well, all of it at once. It also
goes beyond what a process may have read: they look at the clock once a second while it runs."""


def come_to_rest(system: System, within: float = REST_SECONDS) -> tuple[datetime, float, dict[str, int]]:
    """Let business time leap ahead and stop, and wait.

    Returns where it stands, how long it took, and what is still under way if `within` seconds were not enough: the
    oracle then says what that means.
    """
    begun = time.monotonic()
    now = stop_clock(system.clock) + _AHEAD
    system.clock.step(now)
    quiet, left = 0, under_way(system, now)
    while quiet < _QUIET and time.monotonic() - begun < within:
        time.sleep(_LOOK_SECONDS)
        left = under_way(system, now)
        quiet = 0 if left else quiet + 1
    return now, time.monotonic() - begun, left


def under_way(system: System, now: datetime) -> dict[str, int]:
    """What is not done yet, and how much of it."""
    found: dict[str, int] = {}
    unpublished = {"unpublished": True, "partition": {"$gte": 0}}
    for service, db in system.databases.items():
        found[f"{service}: unpublished"] = db["outbox"].count_documents(unpublished, hint="unpublished")
        found[f"{service}: deferred"] = db["deferred"].count_documents({"state": "waiting"})
        due = {"lane": "timers", "basis": "business", "due_at": {"$lte": now}}
        found[f"{service}: timers due"] = db["timers"].count_documents(due)
        effects = {"lane": "effects", "basis": "system", "due_at": {"$lte": system_now()}}
        found[f"{service}: effects due"] = db["timers"].count_documents(effects)
    lengths = system.queue_lengths()
    ours = {*QUEUES, *(dead_letter_queue(queue.consumer) for queue in QUEUES.values())}
    found.update({f"queue {name}": lengths.get(name, 0) for name in ours})
    if not any(found.values()):  # no index counts them: while the rest is busy, that would be in its way
        found["notices waiting"] = system.databases["notifications"]["notices"].count_documents(SOON)
    return {what: number for what, number in found.items() if number}


def take_evidence(system: System, cast: Cast, journal: Journal, now: datetime) -> Evidence:
    """Everything that the questions look at, the answers over HTTP and the mails among it."""
    members = [member for group in cast.members.values() for member in group]
    return Evidence(
        contexts=system.contexts,
        journal=journal,
        databases=system.databases,
        now=now,
        mails=[_mail(mail) for mail in system.smtp.mails],
        queue_lengths=system.queue_lengths(),
        exported=[
            httpx.get(f"{process.url}/metrics", timeout=30, trust_env=False, verify=False).text
            for process in system.processes("metrics", "http")
        ],
        report=cast.district.get("/api/v1/reports/summary"),
        balances={member.person_id: _points(member) for member in members},
        poison=frozenset(system.poison),
        lost_poison=frozenset(system.lost_poison),
        ends=system.ends,
        given_up=[slot.name for slot in system.keeper.slots if slot.given_up],
        scans=scans.seen(system.databases),
    )


def _points(member: Caller) -> int:
    own = member.get("/api/v1/points/balance")
    return int(own["balance"]) - int(own["debt"])


def _mail(mail: Any) -> Mail:
    return Mail(str(mail["Message-ID"]).strip().lstrip("<").partition("@")[0], str(mail["To"]))
