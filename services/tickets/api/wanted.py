"""What a caller asks a list for, and what of it is theirs to see."""

from collections.abc import Mapping
from typing import Any

from services.chassis.auth.principal import NotFound, Principal
from services.tickets.api.access import NUMBERS, ON_DUTY
from services.tickets.domain.colours import COLOURS, RED
from services.tickets.domain.numbers import parse_number
from services.tickets.domain.reading import readers
from services.tickets.domain.telephones import normal_telephone
from services.tickets.domain.ticket import ExternalRef
from services.tickets.handlers.filing import telephone_digest
from services.tickets.handlers.ports import House, Wanted

SEARCHING = (*NUMBERS, "search-too-wide")
"""What a list may answer besides a page."""
SEES = (*ON_DUTY, "partner")
"""Who sees what lies beneath his areas, whoever reported it."""
_EQUAL = ("category", "channel", "level", "handling_mode")


def sorted_by_due(given: Mapping[str, Any]) -> bool:
    """What is narrowed by due time is sorted by it, else the newest come first unless asked otherwise."""
    return given.get("sort") == "due" or "due_after" in given or "due_before" in given


def wanted(house: House, principal: Principal, given: Mapping[str, Any]) -> Wanted:
    """`given` as `schemas.TicketFilter` or `TicketSearch` loaded it; who has no area sees their own.

    Raises NotFound for an area that is not theirs, Refused: number-malformed, number-check-digit, telephone-malformed.
    """
    areas = principal.areas(*SEES)
    own = given["mine"] or not areas
    if own and "area" in given:
        raise NotFound
    telephone = given.get("telephone")
    return Wanted(
        beneath=None if own else beneath(areas, given.get("area")),
        of_person=principal.person_id if own else None, serving=principal.areas(*ON_DUTY) if own else (),
        owner_id=given.get("owner"), assignee_id=given.get("assignee"),
        telephone_digest=telephone_digest(house, normal_telephone(telephone)) if telephone else None,
        text=given.get("text"), unless_about=readers(principal), no_callbacks=principal.is_program,
        equal=_equal(given), one_of=_one_of(given), states=given.get("state", ()),
        due_after=given.get("due_after"), due_before=given.get("due_before"),
    )  # fmt: skip


def _equal(given: Mapping[str, Any]) -> dict[str, Any]:
    equal = {name: given[name] for name in _EQUAL if name in given}
    if "number" in given:
        equal["number"] = parse_number(given["number"])
    if "external_id" in given:
        equal["external_keys"] = ExternalRef(given["external_system"], given["external_id"]).key
    return equal


def _one_of(given: Mapping[str, Any]) -> dict[str, list[str]]:
    one_of = {"kind": given["kind"]} if "kind" in given else {}
    colours = [name for name in given.get("colour", COLOURS) if given.get("late") in (None, name == RED)]
    return one_of if len(colours) == len(COLOURS) else {**one_of, "colour": colours}


def beneath(areas: tuple[str, ...], asked: str | None) -> tuple[str, ...]:
    """What of the caller's areas lies beneath the one asked for. Raises NotFound for one that is not theirs."""
    if asked is None:
        return areas
    if any(asked.startswith(area) for area in areas):
        return (asked,)
    inner = tuple(area for area in areas if area.startswith(asked))
    if not inner:
        raise NotFound
    return inner
