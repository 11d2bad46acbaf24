"""Signing in: which outcome an attempt has."""

from services.accounts.domain.account import Account


def judge(account: Account | None, password_is_right: bool) -> Account | None:
    """Who signed in. An unknown login, a wrong password and a disabled account have one outcome, so that none can be
    told apart."""
    if account is not None and password_is_right and account.state == "active":
        return account
    return None
