"""Duty posts (四定四包) and their vacancies."""

from dataclasses import replace
from typing import Any

from services.chassis.auth.principal import NotFound, topmost
from services.chassis.http import Call, Reply, command, query
from services.chassis.unit import Unit
from services.tickets.api.access import ON_DUTY
from services.tickets.api.acts import Keeping
from services.tickets.domain.acts import post_act
from services.tickets.domain.places import AREA_LEVELS, Place
from services.tickets.domain.posts import DUTIES, Post, Skipped
from services.tickets.domain.refused import Refused
from services.tickets.handlers.posts import Vacancy, change_holders, define, vacancies
from services.tickets.schemas import posts as shapes

TAGS = ("posts",)
DIRECTORS = ("community", "street", "district", "admin")
"""Who fills posts."""
READERS = (*ON_DUTY, "admin")
_HOLDERS = ("holder-twice", "no-such-holder", "holder-beneath-level")
_PLACES = (*AREA_LEVELS, "station")


class DutyPosts(Keeping):
    """Duty posts."""

    @query("GET", "/api/v1/posts", roles=READERS, params=shapes.PostFilter, answer=shapes.PostPage, tags=TAGS)
    def list_posts(self, unit: Unit, call: Call) -> Reply:
        """Posts of one's areas, by identity."""
        mine, under = call.principal.areas(*READERS), call.params.get("under")
        if under is not None:
            narrowed = (path if path.startswith(under) else under for path in mine if _meet(path, under))
            mine = topmost(narrowed)
        after = call.page.after[0] if call.page.after else None
        found = self.store(unit).find_posts(mine, after, call.page.fetch, call.params.get("duty")) if mine else []
        page = call.page.answer(found, lambda post: (post.id,))
        page["items"] = [_shown(post) for post in page["items"]]
        return Reply(page)

    @query("GET", "/api/v1/posts/vacancies", roles=READERS, params=shapes.VacancyParams, answer=shapes.VacancyPage,
           tags=TAGS)  # fmt: skip
    def list_vacancies(self, unit: Unit, call: Call) -> Reply:
        """Stations and grids that lack one of the four duties, and posts that nobody serves now.

        A page looks at as many places as `limit` says and holds those where something is missing: it may be empty
        though more follow; the list has ended when `next` is null.
        """
        area, store = call.params["area"], self.store(unit)
        call.principal.require(area, *READERS)
        after = call.page.after[0] if call.page.after else None
        found = store.find_places(_PLACES, area, after, call.page.fetch)
        page = call.page.answer(found, lambda place: (place.id,))
        page["items"] = [_vacancy(one) for one in vacancies(store, page["items"])]
        return Reply(page)

    @query("GET", "/api/v1/posts/<post_id>", roles=READERS, answer=shapes.PostOut, tags=TAGS)
    def get_post(self, unit: Unit, call: Call, post_id: str) -> Reply:
        """One post; its `ETag` is asked for by who changes it."""
        post, revision, _ = _found(self.store(unit), call, post_id, READERS)
        return Reply(_shown(post), etag=revision)

    @command("POST", "/api/v1/posts", roles=DIRECTORS, body=shapes.DefinePost, answer=shapes.PostOut, creates=True,
             tags=TAGS, problems=("no-such-place", "post-taken", "too-many-posts", "post-level-of-other-place",
                                  *_HOLDERS))  # fmt: skip
    def define_post(self, unit: Unit, call: Call) -> Reply:
        """Define a post at a place. Its id is the place's and the code, joined by a point."""
        store, said = self.store(unit), call.body
        place = store.place(said["place"])
        if place is None:
            raise Refused("no-such-place", field="place", id=said["place"])
        call.principal.require(place.area_path, *DIRECTORS)
        post = Post(
            place.id, said["code"], said["duty"], said["name"], place.area_path, tuple(said["holders"]),
            said.get("level"), said.get("period"),
        )  # fmt: skip
        revision = define(store, post, place)
        self.record_act(unit, call, post_act("post-defined", post))
        return Reply(_shown(post), etag=revision, location=f"/api/v1/posts/{post.id}")

    @command("PUT", "/api/v1/posts/<post_id>/holders", roles=DIRECTORS, body=shapes.ChangeHolders,
             answer=shapes.PostOut, tags=TAGS, problems=_HOLDERS)  # fmt: skip
    def hold_post(self, unit: Unit, call: Call, post_id: str) -> Reply:
        """Say who holds a post, in order: the main holder, then the deputies. Needs `If-Match`."""
        store = self.store(unit)
        post, revision, place = _found(store, call, post_id, DIRECTORS)
        call.if_match(revision)
        after, revision = change_holders(store, post, revision, place, call.body["holders"])
        self.record_act(unit, call, post_act("post-held", after, post))
        return Reply(_shown(after), etag=revision)

    @command("DELETE", "/api/v1/posts/<post_id>", roles=DIRECTORS, tags=TAGS)
    def remove_post(self, unit: Unit, call: Call, post_id: str) -> Reply:
        """Remove a post. Needs `If-Match`. Tickets keep the owner that they have."""
        store = self.store(unit)
        post, revision, _ = _found(store, call, post_id, DIRECTORS)
        call.if_match(revision)
        store.remove_post(post.id)
        self.record_act(unit, call, post_act("post-removed", replace(post, holders=()), post))
        return Reply()


def _found(store: Any, call: Call, post_id: str, roles: tuple[str, ...]) -> tuple[Post, int, Place]:
    """Raises NotFound, also for who has nothing to do with its area."""
    kept = store.post(post_id)
    place = store.place(kept[0].place_id) if kept else None
    if place is None:
        raise NotFound
    call.principal.require(place.area_path, *roles)
    return (*kept, place)


def _meet(path: str, other: str) -> bool:
    return path.startswith(other) or other.startswith(path)


def _shown(post: Post) -> dict[str, Any]:
    return {
        "id": post.id, "place": post.place_id, "code": post.code, "duty": post.duty,
        "duty_name": DUTIES[post.duty][0], "name": post.name, "area_path": post.area_path, "level": post.level,
        "period": post.period, "holders": list(post.holders),
    }  # fmt: skip


def _vacancy(one: Vacancy) -> dict[str, Any]:
    place = one.place
    return {
        "place": place.id, "level": place.level, "name": place.name, "area_path": place.area_path,
        "lacks": list(one.lacks),
        "vacant": [
            {"id": post.id, "name": post.name, "duty": post.duty, "unfit": [_skipped(who) for who in unfit]}
            for post, unfit in one.vacant
        ],
    }  # fmt: skip


def _skipped(one: Skipped) -> dict[str, Any]:
    return {"person_id": one.person_id, "why": one.why, "until": one.until.isoformat() if one.until else None}
