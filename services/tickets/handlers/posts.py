"""Duty posts: defined, held, checked for vacancies."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from services.tickets.domain.places import Place
from services.tickets.domain.posts import (
    BENEATH_LEVEL,
    MOST_AT_PLACE,
    NOT_STAFF,
    Post,
    Skipped,
    check_holders,
    check_level,
    lacking,
)
from services.tickets.domain.refused import Refused


class Posts(Protocol):
    """Posts, and where places lie."""

    def place(self, place_id: str) -> Place | None: ...
    def post(self, post_id: str) -> tuple[Post, int] | None: ...
    def put_post(self, post: Post, revision: int) -> None: ...
    def posts_at(self, place_ids: Sequence[str]) -> list[Post]: ...
    def unfit(self, post: Post, paths: Sequence[str]) -> list[Skipped]: ...


@dataclass(frozen=True, slots=True)
class Vacancy:
    """What is missing at a place: duties without a post, and posts without anybody who can serve now."""

    place: Place
    lacks: Sequence[str]
    vacant: Sequence[tuple[Post, Sequence[Skipped]]]


def define(store: Posts, post: Post, place: Place) -> int:
    """Its revision. Raises Refused: post-taken, too-many-posts, post-level-of-other-place, holder-twice,
    no-such-holder, holder-beneath-level."""
    if store.post(post.id) is not None:
        raise Refused("post-taken", id=post.id)
    if len(store.posts_at([place.id])) >= MOST_AT_PLACE:
        raise Refused("too-many-posts", most=MOST_AT_PLACE)
    check_level(post.level, place.level)
    check_fit(store, post, place)
    store.put_post(post, 1)
    return 1


def change_holders(store: Posts, post: Post, revision: int, place: Place, holders: Sequence[str]) -> tuple[Post, int]:
    """Raises Refused: holder-twice, no-such-holder, holder-beneath-level."""
    after = replace(post, holders=tuple(holders))
    check_fit(store, after, place)
    store.put_post(after, revision + 1)
    return after, revision + 1


def vacancies(store: Posts, places: Sequence[Place]) -> list[Vacancy]:
    """Of these places those where something is missing."""
    posts = store.posts_at([place.id for place in places])
    found = []
    for place in places:
        own = [post for post in posts if post.place_id == place.id]
        judged = [(post, store.unfit(post, paths_of(store, place))) for post in own]
        vacant = [(post, unfit) for post, unfit in judged if len(unfit) == len(post.holders)]
        lacks = lacking(place.level, own)
        if lacks or vacant:
            found.append(Vacancy(place, lacks, vacant))
    return found


def paths_of(store: Posts, place: Place) -> list[str]:
    """Over one of which a holder must have a role: the place, and the grids to which a station or compound belongs."""
    grids = [store.place(id) for id in (*place.grids, *([place.grid] if place.grid else []))]
    return [place.area_path, *(grid.area_path for grid in grids if grid is not None)]


def check_fit(store: Posts, post: Post, place: Place) -> None:
    """Who is disabled or away may hold a post; who has no role there, or for one of the ladder none of its level or one
    above, may not."""
    check_holders(post.holders)
    for one in store.unfit(post, paths_of(store, place)):
        about = {"person_id": one.person_id, "field": f"holders[{post.holders.index(one.person_id)}]"}
        if one.why == NOT_STAFF:
            raise Refused("no-such-holder", **about)
        if one.why == BENEATH_LEVEL:
            raise Refused("holder-beneath-level", level=post.level, **about)
