"""A small service with one route of each sort, run like any other: `python -m tests.integration.http.specimen`."""

import sys

from services.chassis.launch import run  # patches eventlet first

# isort: split
import os
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from marshmallow import Schema, fields, validate

from services.chassis.config import load_settings
from services.chassis.context import Context, Service, make_context
from services.chassis.dependencies import Chassis
from services.chassis.http import (
    ANYONE,
    SIGNED_IN,
    AtOnce,
    Call,
    Limit,
    Localized,
    PageSize,
    Probes,
    Problem,
    ProblemType,
    Reply,
    command,
    page_of,
    query,
)
from services.chassis.observability import configure_logging
from services.chassis.prepare import prepare_database
from services.chassis.unit import Unit
from tests.faults import points

FULL = ProblemType("shelf-full", 409, "书架已满", "Shelf full", "最多放 {most} 本。", "At most {most} fit.")


class Reporter(Schema):
    telephone = fields.String(
        required=True,
        validate=validate.Regexp(r"[0-9]{11}\Z", error=Localized("Must have 11 digits.", "必须是 11 位数字。")),
    )


class NewNote(Schema):
    text = fields.String(required=True, validate=validate.Length(min=1, max=100))
    area_path = fields.String(load_default="/hequ/xikou/", validate=validate.Length(max=800))
    reporter = fields.Nested(Reporter)
    copies = fields.Integer(strict=True, load_default=1, validate=validate.Range(1, 9))


class Line(Schema):
    text = fields.String(required=True, validate=validate.Length(max=100))


class NoteOut(Schema):
    id = fields.String(required=True)
    text = fields.String(required=True)
    revision = fields.Integer(required=True)


class NoteFilter(Schema):
    text = fields.String(validate=validate.Length(max=100))


class Specimen(Probes):
    name = "specimen"
    chassis = Chassis()
    context: Context

    @command("POST", "/api/v1/notes", roles=("grid_worker",), body=NewNote, answer=NoteOut, creates=True)
    def write(self, unit: Unit, call: Call) -> Reply:
        """Write a note."""
        call.principal.require(call.body["area_path"], "grid_worker")
        notes = unit.db["notes"]
        number = notes.count_documents({}, session=unit.session) + 1
        note = {"_id": f"note-{number}", "text": call.body["text"], "area_path": call.body["area_path"], "revision": 1}
        notes.insert_one(note, session=unit.session)
        return Reply(_out(note), location=f"/api/v1/notes/{note['_id']}", etag=1)

    @query("GET", "/api/v1/notes", roles=SIGNED_IN, params=NoteFilter, answer=page_of(NoteOut))
    def list_notes(self, unit: Unit, call: Call) -> Reply:
        """All notes."""
        after = call.page.after[0] if call.page.after else ""
        wanted = {"_id": {"$gt": after}, **call.params}
        found = unit.db["notes"].find(wanted).sort("_id").limit(call.page.fetch)
        return Reply(call.page.answer([_out(note) for note in found], lambda note: (note["id"],)))

    @query("POST", "/api/v1/notes/search", roles=SIGNED_IN, body=NoteFilter, answer=page_of(NoteOut))
    def search_notes(self, unit: Unit, call: Call) -> Reply:
        """The same, by filters that must not stand in an address."""
        after = call.page.after[0] if call.page.after else ""
        found = unit.db["notes"].find({"_id": {"$gt": after}, **call.body}).sort("_id").limit(call.page.fetch)
        return Reply(call.page.answer([_out(note) for note in found], lambda note: (note["id"],)))

    @query("GET", "/api/v1/notes/plain", roles=SIGNED_IN, page_size=PageSize(3, 4), media="text/plain; charset=utf-8")
    def plain_notes(self, unit: Unit, call: Call) -> Reply:
        """As many numbers as were asked for, no JSON."""
        return Reply("数".encode() * call.page.limit, headers={"Next-Cursor": call.page.cursor(("x",))})

    @query("GET", "/api/v1/notes/<note_id>", roles=SIGNED_IN, answer=NoteOut)
    def read(self, unit: Unit, call: Call, note_id: str) -> Reply:
        """One note."""
        note = unit.db["notes"].find_one({"_id": note_id})
        if note is None:
            raise Problem("not-found")
        call.principal.require(note["area_path"])
        return Reply(_out(note), etag=note["revision"])

    @command("PATCH", "/api/v1/notes/<note_id>", roles=SIGNED_IN, body=NewNote, answer=NoteOut)
    def edit(self, unit: Unit, call: Call, note_id: str) -> Reply:
        """Change a note."""
        note = unit.db["notes"].find_one({"_id": note_id}, session=unit.session)
        if note is None:
            raise Problem("not-found")
        call.principal.require(note["area_path"], "grid_worker")
        call.if_match(note["revision"])
        note.update(text=call.body["text"], revision=note["revision"] + 1)
        unit.db["notes"].replace_one({"_id": note_id}, note, session=unit.session)
        return Reply(_out(note), etag=note["revision"])

    @command("POST", "/api/v1/notes/<note_id>/lines", roles=SIGNED_IN, body=Line, answer=NoteOut,
             before=lambda service, unit, call, note_id: _settle(unit))  # fmt: skip
    def add_line(self, unit: Unit, call: Call, note_id: str) -> Reply:
        """Add a line to a note; again adds another."""
        note = unit.db["notes"].find_one({"_id": note_id}, session=unit.session)
        if note is None:
            raise Problem("not-found")
        call.if_match(note["revision"], required=False)
        note.update(text=f"{note['text']}\n{call.body['text']}", revision=note["revision"] + 1)
        unit.db["notes"].replace_one({"_id": note_id}, note, session=unit.session)
        return Reply(_out(note), etag=note["revision"])

    @command("POST", "/api/v1/notes/<note_id>/secret", roles=SIGNED_IN, afresh=True)
    def tell_secret(self, unit: Unit, call: Call, note_id: str) -> Reply:
        """Another secret each time."""
        return Reply({"secret": uuid4().hex})

    @command("POST", "/api/v1/open", roles=ANYONE, body=NewNote, creates=True)
    def open_write(self, unit: Unit, call: Call) -> Reply:
        """Anyone may write here."""
        note = {"text": "open"}
        unit.db["open"].insert_one(note, session=unit.session)
        return Reply({"id": str(note["_id"]), "caller": call.caller.person_id if call.caller else None})

    @command("POST", "/api/v1/knock", roles=ANYONE, limit=Limit("knock", 3, timedelta(hours=1)))
    def knock(self, unit: Unit, call: Call) -> Reply:
        """Three times an hour."""
        return Reply()

    @command(
        "POST", "/api/v1/guests", roles=ANYONE, body=Line, creates=True, limit=Limit("guests", 2, timedelta(hours=1))
    )
    def sign(self, unit: Unit, call: Call) -> Reply:
        """Two an hour."""
        unit.db["guests"].insert_one({"text": call.body["text"]}, session=unit.session)
        return Reply({"text": call.body["text"]})

    @command("POST", "/api/v1/lift", roles=ANYONE, at_once=AtOnce("lift", 2, 1, patience_seconds=1))
    def lift(self, unit: Unit, call: Call) -> Reply:
        """Takes two at once, one of each address, for two seconds."""
        time.sleep(2)
        return Reply()

    @command("POST", "/api/v1/shelf", roles=ANYONE)
    def shelf(self, unit: Unit, call: Call) -> Reply:
        """Always full, and leaves nothing behind."""
        unit.db["notes"].insert_one({"_id": "shelved"}, session=unit.session)
        raise Problem(FULL, most=3)

    @command("POST", "/api/v1/broken", roles=ANYONE, body=NewNote)
    def broken(self, unit: Unit, call: Call) -> Reply:
        """Fails with a text that quotes data."""
        raise ValueError(f"no room for {call.body['text']}")

    @command("POST", "/api/v1/settled", roles=ANYONE, before=lambda service, unit, call: _settle(unit))
    def settled(self, unit: Unit, call: Call) -> Reply:
        """Refuses, after something was settled."""
        raise Problem("conflict")

    @query("GET", "/api/v1/slow", roles=ANYONE)
    def slow(self, unit: Unit, call: Call) -> Reply:
        """Takes a second."""
        time.sleep(1)
        return Reply({"done": True})

    @query("GET", "/api/v1/held", roles=SIGNED_IN)
    def held(self, unit: Unit, call: Call) -> Reply:
        """Waits until the gate opens; says how many of its caller are inside."""
        who = call.principal.person_id
        _INSIDE[who] += 1
        unit.db["held"].insert_one({"who": who})
        inside = _INSIDE[who]
        while unit.db["gate"].find_one() is None:
            time.sleep(0.02)
        _INSIDE[who] -= 1
        return Reply({"inside": inside})


_INSIDE: Counter[str] = Counter()


def _settle(unit: Unit) -> None:
    unit.db["settled"].insert_one({}, session=unit.session)


def _out(note: dict[str, Any]) -> dict[str, Any]:
    return {"id": note["_id"], "text": note["text"], "revision": note["revision"]}


SERVICE = Service("specimen", Specimen, Specimen, (), collections=(), problems=(FULL,))


if __name__ == "__main__":
    settings = load_settings("specimen", "http")
    configure_logging("specimen", "http", "INFO")
    if points.FOLDER in os.environ:
        points.install(Path(os.environ[points.FOLDER]), "specimen", "http")
    prepare_database(make_context(settings, SERVICE))
    sys.exit(run(settings, SERVICE))
