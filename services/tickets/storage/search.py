"""Lists of tickets and searches: every one is read from an index, in its order, and not further than its page.

A ticket stands in `lists`: one for each area above it, for each person who has to do with it, for its telephone. The
indexes `by_due` and `by_age` (search_indexes.py) hold each list, state by state, in the order in which it is shown,
with the fields by which it is narrowed most; `by_token` holds the tokens of the summary, `by_kind` and `by_category`
find what is rare. A list over several states or areas is merged from theirs. Since two arrays cannot share an index,
a search by text reads the rarest token of the text in the order of age, or a list where one is shorter. What has all
other tokens too is found out in the same index, before any ticket is read.
"""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from bson.regex import Regex
from pymongo import ASCENDING, DESCENDING
from pymongo.cursor import Cursor
from pymongo.errors import ExecutionTimeout

from services.chassis.unit import Unit
from services.contracts.tickets import STATES
from services.tickets.domain.bigrams import pattern
from services.tickets.domain.refused import Refused
from services.tickets.domain.ticket import CALLBACK, Ticket
from services.tickets.handlers.ports import RATED, Wanted
from services.tickets.storage.documents import (
    ENTITY,
    NEVER,
    Document,
    hands_list,
    owner_list,
    person_list,
    telephone_list,
    ticket_entity,
)
from services.tickets.storage.search_indexes import COVERED
from services.tickets.storage.tokens import Held, Tokens

SHORT = 2_000
"""A list of so many tickets is read as a whole rather than one that is longer (ours)."""
SORTED = 500
"""So many of a rare kind are sorted by due time in memory rather than looked for in a long list (ours)."""
PATIENCE_MS = 3_000
"""No search may keep the database busy for longer (ours)."""
_MERGED = 200
"""How many stretches of an index MongoDB merges in order; more, and it would sort (internalQueryMaxScansToExplode)."""
_HELD_STRETCHES = 16
"""In so many stretches of a list each identity is looked for; with more, reading the ticket is as quick (ours)."""
_WHOSE: Document = {RATED: {"$first": "$history.detail.rated"}}
_COUNTY, _COMMUNITY = 2, 4
"""Slashes in their paths."""
Keys = Sequence[str]
"""Names of lists, in one of which a ticket must stand."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A ticket in a list, with its place in it."""

    ticket: Ticket
    due_key: datetime | None

    @property
    def position(self) -> tuple[Any, ...]:
        return (self.ticket.id,) if self.due_key is None else (self.due_key, self.ticket.id)


@dataclass(frozen=True, slots=True)
class Way:
    """How a list is read: by which index, from which of its stretches (merged), and what must hold besides.

    Where the stretches name a token, tickets are held `against` other indexes before they are read (tokens.py).
    """

    index: str
    stretches: Sequence[Document]
    besides: Sequence[Document]
    against: Sequence[Held] = ()


@dataclass(frozen=True, slots=True)
class Listless:
    """What an index finds by these values, in whatever list it stands; of a text the rarest token, and `others`."""

    index: str
    equal: Document
    others: Sequence[str] = ()


class Search:
    """The queries for lists, of one unit of work."""

    def __init__(self, unit: Unit) -> None:
        self._tickets, self._known_places, self._in = unit.db["tickets"], unit.db["places"], unit.session

    def find(self, wanted: Wanted, after: Sequence[Any] | None, limit: int, by_due: bool) -> list[Listed]:
        """Newest first, or those due first; `after` is the position of the last ticket seen.

        Raises Refused("search-too-wide") when it would keep the database busy for too long.
        """
        rows = self.rows(wanted, after, limit, by_due)
        return [Listed(ticket_entity(row), row["due_key"] if by_due else None) for row in rows]

    def rows(
        self, wanted: Wanted, after: Sequence[Any] | None, limit: int, by_due: bool, only: Sequence[str] | None = None
    ) -> list[Document]:
        """The same as documents, of which `only` these fields are read, and RATED."""
        found: list[Document] = []
        try:
            way = self.way(wanted, by_due)
            for part in _parts(after, by_due):
                if len(found) < limit:
                    read = self._held_against if way.against else self.cursors
                    rows = read(way, part, limit - len(found), by_due, only)
                    found += islice(_merged(rows, by_due), limit - len(found))
        except ExecutionTimeout:
            raise Refused("search-too-wide", seconds=PATIENCE_MS // 1000) from None
        return found

    def cursors(
        self, way: Way, part: Document, limit: int, by_due: bool, only: Sequence[str] | None = None
    ) -> list[Cursor[Document]]:
        """One for each stretch of a way, each in the order of the list."""
        order = [("_id", ASCENDING if by_due else DESCENDING)]
        if by_due and not isinstance(part.get("due_key"), datetime):
            order.insert(0, ("due_key", ASCENDING))  # what is due at one moment: MongoDB would sort by that in vain
        fields = ENTITY if only is None else {**dict.fromkeys(("due_key", *only), 1), **_WHOSE}
        return [
            self._tickets.find({"$and": [stretch, part, *way.besides]}, fields, session=self._in)
            .sort(order).limit(limit).hint(way.index).max_time_ms(PATIENCE_MS)
            for stretch in way.stretches
        ]  # fmt: skip

    def _held_against(
        self, way: Way, part: Document, limit: int, by_due: bool, only: Sequence[str] | None = None
    ) -> list[Iterator[Document]]:
        """The same where tickets are held against other indexes: only those are read that match there too."""
        tokens = Tokens(self._tickets, self._in, PATIENCE_MS)
        firsts = [{"$and": [stretch, part]} for stretch in way.stretches]
        return [self._matching(tokens, way, first, limit, by_due, only) for first in firsts]

    def _matching(
        self, tokens: Tokens, way: Way, first: Document, limit: int, by_due: bool, only: Sequence[str] | None
    ) -> Iterator[Document]:
        for names in tokens.rounds(first, way.against, limit):
            named = Way("_id_", [{"_id": {"$in": names}}], way.besides)
            for cursor in self.cursors(named, {}, limit, by_due, only):
                yield from cursor

    def way(self, wanted: Wanted, by_due: bool) -> Way:
        """By what a list is read: by identity, by the only list that is wanted, else by the shortest."""
        if not all(wanted.one_of.values()):
            return Way("by_age", [], [])
        judged, lists = [*_narrowed(wanted), *_text(wanted), *_reference(wanted)], _lists(wanted)
        for name in ("number", "external_keys"):
            if name in wanted.equal:
                return Way(name, [{name: wanted.equal[name]}], [*_within(lists), *_states(wanted), *judged])
        read = self._shortest(wanted, lists, by_due)
        if isinstance(read, Listless):
            besides = [*_within(_people(wanted)), *_states(wanted), *judged]
            stretches = [{**read.equal, **place} for place in self._places(wanted.beneath)]
            return Way(read.index, stretches, besides, _against(wanted, lists, read))
        besides = [*_within(keys for keys in lists if keys is not read), *judged]
        return Way("by_due" if by_due else "by_age", _stretches(read, wanted), besides)

    def _shortest(self, wanted: Wanted, lists: Sequence[Keys], by_due: bool) -> Keys | Listless:
        """What is read: the shortest if one is short, else the text's rarest token, else the first list."""
        rare = self._rare(wanted, by_due)
        if wanted.text is None and len(lists) == 1:
            return rare[0][1] if rare else lists[0]
        found: list[tuple[int, Keys | Listless]] = [
            (self._length(_stretch(keys, wanted), "by_age", SHORT + 1), keys) for keys in lists
        ]
        found += rare
        if wanted.text is not None:
            found.append(self._rarest(wanted.text))
        length, shortest = min(found, key=lambda one: one[0])
        if length <= SHORT:
            return shortest
        return lists[0] if wanted.text is None else found[-1][1]

    def _rare(self, wanted: Wanted, by_due: bool) -> list[tuple[int, Listless]]:
        """What is wanted of a kind or category, with its number, if there is so little of it in all areas together."""
        named = {name: wanted.equal[name] for name in ("kind", "category") if name in wanted.equal}
        named |= {name: _one_of(wanted.one_of[name]) for name in ("kind", "category") if name in wanted.one_of}
        if not named:
            return []
        index = "by_kind" if "kind" in named else "by_category"
        most = SORTED if by_due or (len(named) == 1 and index == "by_kind") else SHORT
        length = self._length(named, index, most + 1)
        return [(length, Listless(index, named))] if length <= most else []

    def _rarest(self, text: str) -> tuple[int, Listless]:
        """The rarest token of the text, and how many have it, as far as SHORT."""
        token, *others = Tokens(self._tickets, self._in, PATIENCE_MS).rarest_first(text)
        rarest = {"tokens": token}
        return self._length(rarest, Tokens.INDEX, SHORT + 1), Listless(Tokens.INDEX, rarest, others)

    def _length(self, condition: Document, index: str, most: int) -> int:
        if most == 0:
            return 0
        return self._tickets.count_documents(condition, limit=most, hint=index, maxTimeMS=PATIENCE_MS, session=self._in)

    def _places(self, beneath: Sequence[str] | None) -> list[Document]:
        """Areas as an index without lists has them: by the grid's path, by the station's, or by both in turn.

        A grid is in no station's path, nor a station in a grid's. A station lies in the county of its grids, though not
        always in their community, since an open centre takes what comes to a closed station. What is not known any more
        may be either.
        """
        if beneath is None:
            return [{}]
        ids = [path.split("/")[-2] for path in beneath if path.count("/") > _COMMUNITY]
        rows = self._known_places.find({"_id": {"$in": ids}}, {"area_path": 1, "level": 1}, session=self._in)
        levels = {row["area_path"]: row["level"] for row in rows} if ids else {}
        grids = [path for path in beneath if levels.get(path) != "station"]
        stations = [path for path in beneath if path.count("/") > _COUNTY and levels.get(path, "station") == "station"]
        return [
            # Of this sort alone MongoDB knows that a stretch of the index is all that matches: no flags, no escapes.
            {name: {"$in": [Regex(f"^{path}") for path in paths]}}
            for name, paths in (("area_path", grids), ("station_path", stations)) if paths
        ]  # fmt: skip


def _lists(wanted: Wanted) -> list[Keys]:
    """The lists in all of which it must stand, each by its names; those of people first."""
    return [*_people(wanted), *([wanted.beneath] if wanted.beneath is not None else [])]


def _people(wanted: Wanted) -> list[Keys]:
    found: list[Keys] = []
    if wanted.telephone_digest is not None:
        found.append([telephone_list(wanted.telephone_digest)])
    if wanted.of_person is not None:
        found.append([person_list(wanted.of_person)])
    if wanted.owner_id is not None:
        found.append([owner_list(wanted.owner_id)])
    if wanted.assignee_id is not None:
        found.append([hands_list(wanted.assignee_id)])
    return found


def _within(lists: Iterable[Keys]) -> list[Document]:
    return [_any_of("lists", keys) for keys in lists]


def _against(wanted: Wanted, lists: Sequence[Keys], read: Listless) -> list[Held]:
    """Against what the tickets with a text's rarest token are held: its other tokens, and a list where it says more."""
    if read.index != Tokens.INDEX:
        return []
    held = [Held(Tokens.INDEX, {"tokens": token}) for token in read.others]
    known = {name: wanted.equal[name] for name in COVERED if name in wanted.equal}
    known |= {name: _one_of(wanted.one_of[name]) for name in COVERED if name in wanted.one_of}
    short = [keys for keys in lists if len(keys) * len(wanted.states or STATES) <= _HELD_STRETCHES]
    if short and (known or wanted.states):
        held.append(Held("by_age", {**_stretch(short[0], wanted), **known}))
    return held


def _stretch(keys: Keys, wanted: Wanted) -> Document:
    return {**_any_of("lists", keys), "state": {"$in": list(wanted.states or STATES)}}


def _stretches(keys: Keys, wanted: Wanted) -> list[Document]:
    """So that each can be merged from the index, area by area and state by state."""
    together = max(1, _MERGED // len(wanted.states or STATES))
    return [_stretch(keys[start : start + together], wanted) for start in range(0, len(keys), together)]


def _any_of(field: str, values: Sequence[Any]) -> Document:
    return {field: _one_of(values)}


def _one_of(values: Sequence[Any]) -> Any:
    return values[0] if len(values) == 1 else {"$in": list(values)}


def _states(wanted: Wanted) -> list[Document]:
    return [_any_of("state", wanted.states)] if wanted.states else []


def _narrowed(wanted: Wanted) -> list[Document]:
    """What must hold besides standing in the lists and in one of the states."""
    found: list[Document] = [dict(wanted.equal)] if wanted.equal else []
    found += [_any_of(field, values) for field, values in wanted.one_of.items()]
    if wanted.of_person is not None:
        found.append(_theirs(wanted.of_person, wanted.serving))
    if wanted.assignee_id is not None:
        found.append({"assignee_id": wanted.assignee_id})
    if wanted.due_after is not None or wanted.due_before is not None:
        after = {"$gte": wanted.due_after} if wanted.due_after is not None else {}
        found.append({"due_key": {**after, "$lt": wanted.due_before or NEVER}})
    return found


def _theirs(person_id: str, serving: Sequence[str]) -> Document:
    """Of a person's list: what staff have in hand is theirs while they serve at its place (`parts.parts_of`)."""
    return {"$or": [
        {"reporter_id": person_id}, {"also_reported_by": person_id}, {"assignee_kind": "member"}, *_serving(serving),
    ]}  # fmt: skip


def _serving(serving: Sequence[str]) -> list[Document]:
    beneath = {"$in": [Regex(f"^{path}") for path in serving]}
    return [{"area_path": beneath}, {"station_path": beneath}]


def _reference(wanted: Wanted) -> list[Document]:
    """References are those of its own reporter: none of those who reported it too finds it by one."""
    if "external_keys" not in wanted.equal or wanted.of_person is None:
        return []
    by_claim = {"assignee_id": wanted.of_person, "assignee_kind": "member"}
    return [{"$or": [*_serving(wanted.serving), by_claim, {"reporter_id": wanted.of_person}]}]


def _text(wanted: Wanted) -> list[Document]:
    """What is found by its summary, but nothing whose summary is not for who looks (`reading.summary_for`)."""
    if wanted.text is None:
        return []
    found: list[Document] = [{"text": {"$regex": pattern(wanted.text)}}]
    if wanted.of_person is not None:
        nobody: Document = {"$in": [None, []]}
        by_claim = {"assignee_id": wanted.of_person, "assignee_kind": "member", "withdrawn_by": nobody}
        alone = {"reporter_id": wanted.of_person, "also_reported_by": nobody, "withdrawn_by": nobody}
        found.append({"$or": [*_serving(wanted.serving), by_claim, alone]})
    if wanted.no_callbacks:
        found.append({"kind": {"$ne": CALLBACK}})
    if wanted.unless_about:
        found.append({"history.0.detail.rated": {"$nin": sorted(wanted.unless_about)}})
    return found


def _parts(after: Sequence[Any] | None, by_due: bool) -> list[Document]:
    """What comes after a position, as stretches of an index, one after the other."""
    if after is None:
        return [{}]
    if not by_due:
        return [{"_id": {"$lt": after[0]}}]
    due, ticket_id = after
    return [{"due_key": due, "_id": {"$gt": ticket_id}}, {"due_key": {"$gt": due}}]


def _merged(cursors: Sequence[Iterable[Document]], by_due: bool) -> Iterator[Document]:
    """In one order; what stands in several of them, once."""
    if by_due:
        rows = heapq.merge(*cursors, key=lambda row: (row["due_key"], row["_id"]))
    else:
        rows = heapq.merge(*cursors, key=lambda row: row["_id"], reverse=True)
    last = None
    for row in rows:
        if row["_id"] != last:
            yield row
        last = row["_id"]
