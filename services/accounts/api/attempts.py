"""One attempt with a password, from its beginning to its outcome."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.accounts.domain.account import Account
from services.accounts.domain.patience import by_address
from services.accounts.metrics import SIGN_INS
from services.accounts.settings import address_failures
from services.chassis.http import Call, Problem, Reply
from services.chassis.unit import Unit

if TYPE_CHECKING:
    from services.accounts.api.base import Base


@dataclass(frozen=True, slots=True)
class Words:
    """How the audit trail calls the outcomes of an attempt."""

    failed: str
    refused: str
    succeeded: str | None = None
    """None where what follows has a line of its own."""


SIGNING_IN = Words("sign-in-failed", "sign-in-refused", "signed-in")
CHANGING_PASSWORD = Words("password-change-failed", "password-change-refused")


class Attempt:
    """Counts what becomes of it, and says whether it came too soon. From one address several run one by one.

    What it writes for a login that has no account takes as long as for one that has.
    """

    def __init__(self, base: "Base", unit: Unit, call: Call, login: str, account: Account | None, words: Words) -> None:
        self._unit, self._client, self._login = unit, call.client, login
        self._account, self._words = account, words
        self._trail = base.trail(unit, base.chassis.sealer)
        self._attempts = base.attempts(unit, base.chassis.sealer)
        self._standing = self._attempts.begin(login, call.client)

    def too_soon(self) -> Reply | None:
        """The refusal of an attempt that came too soon: it is not even looked at, right or wrong."""
        wait, because = self._standing.wait(self._unit.system_now, by_address(address_failures()))
        if not wait:
            return None
        self._counted(because, self._words.refused)
        seconds = max(1, int(wait.total_seconds() + 0.999))
        headers = {"Retry-After": str(seconds)}
        return Reply(problem=Problem("wait-before-retry", headers=headers, retry_after_seconds=seconds))

    def failed(self, problem: str) -> Reply:
        """Refuse, and keep that it failed."""
        self._attempts.failed(self._login, self._client, self._standing)
        self._counted("failed", self._words.failed)
        return Reply(problem=Problem(problem))

    def succeeded(self) -> None:
        self._attempts.succeeded(self._login, self._client)
        self._counted("succeeded", self._words.succeeded, by_owner=True)

    def _counted(self, outcome: str, action: str | None, *, by_owner: bool = False) -> None:
        self._unit.after_commit(SIGN_INS.labels(outcome).inc)
        if action is None:
            return
        account = self._account
        if account is None:
            self._trail.count_for_nobody(action, self._client, self._login)
        else:
            actor = account.person_id if by_owner else None
            self._trail.count(action, self._client, account.account_id, actor)
