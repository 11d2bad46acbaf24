"""What a route declares: address, who may call it, what it takes and answers. There is no default for who may."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal

from marshmallow import Schema

from services.chassis.http.paging import PageSize

if TYPE_CHECKING:
    from services.chassis.http.call import Call


class Access(Enum):
    """Who may call a route without a certain role."""

    ANYONE = "anyone"
    SIGNED_IN = "signed in"


ANYONE = Access.ANYONE
"""The one way to leave a route open. A token that is sent all the same must be a good one."""
SIGNED_IN = Access.SIGNED_IN
"""Any good token; the handler judges by the principal."""
Roles = Access | tuple[str, ...]
"""A tuple of roles: the caller must have one of them somewhere; where is judged by the handler."""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `times` calls per `per` by one `key` of a call, without one: by the client's address."""

    name: str
    times: int | Callable[[], int]
    """A function where a setting says how many."""
    per: timedelta
    key: "Callable[[Call], str | None] | None" = None
    amount: "Callable[[Call], int] | None" = None
    """What a call counts for, such as its bytes; without it calls are counted."""
    problem: str = "too-many-requests"
    """Slug of the refusal; its words are told `retry_after_seconds` and `most`."""

    @property
    def most(self) -> int:
        return self.times if isinstance(self.times, int) else self.times()


@dataclass(frozen=True, slots=True)
class AtOnce:
    """Room for so many requests at once in a process, for work that is heavy: it leaves most workers to other routes.

    Who finds no room waits at the door and is refused with 429 after `patience_seconds`; a file is read inside, since
    many of them would fill the memory, any other body before.
    """

    name: str
    most: int
    by_address: int
    """How many of them may be one client's."""
    patience_seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class Raw:
    """A body that is a file: at most so many bytes, of any declared type; who reads it judges its content.

    `take(self, call)` runs once before the transaction, outside of any: it may take its time and write where no
    transaction reaches (GridFS). What it returns is the command's `call.body`.
    """

    largest: int
    take: Callable[[Any, "Call"], Any]
    description: str


@dataclass(frozen=True, slots=True)
class Route:
    kind: Literal["command", "query"]
    method: str
    url: str
    roles: Roles
    body: type[Schema] | None = None
    params: type[Schema] | None = None
    answer: type[Schema] | None = None
    status: int = 200
    creates: bool = False
    before: Callable[..., None] | None = None
    limits: tuple[Limit, ...] = ()
    tags: tuple[str, ...] = ()
    summary: str = ""
    description: str = ""
    problems: tuple[str, ...] = ()
    """Slugs of the service's own problems that this route may answer; for the documentation."""
    grouped: bool = False
    """Whether calls that wait at the same time share a transaction."""
    afresh: bool = False
    """Whether each call is answered anew, whatever its key."""
    page_size: PageSize | None = None
    """Of a list whose pages are not of the usual size, or whose answer is no JSON."""
    media: str = "application/json"
    """Media type of the answer; any other than JSON is answered as text or bytes, as it is."""
    raw: "Raw | None" = None
    """The body is not JSON but a file."""
    at_once: AtOnce | None = None
    signs_out: bool = False
    """Whether it ends the tokens of its caller, with which he may still ask for its answer once more."""

    @property
    def keyed(self) -> bool:
        """Whether an Idempotency-Key that is sent makes a repetition harmless."""
        return self.kind == "command" and self.method == "POST" and not self.afresh

    @property
    def paged(self) -> bool:
        """A list in pages is what answers `items` and `next`; it takes `limit` and `cursor`."""
        if self.page_size is not None:
            return True
        if self.answer is None or self.kind != "query":
            return False
        return {"items", "next"} <= set(self.answer._declared_fields)

    @property
    def name(self) -> str:
        return f"{self.method} {self.url}"


def described(docstring: str | None) -> tuple[str, str]:
    """Summary and description of a route: the first line of its docstring, and the rest."""
    first, _, rest = (docstring or "").strip().partition("\n")
    return first.strip(), "\n".join(line.strip() for line in rest.strip().splitlines())


def checked(roles: Roles) -> Roles:
    """The declared roles. Raises TypeError for a declaration that would leave a route open or shut by mistake."""
    if isinstance(roles, Access):
        return roles
    if not isinstance(roles, tuple) or not roles or not all(isinstance(role, str) and role for role in roles):
        raise TypeError("roles must be ANYONE, SIGNED_IN or a tuple of role names")
    return roles
