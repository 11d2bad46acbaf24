"""Tickets and places as MongoDB keeps them: entities to documents and back."""

from collections.abc import Iterable
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from services.tickets.domain.bigrams import normal, tokens
from services.tickets.domain.colours import colour
from services.tickets.domain.erasing import holds_since
from services.tickets.domain.hours import from_plain, to_plain
from services.tickets.domain.places import Place, Position
from services.tickets.domain.stations import OPEN
from services.tickets.domain.steps import Step
from services.tickets.domain.ticket import OPEN_STATES, ExternalRef, Offer, Placing, Ticket
from services.tickets.handlers.ports import Listing

Document = dict[str, Any]
NEVER = datetime(9000, 1, 1, tzinfo=UTC)
"""Where a ticket without a due time stands in a list sorted by due time."""
ENTITY = dict.fromkeys(("lists", "tokens", "text"), 0)
"""What is read of a document to make a ticket of it: all but what only searches need."""
_PEOPLE = ("duplicates", "also_reported_by", "withdrawn_by")
_PLAIN = [
    f.name for f in fields(Ticket)
    if f.name not in ("id", "placing", "offer", "external_refs", "history", "claims", *_PEOPLE)
]  # fmt: skip


def ticket_document(ticket: Ticket, listing: Listing) -> Document:
    placing, offer = ticket.placing, ticket.offer
    document: Document = {name: getattr(ticket, name) for name in _PLAIN}
    document |= {
        **{name: list(getattr(ticket, name)) for name in _PEOPLE},
        "_id": ticket.id,
        "grid_id": placing.grid_id, "area_path": placing.area_path, "compound_id": placing.compound_id,
        "station_id": placing.station_id, "station_path": placing.station_path, "building_id": placing.building_id,
        "offer": {"id": offer.id, "round": offer.round, "skills": list(offer.skills)} if offer else None,
        "claims": [{"id": claim_id, "outcome": outcome} for claim_id, outcome in ticket.claims.items()],
        "external_refs": [{"system": ref.system, "id": ref.id} for ref in ticket.external_refs],
        "history": [
            {"kind": s.kind, "at": s.at, "round": s.round, "by": s.by, "detail": dict(s.detail)} for s in ticket.history
        ],
        "due_at": listing.due_at, "due_key": listing.due_at or NEVER, "late": listing.late,
        "revision": ticket.revision,
        **search_fields(document | {"area_path": placing.area_path, "station_path": placing.station_path,
                                    "also_reported_by": ticket.also_reported_by},
                        [(step.kind, step.round) for step in ticket.history]),
    }  # fmt: skip
    if ticket.external_refs:
        # Left out when empty, so that the unique index holds only what is there.
        document["external_keys"] = [ref.key for ref in ticket.external_refs]
    if (since := holds_since(ticket)) is not None:
        document["personal_since"] = since
    return document


def search_fields(row: Document, steps: Iterable[tuple[str, int]]) -> Document:
    """What lists and searches find a ticket by, beside its own fields; `steps` are the kinds and rounds of its history.

    `lists` names every list that it stands in: the areas above it, the people who have to do with it, the telephone.
    """
    summary, paths = row["summary"] or "", [path for path in (row["area_path"], row["station_path"]) if path]
    return {
        "lists": sorted({
            *(above for path in paths for above in ancestors(path)),
            *(person_list(who) for who in (row["reporter_id"], _has_in_hand(row)) if who),
            *map(person_list, row.get("also_reported_by", ())),
            *([hands_list(row["assignee_id"])] if row["assignee_id"] else []),
            *([owner_list(row["owner_id"])] if row["owner_id"] else []),
            *([telephone_list(row["telephone_digest"])] if row["telephone_digest"] else []),
        }),
        "colour": colour(steps, row["round"]),
        "text": normal(summary), "tokens": sorted(tokens(summary)),
    }  # fmt: skip


def ancestors(path: str) -> list[str]:
    """The area itself and all above it, the topmost first."""
    parts = path.strip("/").split("/")
    return ["/" + "/".join(parts[:count]) + "/" for count in range(1, len(parts) + 1)]


def _has_in_hand(row: Document) -> str | None:
    """Whose it is to do something; once it is solved, nobody's."""
    return row["assignee_id"] if row["state"] in OPEN_STATES else None


def person_list(person_id: str) -> str:
    """Of what a person reported or has in hand."""
    return f"person:{person_id}"


def hands_list(person_id: str) -> str:
    """Of what went through a person's hands last, solved or not; for who looks over others' work."""
    return f"hands:{person_id}"


def owner_list(person_id: str) -> str:
    """Of what a person answers for at its level."""
    return f"owner:{person_id}"


def telephone_list(digest: str) -> str:
    """Of what was reported from a telephone number; half of its keyed digest keeps numbers apart well enough."""
    return f"telephone:{digest[:32]}"


def ticket_entity(row: Document) -> Ticket:
    offer = row["offer"]
    return Ticket(
        id=row["_id"],
        placing=Placing(
            row["grid_id"], row["area_path"], row["compound_id"], row["station_id"], row["station_path"],
            row.get("building_id"),
        ),
        offer=Offer(offer["id"], offer["round"], tuple(offer["skills"])) if offer else None,
        claims={claim["id"]: claim["outcome"] for claim in row["claims"]},
        external_refs=tuple(ExternalRef(ref["system"], ref["id"]) for ref in row["external_refs"]),
        history=tuple(Step(s["kind"], s["at"], s["round"], s["by"], s["detail"]) for s in row["history"]),
        duplicates=tuple(row.get("duplicates", ())), also_reported_by=tuple(row.get("also_reported_by", ())),
        withdrawn_by=tuple(row.get("withdrawn_by", ())),
        # A field that came later is not in what was written before.
        **{name: row[name] for name in _PLAIN if name in row},
    )  # fmt: skip


def place_document(place: Place) -> Document:
    at = place.position
    document = {
        "_id": place.id, "level": place.level, "name": place.name, "area_path": place.area_path,
        "grids": list(place.grids), "grid": place.grid, "compounds": list(place.compounds),
        "hours": to_plain(place.hours) if place.hours else None, "station_type": place.station_type, "demo": place.demo,
        "state": place.state, "parent": place.parent, "zones": list(place.zones), "facilities": list(place.facilities),
        "speciality": place.speciality, "level_names": dict(place.level_names), "units": list(place.units),
    }  # fmt: skip
    if at is not None:
        # Left out where it is not known: GeoJSON has no empty point.
        document["location"] = {"type": "Point", "coordinates": [at.lon, at.lat]}
    return document


def place_entity(row: Document) -> Place:
    """A field that came later is not in what was written before."""
    at = row.get("location")
    return Place(
        row["_id"], row["level"], row["name"], row["area_path"], tuple(row["grids"]), row["grid"],
        tuple(row["compounds"]), from_plain(row["hours"]) if row["hours"] else None, row["station_type"], row["demo"],
        state=row.get("state") or (OPEN if row["level"] == "station" else None), parent=row.get("parent"),
        zones=tuple(row.get("zones", ())), facilities=tuple(row.get("facilities", ())),
        speciality=row.get("speciality"), level_names=row.get("level_names", {}), units=tuple(row.get("units", ())),
        position=Position(at["coordinates"][1], at["coordinates"][0]) if at else None,
    )  # fmt: skip
