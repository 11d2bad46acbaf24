"""Duty posts in a YAML file: `posts:`, a list of what `POST /api/v1/posts` takes. What it lacks stays."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from marshmallow import ValidationError

from services.chassis.acts import Acts
from services.chassis.http.language import Localized
from services.chassis.http.problems import Catalog, document
from services.chassis.unit import Unit, Units
from services.tickets.domain.acts import OPERATOR, post_act
from services.tickets.domain.places import Where
from services.tickets.domain.posts import Post, check_level
from services.tickets.domain.refused import Refused
from services.tickets.files.errors import FileError, PlacesFileRefused
from services.tickets.files.operators import FileRefused
from services.tickets.files.places import read_yaml
from services.tickets.files.places_export import as_yaml
from services.tickets.handlers.posts import check_fit
from services.tickets.problems import PROBLEMS
from services.tickets.schemas.posts import DefinePost
from services.tickets.storage import Tickets

BATCH = 500
_SCHEMA = DefinePost()
_WORDS = Catalog(PROBLEMS)
Lines = Mapping[Where, int]


@dataclass(frozen=True, slots=True)
class PostChange:
    """A post as it is to become, and what it was; None: it is new."""

    before: Post | None
    after: Post


def load_posts_file(units: Units, raw: bytes, *, dry_run: bool = False) -> tuple[list[PostChange], int]:
    """What is new or changed, and how many stay as they are; all is checked before anything is written.

    Batches are written, each in a transaction; loading again goes on with what is missing.
    Raises FileRefused, Refused("posts-changed-meanwhile").
    """
    store = Tickets(units.read())
    posts = _read(store, raw)
    known = {post.id: store.post(post.id) for post in posts}
    changes = []
    for post in posts:
        before, _ = known[post.id] or (None, 0)
        if post != before:
            changes.append(PostChange(before, post))
    for start in range(0, 0 if dry_run else len(changes), BATCH):
        batch = changes[start : start + BATCH]
        units.run(lambda unit, batch=batch: _put(unit, batch))  # type: ignore[misc]
    return changes, len(posts) - len(changes)


def posts_as_yaml(posts: Iterable[Post]) -> str:
    """A file that loads again unchanged, as long as each holder still has a role there."""
    return as_yaml({"posts": [_plain(post) for post in posts]})


def _plain(post: Post) -> dict[str, Any]:
    said = {"place": post.place_id, "code": post.code, "duty": post.duty, "name": post.name}
    more = {"level": post.level, "period": post.period, "holders": list(post.holders)}
    return said | {name: value for name, value in more.items() if value}


def _put(unit: Unit, batch: Sequence[PostChange]) -> None:
    """What somebody changed since the file was checked, the post or its place, is not overwritten."""
    store = Tickets(unit)
    for change in batch:
        before, revision = store.post(change.after.id) or (None, 0)
        place = store.place(change.after.place_id)
        if before != change.before or place is None or place.area_path != change.after.area_path:
            raise Refused("posts-changed-meanwhile", id=change.after.id)
        store.put_post(change.after, revision + 1)
    Acts(unit).record(OPERATOR, [post_act("post-loaded", change.after, change.before) for change in batch])


def _read(store: Tickets, raw: bytes) -> list[Post]:
    try:
        data, lines = read_yaml(raw)
    except PlacesFileRefused as refused:
        raise FileRefused(refused.errors) from None
    rows = data.get("posts") if isinstance(data, dict) else None
    if not isinstance(rows, list) or set(data) != {"posts"}:
        raise FileRefused([FileError(1, "posts", "应只有一个列表 posts。", "Must hold one list, posts.")])
    errors: list[FileError] = []
    posts: dict[str, Post] = {}
    for index, row in enumerate(rows):
        post = _post(store, row, index, lines, errors)
        if post is not None and post.id in posts:
            errors.append(_error(lines, index, "code", Localized(f"{post.id} is there twice.", f"{post.id} 重复。")))
        elif post is not None:
            posts[post.id] = post
    if errors:
        raise FileRefused(errors)
    return list(posts.values())


def _post(store: Tickets, row: Any, index: int, lines: Lines, errors: list[FileError]) -> Post | None:
    try:
        said = _SCHEMA.load(row)
        place = store.place(said["place"])
        if place is None:
            raise Refused("no-such-place", field="place", id=said["place"])
        post = Post(
            place.id, said["code"], said["duty"], said["name"], place.area_path, tuple(said["holders"]),
            said.get("level"), said.get("period"),
        )  # fmt: skip
        check_level(post.level, place.level)
        check_fit(store, post, place)
    except ValidationError as error:
        found = error.messages if isinstance(error.messages, dict) else {"_schema": error.messages}
        errors += [_error(lines, index, name, _first(told)) for name, told in found.items()]
    except Refused as refused:
        errors.append(_error(lines, index, _FIELDS[refused.slug], _in_words(refused)))
    else:
        return post
    return None


_FIELDS = {
    "no-such-place": "place", "post-level-of-other-place": "level", "holder-twice": "holders",
    "no-such-holder": "holders", "holder-beneath-level": "holders",
}  # fmt: skip


def _first(found: Any) -> str:
    while not isinstance(found, str):
        found = next(iter(found.values() if isinstance(found, dict) else found))
    return found


def _in_words(refused: Refused) -> Localized:
    kind = _WORDS.find(refused)
    if kind is None:
        raise refused

    def words(locale: Literal["zh-CN", "en"]) -> str:
        return str(document(kind, refused.params, locale, None)["detail"])

    return Localized(words("en"), words("zh-CN"))


def _error(lines: Lines, index: int, name: str, message: str) -> FileError:
    line = lines.get(("posts", index, name)) or lines.get(("posts", index), 1)
    zh = message.zh if isinstance(message, Localized) else message
    field = f"posts[{index}]" + ("" if name == "_schema" else f".{name}")
    return FileError(line, field, zh, message)
