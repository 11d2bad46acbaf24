"""Attempts to sign in, in MongoDB: by keyed digests of login and address, which end by themselves."""

from typing import Any

from services.accounts.domain.patience import FORGOTTEN_AFTER, KNOWN_FOR, Failures, Standing
from services.chassis.seal import Sealer
from services.chassis.unit import Unit

Document = dict[str, Any]


class Attempts:
    """Reads and counts the failures of logins and addresses, within one unit of work."""

    def __init__(self, unit: Unit, sealer: Sealer) -> None:
        self._unit, self._session, self._sealer = unit, unit.session, sealer
        self._rows = unit.db["sign_in_attempts"]
        self._places = unit.db["sign_in_places"]

    def begin(self, login: str, client: str) -> Standing:
        """What is known of an attempt with a login, of an account or not, from an address (its digest).

        Locks the two until the unit ends: of several attempts at once each sees the failure of the one before.
        """
        here, elsewhere, address, known = self._ids(login, client)
        self._rows.update_one(
            {"_id": here},
            {"$set": {"at": self._unit.system_now, "login": self._login(login), "place": known}},
            upsert=True,
            session=self._session,
        )
        wanted = {"_id": {"$in": [here, elsewhere, address]}}
        rows = {row["_id"]: _failures(row) for row in self._rows.find(wanted, session=self._session)}
        place = self._places.find_one({"_id": known}, session=self._session)
        return Standing(
            place is not None and abs(self._unit.system_now - place["at"]) < KNOWN_FOR,
            *(rows.get(each, Failures()) for each in (here, elsewhere, address)),
        )

    def failed(self, login: str, client: str, standing: Standing) -> None:
        """Count a wrong password against login and address; where the login signed in lately, there alone.

        The counts that many share are added to once this unit is committed, each in one atomic step: attempts of
        several people at one address do not hold each other up, and of failures at once each counts.
        """
        now = self._unit.system_now
        here, elsewhere, address, _ = self._ids(login, client)
        failures = standing.here.plus(1, now)
        values = {"failures": failures.count, "since": failures.since, "last": failures.last}
        self._rows.update_one({"_id": here}, {"$set": values}, session=self._session)
        if standing.known:
            return
        added = standing.added_elsewhere(now)

        def shared() -> None:
            self._add(address, 1, {})
            self._add(elsewhere, added, {"login": self._login(login)})

        self._unit.after_commit(shared)

    def succeeded(self, login: str, client: str) -> None:
        """Forget the failures of this login at this address, and remember that it signed in from there."""
        here, _, _, known = self._ids(login, client)
        self._rows.delete_one({"_id": here}, session=self._session)
        self._places.update_one(
            {"_id": known},
            {"$set": {"at": self._unit.system_now, "login": self._login(login)}},
            upsert=True,
            session=self._session,
        )

    def forget(self, login: str) -> None:
        """The failures that make a login's owner wait: those where it signed in lately, and those of all others.

        Where it never signed in somebody guesses, or its owner mistyped: these stay, so that nobody who guesses begins
        anew. So does where it signed in: that gives patience, not access.
        """
        of_login = {"login": self._login(login)}
        places = [row["_id"] for row in self._places.find(of_login, {"_id": 1}, session=self._session)]
        elsewhere = {"_id": self._sealer.lookup("attempts-elsewhere", login)}
        rows = {"$or": [elsewhere, {**of_login, "place": {"$in": places}}]}
        self._rows.delete_many(rows, session=self._session)

    def _add(self, counter: str, amount: int, more: Document) -> None:
        """One atomic step, outside of any transaction; the same as `Failures.plus`."""
        now = self._unit.system_now
        age = {"$abs": {"$subtract": [now, {"$ifNull": ["$since", now - FORGOTTEN_AFTER]}]}}
        over = {"$gte": [age, int(FORGOTTEN_AFTER.total_seconds() * 1000)]}
        total = {"$add": [{"$ifNull": ["$failures", 0]}, amount]}
        values = {
            "failures": {"$cond": [over, amount, total]},
            "since": {"$cond": [over, now, "$since"]},
            "last": now,
            "at": now,
        }
        self._rows.update_one({"_id": counter}, [{"$set": {**values, **more}}], upsert=True)

    def _login(self, login: str) -> str:
        return self._sealer.lookup("attempts", login)

    def _ids(self, login: str, client: str) -> tuple[str, str, str, str]:
        lookup = self._sealer.lookup
        return (
            lookup("attempts-here", f"{login}\0{client}"),
            lookup("attempts-elsewhere", login),
            lookup("attempts-address", client),
            lookup("signed-in-from", f"{login}\0{client}"),
        )


def _failures(row: Document) -> Failures:
    return Failures(row.get("failures", 0), row.get("since"), row.get("last"))
