"""A caller and what it may do: a role holds for an area and for everything beneath it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

AREA_PATH = re.compile(r"/(?:[a-z0-9-]{1,64}/){1,12}\Z")
"""A path of slugs with a slash at both ends, so that "beneath" is a prefix."""


class NotAllowed(Exception):
    """The caller may see it but not do this."""

    slug = "not-allowed"
    params: dict[str, Any] = {}


class OnlyPeople(Exception):
    """It is for people, and a program asked for it."""

    slug = "only-people"
    params: dict[str, Any] = {}


class NotFound(Exception):
    """There is no such thing, or it is not the caller's to see: the answer does not tell which."""

    slug = "not-found"
    params: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Grant:
    role: str
    area_path: str

    def covers(self, area_path: str) -> bool:
        """Whether the area is the grant's own or lies beneath it."""
        return area_path.startswith(self.area_path)


@dataclass(frozen=True, slots=True)
class Principal:
    """A person or a service that signed in. Default is deny: without a grant it may do nothing."""

    person_id: str
    grants: tuple[Grant, ...]
    revision: int | None = None
    """Of the account when it got its token; None: of an issuer that does not say it."""
    api_key: str | None = None
    """By which of its keys a program got its token."""
    kind: str | None = None
    """`person` or `service`; None: of an issuer that does not say it."""
    answerable: str | None = None
    """The person who answers for the key by which a program got its token."""

    @property
    def is_program(self) -> bool:
        return self.kind == "service" or self.api_key is not None

    def require_person(self) -> None:
        """Raise OnlyPeople for a program: what it would do is a person's, such as to be a volunteer or on site."""
        if self.is_program:
            raise OnlyPeople

    def has_role(self, *roles: str) -> bool:
        """Whether it has one of the roles anywhere."""
        return any(grant.role in roles for grant in self.grants)

    def may(self, area_path: str, *roles: str) -> bool:
        """Whether it has one of the roles for this area; without roles: any role at all."""
        return any(grant.covers(area_path) and (not roles or grant.role in roles) for grant in self.grants)

    def require(self, area_path: str, *roles: str) -> None:
        """Raise unless `may`: 404 where it has no role at all, so that nobody learns what exists in another
        district; 403 where it may look but not do this."""
        if self.may(area_path, *roles):
            return
        raise NotAllowed if self.may(area_path) else NotFound

    def areas(self, *roles: str) -> tuple[str, ...]:
        """The topmost area paths for which it has one of the roles (without roles: any); for lists."""
        return topmost(grant.area_path for grant in self.grants if not roles or grant.role in roles)


def topmost(paths: Iterable[str]) -> tuple[str, ...]:
    """The paths without those that lie beneath another of them."""
    kept: list[str] = []
    for path in sorted(set(paths)):
        if not kept or not path.startswith(kept[-1]):
            kept.append(path)
    return tuple(kept)
