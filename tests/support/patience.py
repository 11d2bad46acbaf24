"""Waits after wrong passwords that no slow machine outlasts: a test sees one without waiting for it."""

from services.chassis.context import Context


def whose(accounts: Context, login: str, address: str) -> str:
    """What the failures of a login at an address are kept under."""
    return f"{login}\0{accounts.sealer.lookup('address', address)}"


def make_wait(accounts: Context, what: str, of: str) -> None:
    """As if very many failures had come by the last one, so that the wait that began with it is the longest.

    `what` is attempts-here, attempts-elsewhere or attempts-address.
    """
    row = {"_id": accounts.sealer.lookup(what, of)}
    assert accounts.db["sign_in_attempts"].update_one(row, {"$inc": {"failures": 1_000}}).matched_count == 1
