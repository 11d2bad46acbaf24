"""The audit trail of an account."""

from typing import Any

from services.accounts.api.base import Base
from services.accounts.domain.roles import ADMIN
from services.accounts.schemas import ActFilter, ActPage, AuditPage
from services.chassis.auth import NotAllowed, NotFound
from services.chassis.http import SIGNED_IN, Call, Reply, query
from services.chassis.unit import Unit


class Audit(Base):
    @query("GET", "/api/v1/accounts/<account_id>/audit", roles=SIGNED_IN, answer=AuditPage, tags=("accounts",))
    def list_audit(self, unit: Unit, call: Call, account_id: str) -> Reply:
        """What was done to an account and with it, newest first: for its owner, and for administrators of its area.

        Acts stand alone and are kept. What is frequent (sign-ins, failures, exchanges of keys, registering again, an
        administrator who finds the login taken) has a row for each hour and address, with how many times, and is kept
        200 days. `from` tells addresses apart and does not say which they are.
        """
        mine = self.kept(unit).find_by_person(call.principal.person_id)
        if mine is not None and mine.account.account_id == account_id:
            self.own(unit, call.principal)
        else:
            self._administered(unit, call, account_id)
        rows = self.trail(unit, self.chassis.sealer).page(
            account_id, call.page.after[0] if call.page.after else None, call.page.fetch
        )
        page = call.page.answer(rows, lambda row: (row["_id"],))
        page["items"] = [_shown(row) for row in page["items"]]
        return Reply(page)

    @query("GET", "/api/v1/accounts/acts", roles=("admin",), params=ActFilter, answer=ActPage, tags=("accounts",))
    def list_acts(self, unit: Unit, call: Call) -> Reply:
        """What a person or a program did to accounts of the administrator's areas, newest first.

        With it one finds what somebody left behind whose account was misused. It shows nothing that the trails of
        these accounts do not show; what is counted by the hour, such as sign-ins, stands there alone.
        """
        areas = self.administrator(unit, call.principal).areas(ADMIN)
        after = call.page.after[0] if call.page.after else None
        trail = self.trail(unit, self.chassis.sealer)
        page = call.page.answer(
            trail.acts(call.params["actor"], areas, after, call.page.fetch), lambda row: (row["_id"],)
        )
        page["items"] = [
            {name: row[name] for name in ("at", "action", "account_id", "detail")} for row in page["items"]
        ]
        return Reply(page)

    def _administered(self, unit: Unit, call: Call, account_id: str) -> None:
        """Raises NotFound, also for who administers nothing: he does not learn which accounts there are."""
        try:
            self.administered(unit, call.principal, account_id)
        except NotAllowed:
            raise NotFound from None


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    counted = {"last": row.get("last"), "times": row.get("times", 1), "from": row.get("from")}
    return {**{name: row[name] for name in ("at", "actor", "action", "detail")}, **counted}
