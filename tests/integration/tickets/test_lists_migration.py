"""Tickets that were filed before there were lists by name are found by them after the migration."""

from collections.abc import Callable
from typing import Any

import pytest

from services.chassis import mongo
from services.chassis.migrations import current_version, migrate
from services.chassis.unit import Unit
from services.tickets.handlers.ports import Wanted
from services.tickets.storage import MIGRATIONS, Tickets, search_indexes
from services.tickets.storage.documents import Document
from tests.support.many_tickets import NOW, many_tickets, telephone_of
from tests.support.namespaces import Namespace
from tests.support.processes import sealer_of

SEARCHED = ("lists", "colour", "text", "tokens", "telephone_digest")


def as_before(row: Document, seal: Callable[[Any], str]) -> Document:
    """A ticket as the version before these fields kept it."""
    kept = {name: value for name, value in row.items() if name not in SEARCHED}
    number = int(row["_id"][-8:], 16)
    return {**kept, "sealed": seal({"telephone": telephone_of(number) if number % 2 else None}), "paths": ["/hequ/"]}


def test_tickets_of_the_version_before_are_found_after_a_migration_that_was_interrupted(
    namespace: Namespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = list(many_tickets(2_500))
    sealer = sealer_of("tickets")
    db = mongo.database(namespace.mongo, f"{namespace.prefix}_tickets")
    migrate(db, MIGRATIONS[:1])
    db["tickets"].create_index([("paths", 1), ("_id", -1)], name="by_place")
    db["tickets"].insert_many([as_before(row, sealer.seal) for row in rows])
    interrupted_after(monkeypatch, 2)
    with pytest.raises(InterruptedError):
        migrate(db, MIGRATIONS, sealer)
    monkeypatch.undo()
    assert (current_version(db), db["tickets"].count_documents({"lists": {"$exists": True}})) == (1, 2_000)
    migrate(db, MIGRATIONS, sealer)
    assert "by_place" not in db["tickets"].index_information()
    for row in rows:
        found = db["tickets"].find_one({"_id": row["_id"]})
        number = int(row["_id"][-8:], 16)
        digest = sealer.lookup("telephone", telephone_of(number)) if number % 2 else None
        lists = {name for name in row["lists"] if not name.startswith("telephone:")}
        lists |= {f"telephone:{digest[:32]}"} if digest else set()
        assert found is not None
        assert (found["telephone_digest"], set(found["lists"])) == (digest, lists)
        assert [found[name] for name in ("colour", "text", "tokens")] == [
            row[name] for name in ("colour", "text", "tokens")
        ]
    store = Tickets(Unit(db, None, "tickets", NOW, NOW))
    assert store.find(Wanted(beneath=("/hequ/",)), None, 10, False)


def interrupted_after(monkeypatch: pytest.MonkeyPatch, batches: int) -> None:
    real, done = search_indexes._filled, [0]

    def filled(*given: Any) -> Document:
        done[0] += 1
        if done[0] > batches * search_indexes._BATCH:
            raise InterruptedError
        return real(*given)

    monkeypatch.setattr(search_indexes, "_filled", filled)
