"""A call as a handler sees it, and its answer."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from services.chassis.auth.principal import Principal
from services.chassis.http.paging import Page
from services.chassis.http.problems import AUTHENTICATION_REQUIRED, IF_MATCH_REQUIRED, STALE, Locale, Problem

T = TypeVar("T")
_ETAG = re.compile(r'(W/)?"([\x21\x23-\x7e]*)"')
BEARER = 'Bearer realm="doorstep"'


@dataclass(slots=True)
class Call:
    """One request, checked: `body` and `params` are what the route's schemas loaded."""

    caller: Principal | None
    """None on an open route when no token was sent."""
    locale: Locale
    body: Any
    params: Any
    client: str
    """A keyed digest of the client's address: good for telling callers apart, not for finding them."""
    if_match_header: str | None = None
    listed: Page | None = field(default=None, repr=False)
    spend: Callable[[int], None] = field(default=lambda amount: None, repr=False)
    """Count so much more against those limits of the route that measure amounts. Raises Problem 429."""
    _worked_out: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def principal(self) -> Principal:
        """Who is calling. Raises Problem 401 on an open route that was called without a token."""
        if self.caller is None:
            raise Problem(AUTHENTICATION_REQUIRED, headers={"WWW-Authenticate": BEARER})
        return self.caller

    @property
    def page(self) -> Page:
        """Which part of a list was asked for; for routes whose answer has `items` and `next`."""
        if self.listed is None:
            raise RuntimeError("only a query that answers a page has one")
        return self.listed

    def once(self, name: str, work: Callable[[], T]) -> T:
        """What is dear to work out and rests on the call alone, such as a hash: a repetition of the unit has it."""
        if name not in self._worked_out:
            self._worked_out[name] = work()
        found: T = self._worked_out[name]
        return found

    def if_match(self, etag: str | int, required: bool = True, **told: Any) -> None:
        """Refuse an edit of something that the caller has not seen in its present version.

        Raises Problem 412 `stale`, with the present ETag and what else is to be `told`; 428 when the header is missing
        and required.
        """
        if self.if_match_header is None:
            if required:
                raise Problem(IF_MATCH_REQUIRED)
            return
        if self.if_match_header.strip() == "*":
            return
        # Only strong tags count: a weak one says nothing about the bytes (RFC 9110, 13.1.1).
        strong = {match.group(2) for match in _ETAG.finditer(self.if_match_header) if not match.group(1)}
        if str(etag) not in strong:
            raise Problem(STALE, {"ETag": f'"{etag}"'}, **told)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a handler answers. Without `status` it is the route's own; without data 204."""

    data: Any = None
    status: int | None = None
    etag: str | int | None = None
    location: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    problem: Problem | None = None
    """Refuse, but keep what the command wrote (raising would undo it): a wrong password is counted. Not remembered
    under an idempotency key."""


def matches(etag: str, if_none_match: str | None) -> bool:
    """Whether the caller already has this version (weak comparison, RFC 9110, 13.1.2)."""
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or etag in {match.group(2) for match in _ETAG.finditer(if_none_match)}
