"""Is every command that was answered there, and none twice?"""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from services.chassis.seal import Unsealable
from services.contracts.tickets import LEVELS
from tests.faults.evidence import Document, Evidence, Finding, Findings
from tests.faults.journal import Command
from tests.faults.telling import STEPS

Key = tuple[str, str, str | None]
"""(ticket, kind of step, person)."""
BAD = 2
"""The lowest two of five grades (domain.md)."""
_SAID_OF = {
    ("confirmed", None): ("assigned", "kept"),
    ("released", "declined"): ("declined",),
    ("released", "taken_back"): ("assigned", "kept", "released", "declined"),  # the latter two: he is suspended
    ("released", "withdrawn"): ("declined", "released"),
}
"""What tickets said of a claim, by its state at volunteers and why it ended."""
_SLACK = timedelta(seconds=2)
"""Histories count in whole seconds."""


def every_filing_is_there_once(evidence: Evidence) -> Findings:
    """Found by the mark in what the reporter said, which nothing in the system but the seal knows of."""
    unseal = evidence.contexts["tickets"].sealer.unseal
    by_mark: dict[str, list[str]] = {}
    for ticket_id, row in evidence.tickets.items():
        if row.get("parent_id"):
            continue  # a callback, which says again what was said of its matter
        try:
            description = str(unseal(row["sealed"]).get("description", ""))
        except Unsealable:
            yield Finding("what the reporter said cannot be opened", (ticket_id,))
            continue
        by_mark.setdefault(description.rpartition("(")[2].rstrip(")"), []).append(ticket_id)
    asked = {filing.mark for filing in evidence.journal.filings}
    for mark, found in by_mark.items():
        if len(found) > 1:
            yield Finding("filed more than once", tuple(found))
        if mark not in asked:
            yield Finding("a ticket that nobody filed", tuple(found))
    for filing in evidence.journal.filings:
        found = by_mark.get(filing.mark, [])
        if filing.outcome == "done" and found != [filing.ticket_id]:
            yield Finding(
                f"filing answered 2xx after {filing.tries} tries is {found or 'lost'}", (str(filing.ticket_id),)
            )
        if filing.outcome == "refused" and found:
            yield Finding("filing was refused and is there", tuple(found))


def every_bad_rating_is_called_back_once(evidence: Evidence) -> Findings:
    """One callback for each time that the resident rated badly, above the matter and all who are rated: who took it in
    in that round, and who had a part in it in any; none for anything else."""
    called = (row for row in evidence.tickets.values() if row.get("parent_id"))
    found = Counter((row["parent_id"], row["history"][0]["detail"]["level"]) for row in called)
    due: Counter[tuple[str, str]] = Counter()
    for ticket_id, row in evidence.tickets.items():
        level = began = row["history"][0]["detail"]["level"]
        office = taken_in = LEVELS[0]
        for step in row["history"]:
            if step["kind"] == "reopened":
                level, taken_in = began, LEVELS[0]
            level = step["detail"].get("to_level", level)
            his = _office_of(step)
            if step["kind"] == "accepted":
                taken_in = max(taken_in, his, key=LEVELS.index)
            else:
                office = max(office, his, key=LEVELS.index)
            if step["kind"] == "confirmed" and step["detail"]["rating"] <= BAD:
                due[ticket_id, _above(max(level, office, taken_in, key=LEVELS.index))] += 1
    for ticket_id, level in sorted({*found, *due}):
        if found[ticket_id, level] != due[ticket_id, level]:
            told = f"{due[ticket_id, level]} bad ratings have {found[ticket_id, level]} callbacks at level {level}"
            yield Finding(told, (ticket_id,))


def _office_of(step: Mapping[str, Any]) -> str:
    """Of who took the step, or had a part in what it merged. Lifting from the grid ends no promise: no part."""
    detail = step["detail"]
    if step["kind"] == "lifted" and detail["from_level"] == LEVELS[0]:
        return LEVELS[0]
    offices: list[str] = [detail.get(name, LEVELS[0]) for name in ("office", "merged_office")]
    return max(offices, key=LEVELS.index)


def _above(level: str) -> str:
    return LEVELS[min(LEVELS.index(level) + 1, len(LEVELS) - 1)]


def every_deed_is_there_as_often_as_answered(evidence: Evidence) -> Findings:
    """Each deed that was answered 2xx is a step of the history by the right person; one whose answer never came is
    there at most once; none is there that nobody asked for."""
    least, most = _asked(evidence)
    found = _steps(evidence)
    for key in sorted({*least, *most, *found}, key=str):
        if not least[key] <= found[key] <= most[key]:
            ticket_id, step, person = key
            expected = f"{least[key]} to {most[key]}" if least[key] != most[key] else str(least[key])
            yield Finding(f"{step} by {person}: {found[key]} in the history, {expected} by the callers", (ticket_id,))


def every_deed_has_its_time(evidence: Evidence) -> Findings:
    """A step stands at a time between the asking and the answer."""
    for command in evidence.journal.commands:
        ticket = evidence.tickets.get(command.ticket_id)
        if command.outcome != "done" or ticket is None:
            continue
        by = _person(evidence, command)
        times = [s["at"] for s in ticket["history"] if s["kind"] == command.step and s["by"] == by]
        if times and not any(command.asked_at - _SLACK <= at <= command.answered_at + _SLACK for at in times):
            span = f"{command.asked_at:%H:%M:%S} to {command.answered_at:%H:%M:%S}"
            yield Finding(f"{command.step} asked {span} stands at {times[-1]:%H:%M:%S}", (command.ticket_id,))


def every_claim_is_there_and_answered(evidence: Evidence) -> Findings:
    """A claim that was answered 2xx is kept; an offer is held by one; tickets and volunteers agree on each."""
    claims = {row["_id"]: row for row in evidence.db("volunteers")["claims"].find()}
    made = Counter((row["offer_id"], row["person_id"]) for row in claims.values())
    least: Counter[tuple[str, str]] = Counter()
    unknown: Counter[tuple[str, str]] = Counter()
    for claiming in evidence.journal.claimings:
        key = (claiming.offer_id, claiming.person_id)
        least[key] += claiming.outcome == "done"
        unknown[key] += claiming.outcome == "unknown"
        if claiming.outcome == "done" and claiming.claim_id not in claims:
            yield Finding("claim answered 2xx is lost", (str(claiming.claim_id),))
    for key in sorted({*made, *least, *unknown}):
        if not least[key] <= made[key] <= least[key] + unknown[key]:
            yield Finding(f"{made[key]} claims of an offer by a person, {least[key]} answered", key)
    held = Counter(row["offer_id"] for row in claims.values() if row["state"] != "released")
    for offer_id, number in held.items():
        if number > 1:
            yield Finding(f"an offer held by {number} claims", (offer_id,))
    yield from _both_agree_on_each_claim(evidence, claims)


def _both_agree_on_each_claim(evidence: Evidence, claims: Mapping[str, Document]) -> Findings:
    for withdrawal in evidence.journal.withdrawals:
        claim = claims.get(withdrawal.claim_id, {})
        if withdrawal.outcome == "done" and (claim.get("state"), claim.get("reason")) != ("released", "withdrawn"):
            yield Finding("a claim that was given back stands", (withdrawal.claim_id,))
    for claim_id, claim in claims.items():
        answer = evidence.tickets[claim["ticket_id"]]["claims"]
        said = [one["outcome"] for one in answer if one["id"] == claim_id]
        if len(said) != 1 or said[0] not in _SAID_OF.get((claim["state"], claim["reason"]), ()):
            yield Finding(f"claim is {claim['state']} at volunteers, {said or 'unanswered'} at tickets", (claim_id,))
        if claim["state"] == "released" and evidence.tickets[claim["ticket_id"]]["claim_id"] == claim_id:
            yield Finding("a claim that is released at volunteers has the ticket at tickets", (claim_id,))


def who_is_suspended_has_nothing_in_hand(evidence: Evidence) -> Findings:
    """A suspension that was answered 2xx is kept, and took away what was in hand, unless it was solved or ended."""
    members = {row["_id"]: row for row in evidence.db("volunteers")["members"].find()}
    for suspension in evidence.journal.suspensions:
        if suspension.outcome == "done" and members[suspension.member_id]["state"] != "suspended":
            yield Finding("a suspension answered 2xx is lost", (suspension.member_id,))
    suspended = {row["person_id"] for row in members.values() if row["state"] == "suspended"}
    for ticket_id, row in evidence.tickets.items():
        if row["assignee_id"] in suspended and row["state"] in ("assigned", "on_site", "planned"):
            yield Finding(f"{row['state']}, in hand of who is suspended", (ticket_id,))


def no_answer_was_a_surprise(evidence: Evidence) -> Findings:
    """No fault excuses an internal error, an answer that never comes, or two winners."""
    for text in evidence.journal.surprises:
        yield Finding(text, ())


def _asked(evidence: Evidence) -> tuple[Counter[Key], Counter[Key]]:
    least: Counter[Key] = Counter()
    most: Counter[Key] = Counter()
    for command in evidence.journal.commands:
        key = (command.ticket_id, command.step, _person(evidence, command))
        least[key] += command.outcome == "done"
        most[key] += command.outcome != "refused"
    return least, most


def _steps(evidence: Evidence) -> Counter[Key]:
    """What people did, without what a won claim wrote."""
    return Counter(
        (ticket_id, step["kind"], step["by"])
        for ticket_id, row in evidence.tickets.items()
        for step in row["history"]
        if step["kind"] in {*STEPS.values(), "duplicate_added"}
        and step["by"] is not None
        and not step["detail"].get("claim_id")
    )


def _person(evidence: Evidence, command: Command) -> str | None:
    if command.by is not None:
        return command.by
    ticket = evidence.tickets.get(command.ticket_id)
    return str(ticket["reporter_id"]) if ticket else None
