"""The stories of the demonstration, told by callers who never give up and write down what they were answered."""

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from services.cli.demo.edge import Body, Caller, Refused
from services.cli.demo.plan import Story
from services.cli.demo.telling import Telling, Town
from tests.faults.asking import Asker, Told
from tests.faults.journal import Claiming, Command, Filing, Journal, Outcome, Suspension, Withdrawal

Document = dict[str, Any]
STEPS = {
    "accept": "accepted", "assign": "assigned", "offer": "offered", "arrive": "arrived", "reclassify": "reclassified",
    "plan": "planned", "move-plan": "plan_moved", "resolve": "resolved", "confirm": "confirmed", "reopen": "reopened",
    "reject": "rejected", "cancel": "cancelled", "escalate": "lifted", "de-escalate": "lowered", "verify": "verified",
    "tick": "item_done", "hold-session": "session_held", "pause": "paused", "resume": "resumed",
    "transfer": "transferred", "merge": "merged", "follow-up-slip": "slip_printed",
}  # fmt: skip
"""The step of a history that each deed writes."""
_SEEN_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Play:
    """What all stories under faults share."""

    town: Town
    asker: Asker
    journal: Journal


class RecordedTelling(Telling):
    """One story; each call of it is repeated until there is a definite answer, and noted."""

    def __init__(self, play: Play, story: Story) -> None:
        super().__init__(play.town, story)
        self._play = play
        self._mark = ""

    def _matter(self, **more: Any) -> Document:
        matter = super()._matter(**more)
        self._mark = uuid4().hex
        return {**matter, "description": f"{matter['description']} ({self._mark})"}

    def _by(self, caller: Caller | None, path: str, body: Body, key: str | None = None) -> Document:
        key = key or uuid4().hex
        if isinstance(body, bytes):
            return self._answer(self._play.asker.post(caller, path, body, key), "upload")
        if path == "/api/v1/tickets":
            return self._file(caller, path, body, key)
        _, ticket_id, deed = path.rsplit("/", 2)
        asked_at = self._now()
        told = self._play.asker.post(caller, path, body, key)
        by = caller.person_id if caller else None
        command = Command(ticket_id, STEPS[deed], by, _outcome(told), told.tries, asked_at, self._now())
        self._play.journal.note(command)
        if deed == "merge":  # writes into both
            self._play.journal.note(replace(command, ticket_id=body["into"], step="duplicate_added"))
        return self._answer(told, deed)

    def _file(self, caller: Caller | None, path: str, body: Document, key: str) -> Document:
        told = self._play.asker.post(caller, path, body, key)
        ticket_id = str(told.data["id"]) if told.done else None
        mark = body["description"].rpartition("(")[2].rstrip(")")
        self._play.journal.note(Filing(mark, _outcome(told), told.tries, ticket_id))
        return self._answer(told, "file")

    def _answer(self, told: Told, deed: str) -> Document:
        """What the story goes on with. Raises Refused, which ends it, where nothing is known to have happened."""
        if told.done:
            return told.data
        if told.status is None:
            self._play.journal.surprise(f"{deed} got no definite answer in {told.tries} tries")
            raise Refused(0, "no-answer", deed)
        self._play.journal.refused(told.slug)
        if told.uncertain and deed != "file":
            return {}  # an earlier try has most likely done it: the story goes on and sees
        raise Refused(told.status, told.slug, deed)

    def print_slip(self) -> None:
        """Not here: asked for again it is another slip. Who came to the desk calls the station instead."""

    # What is read

    def level(self) -> str:
        return str(self._read(self.town.cast.district)["level"])

    def _ticket(self) -> Document:
        return self._read(self.town.cast.workers[self.grid.id])

    def _read(self, caller: Caller) -> Document:
        told = self._play.asker.get(caller, f"/api/v1/tickets/{self._ticket_id}")
        return self._answer(told, "read")

    def follow_up(self) -> None:
        """By telephone number and secret; it writes nothing."""
        body = {"number": self._number, "follow_up_secret": self._secret}
        self._answer(self._play.asker.post(None, "/api/v1/tickets/follow-up", body, uuid4().hex), "follow-up")

    # Volunteers

    def race(self) -> None:
        """All members of the community reach for the offer at once: never more than one wins."""
        members = self.members
        offer_id = self._offer_seen_by(members[0])
        with ThreadPoolExecutor(len(members)) as hands:
            claimings = list(hands.map(lambda member: self._claim_of(member, offer_id), members))
        won = [(who, one.claim_id) for who, one in zip(members, claimings, strict=True) if one.outcome == "done"]
        if len(won) > 1:
            self._play.journal.surprise(f"{len(won)} members were told that they won offer {offer_id}")
        if not won:
            raise Refused(0, "no-winner", "race")
        self.hands, claim_id = won[0]
        self._claim_id = str(claim_id)
        self._wait_for("assigned to the winner", lambda: self._ticket()["assignee_id"] == self.hands.person_id)

    def give_back(self) -> None:
        """Whatever breaks before the answer, or after it: in the end it is another's."""
        told = self._play.asker.post(self.hands, f"/api/v1/claims/{self._claim_id}/withdraw", {}, uuid4().hex)
        self._play.journal.note(Withdrawal(self._claim_id, self.hands.person_id, _outcome(told), told.tries))
        self._answer(told, "withdraw")
        self._others_may_have_it()

    def suspend(self) -> None:
        """Whatever breaks before the answer, or after it: in the end he has nothing in hand any more."""
        office = self.town.cast.communities[self.grid.community]
        path = f"/api/v1/members/{self._member_id}/suspend"
        told = self._play.asker.post(office, path, {"reason_code": "long_inactive"}, uuid4().hex)
        self._play.journal.note(Suspension(self._member_id, self.hands.person_id, _outcome(told), told.tries))
        self._answer(told, "suspend")
        self._nobody_has_it()

    def _ask(self, caller: Caller, path: str, body: Body) -> Document:
        return self._answer(self._play.asker.post(caller, path, body, uuid4().hex), path.rsplit("/", 1)[1])

    def _claim(self, member: Caller, offer_id: str) -> str | None:
        return self._claim_of(member, offer_id).claim_id

    def _claim_of(self, member: Caller, offer_id: str) -> Claiming:
        told = self._play.asker.post(member, f"/api/v1/offers/{offer_id}/claims", {}, uuid4().hex)
        claim_id = str(told.data["claim_id"]) if told.done else None
        claiming = Claiming(offer_id, member.person_id, _outcome(told), told.tries, claim_id)
        self._play.journal.note(claiming)
        if not told.done:
            self._play.journal.refused(told.slug)
        return claiming

    def _offer_seen_by(self, member: Caller) -> str:
        found: list[str] = []

        def seen() -> bool:
            told = self._play.asker.get(member, "/api/v1/offers", limit="100")
            items = told.data.get("items", ())
            found.extend(offer["offer_id"] for offer in items if offer["ticket_id"] == self._ticket_id)
            return bool(found)

        self._wait_for("offered to members", seen)
        return found[0]

    def _wait_for(self, what: str, check: Callable[[], bool]) -> None:
        """Other services may hear of it late: they are being broken meanwhile."""
        deadline = time.monotonic() + _SEEN_SECONDS
        pause = 0.2
        while not check():
            if time.monotonic() > deadline:
                raise Refused(0, "not-in-time", what)
            time.sleep(pause)
            pause = min(2 * pause, 2.0)

    def _now(self) -> datetime:
        return self.town.clock.now()


def _outcome(told: Told) -> Outcome:
    if told.done:
        return "done"
    return "unknown" if told.uncertain or told.status is None else "refused"


def rng_of(seed: int) -> random.Random:
    """A generator of the run's chances; no secret depends on it."""
    return random.Random(seed)
