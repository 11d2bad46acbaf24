"""A station as plain data says it: its kind, what it serves, its hours."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from services.tickets.domain.hours import WEEKDAYS, BadHours, Exceptional, Hours, Opening, parse_day
from services.tickets.domain.place_reading import Reading
from services.tickets.domain.places import Place, Where
from services.tickets.domain.stations import BUILDING, PLANNED, RESERVED_IDS, STATES, TYPES
from services.writing.characters import is_name

STATION_FIELDS = {
    "id", "name", "type", "state", "parent", "grid", "compounds", "hours", "late", "exceptions", "zones", "facilities",
    "speciality", "position",
}  # fmt: skip
SHORTEST_OPENING, FEWEST_HOURS = 30, 7
"""Minutes of an opening; hours of a week. Less is no time in which anybody is served, and a promise of ten minutes by
such hours is due in months. *(ours)*"""
_SEVERAL = {"daily": WEEKDAYS, "workdays": WEEKDAYS[:5], "weekend": WEEKDAYS[5:]}


def read_station(reading: Reading, item: Any, where: Where, above: str) -> None:
    data = reading.mapping(item, where, STATION_FIELDS)
    if not data:
        return
    kind, state = _one_of(reading, data, "type", TYPES, where), _one_of(reading, data, "state", STATES, where)
    if not isinstance(data.get("grid"), str):
        reading.wrong((*where, "grid"), "required")
    parent = data.get("parent")
    if parent is not None and not isinstance(parent, str):
        reading.wrong((*where, "parent"), "not-a-slug")
        parent = None
    compounds, hours = reading.slugs(data, "compounds", where), read_hours(reading, data, where, state)
    zones, facilities = reading.texts(data, "zones", where), reading.texts(data, "facilities", where)
    speciality = data.get("speciality")
    head = reading.head(data, where)
    if head is None:
        return
    if head[0] in RESERVED_IDS:
        reading.wrong((*where, "id"), "id-reserved", id=head[0])
    reading.add(
        Place(
            head[0], "station", head[1], f"{above}{head[0]}/", grid=str(data.get("grid")), compounds=compounds,
            hours=hours, station_type=kind, demo=reading.demo, state=state, parent=parent, zones=zones,
            facilities=facilities, position=reading.position(data, where),
            speciality=None if speciality is None else reading.text(speciality, (*where, "speciality")),
        ),
        where,
    )  # fmt: skip


def _one_of(reading: Reading, data: Mapping[str, Any], key: str, choices: Any, where: Where) -> str | None:
    value = data.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or value not in choices:
        reading.wrong((*where, key), "not-one-of", choices=", ".join(choices))
        return None
    return value


def read_hours(reading: Reading, data: Mapping[str, Any], where: Where, state: str | None) -> Hours | None:
    """`hours` and `late` by weekday (`daily`, `workdays`, `weekend` name several), `exceptions` by date.

    What is only planned or being built need not have hours yet.
    """
    texts: dict[str, list[str]] = {day: [] for day in WEEKDAYS}
    said: dict[str, Where] = {}
    for key in ("hours", "late"):
        _week(reading, data.get(key, {}), (*where, key), texts, said)
    week = tuple(_openings(reading, texts[day], said.get(day, (*where, "hours"))) for day in WEEKDAYS)
    if any(week):
        minutes = sum(end - start for day in week for start, end in day)
        if minutes < FEWEST_HOURS * 60:
            reading.wrong((*where, "hours"), "hours-few", least=str(FEWEST_HOURS))
        return Hours(week, _exceptions(reading, data, where))
    if state not in (PLANNED, BUILDING):
        reading.wrong((*where, "hours"), "never-open")
    return None


def _week(reading: Reading, table: Any, where: Where, texts: dict[str, list[str]], said: dict[str, Where]) -> None:
    rows = reading.mapping(table, where, {*WEEKDAYS, *_SEVERAL})
    for key, row in rows.items():
        if not isinstance(row, list) or not all(isinstance(text, str) for text in row):
            reading.wrong((*where, str(key)), "not-a-list-of-hours")
            continue
        for day in _SEVERAL.get(key, (key,)):
            if day in texts:
                texts[day].extend(row)
                said[day] = (*where, str(key))


def _openings(reading: Reading, texts: list[str], where: Where) -> tuple[Opening, ...]:
    try:
        openings = parse_day(texts)
        if any(end - start < SHORTEST_OPENING for start, end in openings):
            reading.wrong(where, "hours-short", least=str(SHORTEST_OPENING))
        return openings
    except BadHours as error:
        reading.wrong(where, f"hours-{error.args[0]}")
        return ()


def _exceptions(reading: Reading, data: Mapping[str, Any], where: Where) -> dict[date, Exceptional]:
    found: dict[date, Exceptional] = {}
    for item, at in reading.items(data, "exceptions", where):
        one = reading.mapping(item, at, {"date", "closed", "hours", "reason"})
        day, reason = _date(one.get("date")), one.get("reason", "")
        if day is None:
            reading.wrong((*at, "date"), "not-a-date")
            continue
        if day in found:
            reading.wrong((*at, "date"), "date-twice")
        if ("closed" in one) == ("hours" in one):
            reading.wrong(at, "closed-or-hours")
        texts = one.get("hours", [])
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            reading.wrong((*at, "hours"), "not-a-list-of-hours")
            continue
        kept = str(reason).strip()[:60]
        if kept and not is_name(kept):
            reading.wrong((*at, "reason"), "not-a-short-text")
        reading.without_personal_numbers(kept, (*at, "reason"))
        found[day] = Exceptional(_openings(reading, texts, (*at, "hours")), kept)
    return found


def _date(value: Any) -> date | None:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
