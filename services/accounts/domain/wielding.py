"""What an API key may do now: what its account has, as far as who issued it could give that at this moment."""

from collections.abc import Sequence

from services.accounts.domain.account import Account, Grant, Refused, is_taken
from services.accounts.domain.roles import ADMIN, RESIDENT


def wielded(account: Account, issuer: Account | None) -> tuple[Grant, ...] | None:
    """The roles of a key at the time of its use; None while it is suspended.

    It is suspended while its account may not sign in, and while who answers for it administers the account no more:
    he left, was disabled, lost the role, or the account went to another area. Roles that the account got from
    somebody with a wider area are beyond the key until somebody who could give them adopts it.
    """
    if account.kind != "service" or account.state != "active" or issuer is None or issuer.state != "active":
        return None
    areas = [grant for grant in issuer.grants if grant.role == ADMIN]
    if issuer.kind != "person" or not _covered(account.area_path, areas):
        return None
    given = tuple(grant for grant in account.grants if _covered(grant.area_path, areas))
    return given if given or not account.grants else None


def wields_less(before: tuple[Grant, ...] | None, after: tuple[Grant, ...] | None) -> bool:
    """Whether a key has lost something that it had: all of it, or a role. Both as `wielded` says."""
    return before is not None and (after is None or is_taken(before, after))


def within(now: Sequence[Grant], token: Sequence[Grant]) -> tuple[Grant, ...]:
    """The roles that an account has now, as far as its token has them too: a key may have less than its account."""
    return tuple(grant for grant in now if _covered(grant.area_path, [one for one in token if one.role == grant.role]))


def check_has_keys(account: Account) -> None:
    """Raises Refused for a person: who signs in as a person does so with a password that nobody else knows."""
    if account.kind != "service":
        raise Refused("keys-are-for-services")


def answering(issuer: Account | None) -> Account:
    """A key is issued and adopted by a person, so that somebody answers for it. Raises Refused."""
    if issuer is None or issuer.kind != "person":
        raise Refused("only-people-issue-keys")
    return issuer


def check_ends_key(caller: Account | None, own_key: str | None, key_id: str) -> None:
    """A program ends no key but the one by which it came: nobody undoes that, and it issues none in its place.

    `caller` is None where its token is of another issuer. Raises Refused.
    """
    if caller is not None and caller.kind != "person" and key_id != own_key:
        raise Refused("only-people-end-keys")


def check_new_account(kind: str, password: str | None) -> None:
    """A service signs in by key alone: whoever chose its password would know it for ever. Raises Refused."""
    if kind == "service" and password is not None:
        raise Refused("services-sign-in-by-key")


def check_giver(
    giver: Account | None, account: Account, before: Account | None = None, *, password: bool = False
) -> None:
    """A program gives nobody a role but resident, by enabling neither, and sets no password.

    What it gave would outlive its key and the person who answers for it. `giver` is None where its token is of another
    issuer; `before` is the account as it was. Raises Refused.
    """
    if giver is None or giver.kind == "person":
        return
    enables = before is not None and before.state != "active" and account.state == "active"
    held = before.grants if before is not None and not enables else ()
    given = [grant for grant in account.grants if not within([grant], held)]
    if password or any(grant.role != RESIDENT for grant in given):
        raise Refused("only-people-give-roles")


def _covered(area_path: str, grants: Sequence[Grant]) -> bool:
    return any(grant.covers(area_path) for grant in grants)
