"""An account: a person or a service that may sign in, with roles for areas."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from services.accounts.domain.roles import OFFICES, RESIDENT, ROLES

Kind = Literal["person", "service"]
State = Literal["active", "disabled"]
AREA_PATH = re.compile(r"/(?:[a-z0-9-]{1,64}/){1,12}\Z")
MOST_GRANTS = 40
MOST_GRANTED_CHARACTERS = 4500
"""Grants travel in every token, and a token must fit into a header line of 8 KiB."""
_FRAME = len('{"role":"","area_path":""},')
_REGISTRATION_DEPTH = 3
"""county, street, community: a resident (居民) belongs to a community or to a place beneath it."""


class Refused(Exception):
    """The rules of accounts do not allow it."""

    def __init__(self, slug: str, **params: Any) -> None:
        super().__init__(slug)
        self.slug = slug
        self.params = params


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """A role for an area and everything beneath it."""

    role: str
    area_path: str

    def covers(self, area_path: str) -> bool:
        return area_path.startswith(self.area_path)


@dataclass(frozen=True, slots=True)
class Account:
    account_id: str
    person_id: str
    kind: Kind
    state: State
    area_path: str
    """Where the account belongs: the administrators of this area see it."""
    grants: tuple[Grant, ...]
    revision: int
    """1, and one more with every event; also the events' sequence."""
    opened_at: datetime
    tokens_from: int = 0
    """The lowest revision whose tokens are good; 0: all are."""


def checked_grants(grants: Sequence[Grant], before: Sequence[Grant] = ()) -> tuple[Grant, ...]:
    """The grants, sorted and each once. Raises Refused for an unknown role, a malformed path, an
    office of a part of its area that was not given `before`, or too many."""
    distinct = tuple(sorted(set(grants)))
    characters = sum(len(grant.role) + len(grant.area_path) + _FRAME for grant in distinct)
    if len(distinct) > MOST_GRANTS or characters > MOST_GRANTED_CHARACTERS:
        raise Refused("too-many-grants", most=MOST_GRANTS)
    for grant in distinct:
        if grant.role not in ROLES:
            raise Refused("unknown-role", role=grant.role, known=ROLES)
        check_area_path(grant.area_path)
        too_deep = grant.role in OFFICES and grant.area_path.count("/") - 1 > OFFICES[grant.role]
        if too_deep and grant not in before:
            raise Refused("area-too-narrow", role=grant.role, area_path=grant.area_path)
    return distinct


def check_area_path(area_path: str) -> None:
    if not AREA_PATH.match(area_path):
        raise Refused("malformed-area-path")


def check_may_administer(administrator: Sequence[Grant], area_paths: Sequence[str]) -> None:
    """Roles are given only within the giver's own area. Raises Refused."""
    areas = [grant for grant in administrator if grant.role == "admin"]
    for area_path in area_paths:
        if not any(grant.covers(area_path) for grant in areas):
            raise Refused("outside-your-area", area_path=area_path)


def changed(account: Account, grants: Sequence[Grant] | None, state: State | None) -> Account:
    """The account with other grants or another state and its next revision; itself when nothing is different."""
    new_grants = account.grants if grants is None else checked_grants(grants, account.grants)
    new_state = state or account.state
    if (new_grants, new_state) == (account.grants, account.state):
        return account
    new = replace(account, grants=new_grants, state=new_state, revision=account.revision + 1)
    ends = (new_state == "disabled" and account.state == "active") or is_taken(account.grants, new_grants)
    return replace(new, tokens_from=new.revision) if ends else new


def signed_out(account: Account) -> Account:
    """The account at its next revision, where none of the tokens is good that it got before."""
    revision = account.revision + 1
    return replace(account, revision=revision, tokens_from=revision)


def is_taken(before: Sequence[Grant], after: Sequence[Grant]) -> bool:
    """Whether one of the roles is there no more, neither at its place nor at one in which that lies.

    Places are compared by name: a grant that only followed its place is the same.
    """
    held = {(grant.role, _names(grant.area_path)[-1]) for grant in after}
    return any(held.isdisjoint((grant.role, name) for name in _names(grant.area_path)) for grant in before)


def _names(area_path: str) -> list[str]:
    """Of a place and of those that it lies in."""
    return area_path.strip("/").split("/")


def touched_areas(account: Account, grants: Sequence[Grant] | None, state: State | None) -> tuple[str, ...]:
    """The areas that a change takes roles from or gives them to, and the account's own.

    Another state takes or gives all roles: the community in which a district's head lives does not disable the head.
    """
    new_grants = set(account.grants if grants is None else grants)
    if state is not None and state != account.state:
        difference = set(account.grants) | new_grants
    else:
        difference = set(account.grants) ^ new_grants
    return (account.area_path, *sorted({grant.area_path for grant in difference}))


def resident_grant(area_path: str) -> Grant:
    """What somebody who registers himself gets. Raises Refused for an area that is none or too wide."""
    check_area_path(area_path)
    if area_path.count("/") - 1 < _REGISTRATION_DEPTH:
        raise Refused("area-too-wide")
    return Grant(RESIDENT, area_path)
