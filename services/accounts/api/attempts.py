"""One attempt with a password, from its beginning to its outcome."""

from typing import TYPE_CHECKING

from services.accounts.metrics import SIGN_INS
from services.chassis.http import Problem, Reply
from services.chassis.unit import Unit

if TYPE_CHECKING:
    from services.accounts.storage_attempts import Attempts


class Attempt:
    """Counts what becomes of it, and says whether it came too soon. From one address several run one by one."""

    def __init__(self, attempts: "Attempts", unit: Unit, login: str, client: str) -> None:
        self._attempts, self._unit = attempts, unit
        self._whose = login, client
        self._standing = attempts.begin(login, client)

    def too_soon(self) -> Reply | None:
        """The refusal of an attempt that came too soon: it is not even looked at, right or wrong."""
        wait, because = self._standing.wait(self._unit.system_now)
        if not wait:
            return None
        self._counted(because)
        seconds = max(1, int(wait.total_seconds() + 0.999))
        headers = {"Retry-After": str(seconds)}
        return Reply(problem=Problem("wait-before-retry", headers=headers, retry_after_seconds=seconds))

    def failed(self, problem: str) -> Reply:
        """Refuse, and keep that it failed."""
        self._attempts.failed(*self._whose, self._standing)
        self._counted("failed")
        return Reply(problem=Problem(problem))

    def succeeded(self) -> None:
        self._attempts.succeeded(*self._whose)
        self._counted("succeeded")

    def _counted(self, outcome: str) -> None:
        self._unit.after_commit(SIGN_INS.labels(outcome).inc)
