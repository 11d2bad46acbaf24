"""Who still serves where, and what those have who do not; the worker looks after it."""

from collections.abc import Sequence
from datetime import timedelta

from pymongo import DESCENDING
from pymongo.client_session import ClientSession
from pymongo.database import Database

from services.chassis import standing
from services.chassis.auth import Grant
from services.chassis.unit import Unit
from services.tickets.domain.handing_back import DISABLED, NO_ROLE
from services.tickets.domain.ticket import OPEN_STATES, Ticket
from services.tickets.domain.transitions import STAFF
from services.tickets.storage.directory import Directory
from services.tickets.storage.documents import ENTITY, Document, owner_list, person_list, ticket_entity

GONE = "gone"
LOOKS = (timedelta(), timedelta(minutes=20))
"""When what somebody has is looked at: at once, and some minutes later, for what was under way at that moment."""


class ServingRows:
    """The queries for who serves where, of one unit of work."""

    _db: Database[Document]
    _session: ClientSession | None
    _unit: Unit
    _directory: Directory

    def remember_gone(self, person_id: str) -> None:
        """Have the worker look at what somebody has whose account changed."""
        for number, after in enumerate(LOOKS):
            key, due_at = f"{GONE}:{person_id}:{number}", self._unit.system_now + after
            self._unit.timers.set(key, GONE, due_at, {"gone": person_id}, basis="system", lane="effects")

    def is_disabled(self, person_id: str) -> bool:
        """Whether somebody has no account any more that may sign in; not for who is unknown here."""

        return standing.is_disabled(self.standings(person_id))

    def standings(self, person_id: str) -> Sequence[standing.Standing]:
        """What is known of the accounts of somebody; nothing of who is unknown here."""

        def read() -> list[Document]:
            rows = self._db["staff"].find({"person_id": person_id}, standing.FIELDS, session=self._session)
            return list(rows)

        return self._directory.recall(("standings", person_id), read)

    def has_lost_roles(self, person_id: str, revision: int, grants: Sequence[Grant]) -> bool:
        """Whether an account that is known here in a later revision has one of these roles no more.

        Places are compared by name, as in `gone`: a grant that only followed its place is the same.
        """

        def read() -> list[Document]:
            wanted = {"sequence": 1, "grants": 1}
            return list(self._db["staff"].find({"person_id": person_id}, wanted, session=self._session))

        rows = self._directory.recall(("roles", person_id), read)
        if not rows or any(row["sequence"] <= revision for row in rows):
            return False
        held = {(grant["role"], _name(grant["area_path"])) for row in rows for grant in row["grants"]}
        return any(held.isdisjoint((grant.role, name) for name in _names(grant.area_path)) for grant in grants)

    def gone(self, person_id: str, paths: Sequence[str], kind: str) -> str | None:
        """Why somebody can have nothing there in hand, as `staff` or as `member`; None: he can, or nobody knows him.

        Places are compared by name, not by path: a grant follows a place that moves a little later than its tickets do.
        """
        rows = list(self._db["staff"].find({"person_id": person_id}, session=self._session))
        active = [row for row in rows if row["state"] == "active"]
        if not rows or (active and kind == "member"):
            return None
        names = {name for path in paths for name in _names(path)}
        roles = (grant for row in active for grant in row["grants"] if grant["role"] in STAFF)
        if any(_name(grant["area_path"]) in names for grant in roles):
            return None
        return NO_ROLE if active else DISABLED

    def had_by(self, person_id: str, before: str | None, most: int) -> list[Ticket]:
        """The open tickets that somebody has in hand or answers for, the newest first, filed before that one."""
        asked: list[Document] = [
            {"lists": person_list(person_id), "assignee_id": person_id},
            {"lists": owner_list(person_id), "owner_id": person_id},
        ]
        open_before: Document = {"state": {"$in": sorted(OPEN_STATES)}, **({"_id": {"$lt": before}} if before else {})}
        found = {
            row["_id"]: row
            for query in asked
            for row in self._db["tickets"].find(query | open_before, ENTITY, session=self._session)
            .sort("_id", DESCENDING).limit(most).hint("by_age")
        }  # fmt: skip
        return [ticket_entity(found[identity]) for identity in sorted(found, reverse=True)[:most]]


def _names(path: str) -> list[str]:
    """Of a place and of those that it lies in."""
    return path.strip("/").split("/")


def _name(path: str) -> str:
    return _names(path)[-1]
