"""Duty posts (四定四包, report 000): what a post is for, who holds it, and who answers when holders are away."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.tickets.domain.policy import LEVELS
from services.tickets.domain.refused import Refused
from services.tickets.domain.ticket import GRID
from services.tickets.domain.transitions import STAFF

DUTIES: Mapping[str, tuple[str, str]] = {
    "contact": ("定点包联", "a cadre keeps contact"),
    "serve": ("定岗服务", "grid head or grid worker serve"),
    "maintain": ("定时维护", "property keeper and building head maintain"),
    "activities": ("定期活动", "members of 双报到 and volunteers run activities"),
}
"""The four duties of a station or grid (000): zh-CN, en."""
ASKED_OF = ("station", "grid")
"""Levels of places that should have all four."""
MOST_HOLDERS = 20
MOST_AT_PLACE = 50
"""Posts of one place (ours): who answers there is looked for among all of them."""
ABSENT, DISABLED, NOT_STAFF, BENEATH_LEVEL = "absent", "disabled", "not_staff", "beneath_level"
"""Why a holder cannot answer: away, the account is disabled, no (longer) a role there, none of the post's level or one
above."""
RATED = "rated"
"""Why somebody does not answer for a callback: it looks into his work."""


@dataclass(frozen=True, slots=True)
class Post:
    """A post at a place; its id is `place.code`. The first holder is the main one, the others are deputies."""

    place_id: str
    code: str
    duty: str
    name: str
    area_path: str
    holders: tuple[str, ...] = ()
    """person_ids, in order."""
    level: str | None = None
    """The level of the ladder that it answers for at its place, if any."""
    period: str | None = None
    """When it is served, in words: 每周一至周五上午."""

    @property
    def id(self) -> str:
        return f"{self.place_id}.{self.code}"


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may answer at a level; `fault` says why not, whatever the time."""

    person_id: str
    fault: str | None = None
    post: str | None = None
    """The id of the post by which he answers; None: by a role."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Who was passed over, and why; `until` is known of who is absent."""

    person_id: str
    why: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """Who answers, and by which post, if by one; None: nobody is there."""

    person_id: str | None
    skipped: tuple[Skipped, ...] = field(default=())
    post: str | None = None

    def record(self, level: str) -> dict[str, Any]:
        """What the history keeps beside the owner: `duty`, if by a post, somebody was skipped or nobody is there.

        Plain, since it is never reckoned again: who is away now says nothing of who was away then, and a post may be
        there for a moment only.
        """
        if self.person_id is not None and not self.skipped and self.post is None:
            return {}
        skipped = [
            {"person_id": one.person_id, "why": one.why, "until": one.until.isoformat() if one.until else None}
            for one in self.skipped
        ]
        duty = {"level": level, "vacant": self.person_id is None, "skipped": skipped}
        return {"duty": duty | ({"post": self.post} if self.post is not None else {})}


def name_owner(
    candidates: Iterable[Candidate], away_until: Callable[[str], datetime | None], rated: Collection[str] = ()
) -> Named:
    """The first who is there and not `rated`. `away_until`: until when a person is absent; None: not absent."""
    skipped: list[Skipped] = []
    for one in candidates:
        if one.fault is not None:
            skipped.append(Skipped(one.person_id, one.fault))
        elif one.person_id in rated:
            skipped.append(Skipped(one.person_id, RATED))
        elif (until := away_until(one.person_id)) is not None:
            skipped.append(Skipped(one.person_id, ABSENT, until))
        else:
            return Named(one.person_id, tuple(skipped), one.post)
    return Named(None, tuple(skipped))


def lacking(level: str, posts: Sequence[Post]) -> list[str]:
    """Duties that no post of a station or grid has; other places need none."""
    return [duty for duty in DUTIES if duty not in {post.duty for post in posts}] if level in ASKED_OF else []


def roles_from(level: str) -> frozenset[str]:
    """Who can act on what stands at a level of the ladder: roles of it or above, at the grid all staff."""
    return STAFF if level == GRID else frozenset(LEVELS[LEVELS.index(level) :])


def check_level(level: str | None, place_level: str) -> None:
    """A post answers for the level of its own place: a county's for the district. Raises Refused."""
    own = {"county": "district"}.get(place_level, place_level)
    if level is not None and (level != own or level not in LEVELS):
        raise Refused("post-level-of-other-place", level=level, place_level=place_level)


def check_holders(holders: Sequence[str]) -> None:
    """Raises Refused("holder-twice")."""
    if len(set(holders)) != len(holders):
        raise Refused("holder-twice")
