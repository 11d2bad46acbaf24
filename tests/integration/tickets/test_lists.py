"""Every list that can be asked for: what is in it, in which order, and that an index gives it without sorting.

Some thousands of tickets as in a county (`tests/support/many_tickets.py`), and the store alone.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from pymongo.database import Database

from services.chassis import mongo
from services.chassis.migrations import migrate
from services.chassis.unit import Unit
from services.tickets.domain.bigrams import normal
from services.tickets.domain.refused import Refused
from services.tickets.domain.ticket import OPEN_STATES
from services.tickets.handlers.ports import Wanted
from services.tickets.storage import MIGRATIONS, Tickets
from services.tickets.storage import search as storage_search
from services.tickets.storage import tokens as storage_tokens
from services.tickets.storage.documents import NEVER, Document
from tests.support.many_tickets import NOW, many_tickets, worker_of
from tests.support.namespaces import Namespace

COUNT, SHORT, PAGE = 6_000, 40, 51
COUNTY, STREET, COMMUNITY = "/hequ/", "/hequ/qingxi/", "/hequ/qingxi/qingyuan/"
GRID, STATION = f"{COMMUNITY}grid-006/", f"{COMMUNITY}station-006/"
WORKER, ELSEWHERE = worker_of("grid-006"), worker_of("grid-060")
GRIDS = tuple(f"{COMMUNITY}grid-{number:03d}/" for number in range(1, 60))
"""So many roots that they are not merged at once."""
SCOPES: dict[str, dict[str, Any]] = {
    "county": {"beneath": (COUNTY,)}, "street": {"beneath": (STREET,)}, "community": {"beneath": (COMMUNITY,)},
    "grid": {"beneath": (GRID,)}, "station": {"beneath": (STATION,)},
    "its grid and station": {"beneath": (GRID, STATION)},
    "many grids": {"beneath": GRIDS}, "own": {"of_person": WORKER, "serving": (GRID,)},
    "own, moved to another grid": {"of_person": WORKER, "serving": (f"{COMMUNITY}grid-007/",)},
    "own as owner": {"of_person": WORKER, "serving": (GRID,), "owner_id": WORKER},
    "owner": {"beneath": (COUNTY,), "owner_id": WORKER}, "assignee": {"beneath": (COUNTY,), "assignee_id": WORKER},
    "owner elsewhere": {"beneath": (GRID,), "owner_id": ELSEWHERE},
    "telephone": {"beneath": (COUNTY,), "telephone_digest": "<known>"},
    "telephone elsewhere": {"beneath": (GRID,), "telephone_digest": "<known>"},
    "number": {"beneath": (COUNTY,), "equal": {"number": "<known>"}},
    "number elsewhere": {"beneath": (GRID,), "equal": {"number": "<known>"}},
    "reference": {"beneath": (COUNTY,), "equal": {"external_keys": "hotline-12345|H00000005"}},
}  # fmt: skip
NARROWED: dict[str, dict[str, Any]] = {
    "all": {}, "open": {"states": tuple(sorted(OPEN_STATES))}, "planned": {"states": ("planned",)},
    "loans": {"one_of": {"kind": ["loan", "wish"]}}, "red": {"one_of": {"colour": ["red"]}},
    "not late": {"one_of": {"colour": ["green", "yellow"]}}, "no colour": {"one_of": {"colour": []}},
    "wells": {"equal": {"category": "well"}},
    "wishes for wells": {"one_of": {"kind": ["wish"]}, "equal": {"category": "well"}},
    "loans and disputes of wells": {"one_of": {"kind": ["loan", "dispute"]}, "equal": {"category": "well"}},
    "projects": {"one_of": {"kind": ["project"]}},
    "lamps of loans": {"one_of": {"kind": ["loan"]}, "text": "路灯"},
    "hotline": {"equal": {"channel": "hotline"}},
    "street's": {"equal": {"level": "street"}},
    "open and red": {"states": ("assigned", "filed"), "one_of": {"colour": ["red"]}},
    "due within an hour": {"due_after": NOW - timedelta(hours=1), "due_before": NOW}, "due later": {"due_after": NOW},
    "lamps": {"text": "路灯"}, "a lamp of a house": {"text": "7号楼路灯不亮"},
    "lamps of loans that are out": {"one_of": {"kind": ["loan"]}, "text": "路灯不亮"},
    "planned lamps that are out": {"text": "路灯不亮", "states": ("planned",)},
    "planned lamps": {"text": "路灯", "states": ("planned",)},
    "no such thing": {"text": "没有这种事"},
}  # fmt: skip


@pytest.fixture(scope="module")
def db(module_namespace: Namespace) -> Database[Document]:
    db = mongo.database(module_namespace.mongo, f"{module_namespace.prefix}_tickets")
    migrate(db, MIGRATIONS)
    db["tickets"].insert_many(many_tickets(COUNT))
    return db


@pytest.fixture(scope="module")
def everything(db: Database[Document]) -> list[Document]:
    return list(db["tickets"].find())


@pytest.fixture
def store(db: Database[Document], monkeypatch: pytest.MonkeyPatch) -> Tickets:
    monkeypatch.setattr(storage_search, "SHORT", SHORT)
    monkeypatch.setattr(storage_search, "SORTED", SHORT)
    monkeypatch.setattr(storage_tokens, "MOST_HELD", 40)
    return Tickets(Unit(db, None, "tickets", NOW, NOW))


def asked(scope: str, narrowed: str, everything: list[Document]) -> Wanted:
    known = everything[COUNT // 2]
    telephone = next(row["telephone_digest"] for row in everything if row["telephone_digest"])
    given = {**SCOPES[scope], **NARROWED[narrowed]}
    given["equal"] = {**SCOPES[scope].get("equal", {}), **NARROWED[narrowed].get("equal", {})}
    if given["equal"].get("number"):
        given["equal"]["number"] = known["number"]
    if given.get("telephone_digest"):
        given["telephone_digest"] = telephone
    return Wanted(**given)


def orders(wanted: Wanted) -> tuple[bool, ...]:
    """By due time, by age, as the interface allows it."""
    if wanted.text is not None:
        return (False,)
    return (True,) if wanted.due_after or wanted.due_before else (True, False)


def holds(row: Document, wanted: Wanted) -> bool:
    """What is wanted, said again without a database."""
    return (
        (not wanted.states or row["state"] in wanted.states)
        and all(row[name] in values for name, values in wanted.one_of.items())
        and all(value in row.get(name, ()) if name == "external_keys" else value == row[name]
                for name, value in wanted.equal.items())
        and wanted.owner_id in (None, row["owner_id"])
        and wanted.assignee_id in (None, row["assignee_id"])
        and wanted.telephone_digest in (None, row["telephone_digest"])
        and (wanted.due_after is None or (row["due_at"] is not None and row["due_at"] >= wanted.due_after))
        and (wanted.due_before is None or (row["due_at"] is not None and row["due_at"] < wanted.due_before))
        and (wanted.of_person in (None, row["reporter_id"]) or is_in_hand(row, wanted))
        and (wanted.beneath is None or any(path.startswith(tuple(wanted.beneath)) for path in paths_of(row)))
        and (wanted.text is None or reads(wanted.text, row["summary"]))
    )  # fmt: skip


def paths_of(row: Document) -> list[str]:
    return [path for path in (row["area_path"], row["station_path"]) if path]


def is_in_hand(row: Document, wanted: Wanted) -> bool:
    serves = any(path.startswith(tuple(wanted.serving)) for path in paths_of(row))
    return (
        row["assignee_id"] == wanted.of_person
        and row["state"] in OPEN_STATES
        and (serves or row["assignee_kind"] == "member")
    )


def out_of_hand(everything: list[Document], wanted: Wanted) -> int:
    """How many are open and still in the name of who serves elsewhere by now: a handful, read in vain."""
    if wanted.of_person is None:
        return 0
    named = [row for row in everything if row["assignee_id"] == wanted.of_person and row["state"] in OPEN_STATES]
    return sum(not is_in_hand(row, wanted) for row in named)


def reads(text: str, summary: str) -> bool:
    """Whether it stands in the summary; a number that it begins with, as a whole."""
    before = " " if text[0].isascii() else ""
    return before + normal(text) in f" {normal(summary)}"


@pytest.fixture(scope="module")
def having(everything: list[Document]) -> Callable[[str, str], list[Document]]:
    """The tickets of a scope that are narrowed so. Each scope and each narrowing is held against all of them once."""

    @cache
    def names(scope: str, narrowed: str) -> set[str]:
        wanted = asked(scope, narrowed, everything)
        return {row["_id"] for row in everything if holds(row, wanted)}

    def both(scope: str, narrowed: str) -> list[Document]:
        found = names(scope, "all") & names("county", narrowed)
        return [row for row in everything if row["_id"] in found]

    return both


def expected(rows: list[Document], by_due: bool) -> list[str]:
    if by_due:
        return [row["_id"] for row in sorted(rows, key=lambda row: (row["due_at"] or NEVER, row["_id"]))]
    return sorted((row["_id"] for row in rows), reverse=True)


def walk(store: Tickets, wanted: Wanted, by_due: bool, limit: int, pages: int) -> list[str]:
    seen: list[str] = []
    after: tuple[Any, ...] | None = None
    for _ in range(pages):
        found = store.find(wanted, after, limit, by_due)
        seen += [one.ticket.id for one in found]
        if len(found) < limit:
            break
        after = found[-1].position
    return seen


@pytest.mark.parametrize("narrowed", NARROWED)
@pytest.mark.parametrize("scope", SCOPES)
def test_a_list_has_what_was_asked_for_in_its_order(
    store: Tickets, everything: list[Document], having: Callable[[str, str], list[Document]], scope: str, narrowed: str
) -> None:
    wanted = asked(scope, narrowed, everything)
    for by_due in orders(wanted):
        assert walk(store, wanted, by_due, 30, 3) == expected(having(scope, narrowed), by_due)[:90]


@pytest.mark.parametrize("scope", ["its grid and station", "many grids", "own"])
@pytest.mark.parametrize("by_due", [True, False])
def test_page_by_page_to_the_end_nothing_is_left_out_or_comes_twice(
    store: Tickets, everything: list[Document], having: Callable[[str, str], list[Document]], scope: str, by_due: bool
) -> None:
    wanted = asked(scope, "all", everything)
    assert walk(store, wanted, by_due, 7, COUNT) == expected(having(scope, "all"), by_due)


@pytest.mark.parametrize("narrowed", NARROWED)
@pytest.mark.parametrize("scope", SCOPES)
def test_a_list_comes_from_an_index_in_order_and_reads_hardly_more_than_it_shows(
    store: Tickets, everything: list[Document], scope: str, narrowed: str
) -> None:
    wanted = asked(scope, narrowed, everything)
    for by_due in orders(wanted):
        way = store.way(wanted, by_due)
        position = (NOW + timedelta(minutes=-30 if wanted.due_before else 30), everything[COUNT // 2]["_id"])
        for part in ({}, *storage_search._parts(position[not by_due :], by_due)):
            if way.against:
                judge_tokens(store, way, part, everything)
                continue
            for cursor in store.cursors(way, part, PAGE, by_due):
                judge(cursor.explain(), wanted, way.index, everything)


NAMED = ("kind", "category")


def judge(explained: Document, wanted: Wanted, index: str, everything: list[Document]) -> None:
    plan, stats = str(explained["queryPlanner"]["winningPlan"]), explained["executionStats"]
    shown, read = stats["nReturned"], stats["totalDocsExamined"]
    assert "COLLSCAN" not in plan
    if index in ("number", "external_keys"):
        assert read <= 1
        return
    if index in ("by_kind", "by_category"):
        # So few in the whole county that they are read, and where the index has another order, sorted.
        named = {**{name: [value] for name, value in wanted.equal.items()}, **wanted.one_of}
        alike = [row for row in everything if all(row[name] in named.get(name, [row[name]]) for name in NAMED)]
        assert read <= len(alike) <= SHORT, plan
        return
    assert "'stage': 'SORT'" not in plan, plan
    if index == "by_token":
        assert wanted.text is not None
        with_text = [row for row in everything if set(wanted.text[:2]) <= set(row["summary"])]
        assert read <= len(with_text)
    elif wanted.owner_id or wanted.assignee_id or wanted.telephone_digest or wanted.text:
        # One of several lists is read, the rest is judged ticket by ticket: a short one, else the one of the person.
        whose = wanted.owner_id or wanted.assignee_id
        persons = sum(whose in (row["owner_id"], row["assignee_id"]) for row in everything) if whose else 0
        assert read <= max(SHORT, 2 * shown + 10, persons), plan
    elif {"colour", "level"} & {*wanted.one_of, *wanted.equal}:
        # Judged ticket by ticket, since they change with the clocks: as many are read as one in so many are of it.
        assert read <= 60 * (shown + 1), plan
    else:
        assert read <= shown + out_of_hand(everything, wanted), plan


def judge_tokens(store: Tickets, way: storage_search.Way, part: Document, everything: list[Document]) -> None:
    """No ticket is read to learn which have all tokens; those that are read have them."""
    tokens = storage_tokens.Tokens(store._tickets, None, storage_search.PATIENCE_MS)
    for stretch in way.stretches:
        first = tokens.names({"$and": [stretch, part]}).sort("_id", -1)
        found = [row["_id"] for row in first]
        read_no_ticket(first.explain())
        having, listed = {stretch["tokens"]}, list[Document]()
        for other in way.against if found else ():
            explained = tokens.of_these(found, other).explain()
            read_no_ticket(explained)
            in_a_list = "tokens" not in other.condition
            seeks = storage_search._HELD_STRETCHES if in_a_list else 1
            assert explained["executionStats"]["totalKeysExamined"] <= 2 * seeks * len(found) + 1
            if in_a_list:
                listed.append(other.condition)
            else:
                having.add(other.condition["tokens"])
        having_all = [
            row["_id"] for row in everything
            if row["_id"] in set(found) and having <= set(row["tokens"]) and all(is_listed(row, one) for one in listed)
        ]  # fmt: skip
        rounds = list(tokens.rounds({"$and": [stretch, part]}, way.against, 4))
        assert [name for names in rounds for name in names] == sorted(having_all, reverse=True)
        assert len(rounds) <= len(found) / storage_tokens.MOST_HELD + 5


def is_listed(row: Document, condition: Document) -> bool:
    """Whether a ticket stands in that list, and is there what is asked for."""
    for name, wanted in condition.items():
        values = wanted["$in"] if isinstance(wanted, dict) else [wanted]
        if not set(row[name] if name == "lists" else [row[name]]) & set(values):
            return False
    return True


def read_no_ticket(explained: Document) -> None:
    plan, stats = str(explained["queryPlanner"]["winningPlan"]), explained["executionStats"]
    assert "COLLSCAN" not in plan
    assert "'stage': 'SORT'" not in plan
    assert stats["totalDocsExamined"] == 0, plan


def test_what_is_filed_or_changed_while_somebody_turns_pages_moves_nothing_else(
    db: Database[Document], store: Tickets, everything: list[Document]
) -> None:
    wanted = Wanted(beneath=(COMMUNITY, STATION), states=tuple(sorted(OPEN_STATES)))
    rows = [row for row in everything if holds(row, wanted)]
    for by_due in (True, False):
        before = expected(rows, by_due)
        first = store.find(wanted, None, 5, by_due)
        added = [twin(row) for row in rows]
        db["tickets"].insert_many(added)
        try:
            rest = walk_from(store, wanted, by_due, first[-1].position)
        finally:
            db["tickets"].delete_many({"_id": {"$in": [row["_id"] for row in added]}})
        seen = [one.ticket.id for one in first] + rest
        assert len(seen) == len(set(seen))
        old = [ticket_id for ticket_id in seen if ticket_id in set(before)]
        assert old == before


def twin(row: Document) -> Document:
    """Another with the same times, right behind it."""
    serial = f"{int(row['_id'][-4:], 16):04x}"
    name = f"{row['_id'][:-8]}ffff{serial}"
    return {**row, "_id": name, "number": name, "external_keys": [name]}


def walk_from(store: Tickets, wanted: Wanted, by_due: bool, after: tuple[Any, ...]) -> list[str]:
    seen: list[str] = []
    while found := store.find(wanted, after, 5, by_due):
        seen += [one.ticket.id for one in found]
        after = found[-1].position
    return seen


def test_a_search_that_takes_too_long_is_refused_plainly(store: Tickets, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database itself is asked to be slow: the condition counts for long, document by document."""
    endless = {"$where": "for (let n = 0; n < 1e9; n++) {} return true"}
    way = storage_search.Way("by_age", [{"lists": COUNTY}], [endless])
    monkeypatch.setattr(store, "way", lambda wanted, by_due: way)
    with pytest.raises(Refused) as refused:
        store.find(Wanted(beneath=(COUNTY,)), None, 5, False)
    assert refused.value.slug == "search-too-wide"


def test_words_that_take_too_long_to_be_held_against_each_other_are_refused_plainly(
    store: Tickets, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each round is quick; it is their sum that has an end."""
    wanted = Wanted(beneath=(COUNTY,), text="7号楼路灯不亮")
    way = store.way(wanted, False)
    assert way.against
    monkeypatch.setattr(store, "way", lambda wanted, by_due: way)
    monkeypatch.setattr(storage_search, "PATIENCE_MS", 0)
    with pytest.raises(Refused) as refused:
        store.find(wanted, None, 5, False)
    assert refused.value.slug == "search-too-wide"


def test_the_seeded_county_has_something_of_everything(having: Callable[[str, str], list[Document]]) -> None:
    """Else the tests above would say nothing."""
    for narrowed in NARROWED:
        if narrowed not in ("no colour", "no such thing"):
            assert having("county", narrowed), narrowed
