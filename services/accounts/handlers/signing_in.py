"""Signing in: which outcome an attempt has, and what becomes of the login's failures."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.accounts.domain.account import Account
from services.accounts.domain.patience import Attempts


@dataclass(frozen=True, slots=True)
class Outcome:
    """`account` signed in; or None, with the failures so far and, when it came too soon, the time to wait."""

    account: Account | None
    attempts: Attempts
    wait: timedelta = timedelta()


def must_wait(attempts: Attempts, now: datetime) -> Outcome | None:
    """An attempt that came too soon is not even looked at, right or wrong."""
    wait = attempts.wait(now)
    return Outcome(None, attempts, wait) if wait else None


def judge(account: Account | None, password_is_right: bool, attempts: Attempts, now: datetime) -> Outcome:
    """An unknown login, a wrong password and a disabled account have one outcome, so that none can be told apart."""
    if account is not None and password_is_right and account.state == "active":
        return Outcome(account, Attempts())
    return Outcome(None, attempts.failed(now))
