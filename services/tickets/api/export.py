"""The list as a table for spreadsheets: CSV in UTF-8 with a byte order mark, in the caller's language."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.chassis.aside import aside
from services.chassis.auth.principal import Principal
from services.chassis.http import SIGNED_IN, Call, PageSize, Reply, query
from services.chassis.http.problems import Locale
from services.chassis.unit import Unit
from services.tickets import schemas
from services.tickets.api.access import TAGS
from services.tickets.api.accesses import EXPORT, Recording
from services.tickets.api.places import WHOLE
from services.tickets.api.wanted import SEARCHING, SEES, sorted_by_due, wanted
from services.tickets.api.words import word
from services.tickets.domain.reading import is_asked_about
from services.tickets.domain.ticket import CALLBACK
from services.tickets.files.cells import harmless
from services.tickets.handlers.ports import RATED

ROWS = PageSize(5_000, 5_000)
"""Of one file; there is a cursor to the next (ours)."""
COLUMNS: Sequence[tuple[str, str, str]] = (
    ("number", "工单编号", "Number"), ("kind", "类型", "Kind"), ("state", "状态", "State"),
    ("colour", "颜色", "Colour"), ("level", "层级", "Level"), ("category", "类别", "Category"),
    ("channel", "来源渠道", "Channel"),
    ("urgent", "紧急", "Urgent"), ("severity", "等级", "Severity"), ("area_path", "区域", "Area"),
    ("compound_id", "小区", "Compound"), ("station_id", "驿站", "Station"), ("summary", "摘要", "Summary"),
    ("owner_id", "责任人", "Owner"), ("assignee_id", "经办人", "Assignee"), ("occurred_at", "发生时间", "Occurred at"),
    ("recorded_at", "登记时间", "Recorded at"), ("due_at", "到期时间", "Due at"),
    ("arrived_at", "到场时间", "Arrived at"),
    ("planned_for", "方案日期", "Planned for"), ("resolved_at", "办结时间", "Resolved at"),
    ("closed_at", "销号时间", "Closed at"), ("rating", "评分", "Rating"),
    ("external_refs", "外部编号", "External references"),
)  # fmt: skip
"""Stored fields; nothing that is sealed, and nothing that the list does not show."""

_BESIDES = ["station_path", "reporter_id", "also_reported_by", "withdrawn_by"]
"""Fields that are no columns, by which it is judged what the reader is shown."""


class Export(Recording):
    """The list, to be taken along."""

    @query("GET", "/api/v1/tickets/export", roles=SIGNED_IN, params=schemas.TicketFilter, page_size=ROWS, at_once=WHOLE,
           media="text/csv; charset=utf-8", tags=TAGS, problems=SEARCHING)  # fmt: skip
    def export_tickets(self, unit: Unit, call: Call) -> Reply:
        """The list as a CSV file, narrowed and sorted like the list; at most 5,000 rows.

        When there are more, the header `Next-Cursor` has the `cursor` of the next file. Times are local. Whatever a
        spreadsheet would take for a formula begins with an apostrophe. It is recorded who takes lists along.
        """
        by_due, page = sorted_by_due(call.params), call.page
        asked = wanted(self.house, call.principal, call.params)
        self.record_access(unit, call, EXPORT, asked)
        found = self.store(unit).rows(
            asked, page.after, page.fetch, by_due, [name for name, _, _ in COLUMNS] + _BESIDES
        )
        rows = [_for(call.principal, row) for row in found[: page.limit]]
        name = f"tickets-{unit.now.astimezone(self.house.zone):%Y%m%d-%H%M}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        if len(found) > page.limit:
            headers["Next-Cursor"] = page.cursor(_position(rows[-1], by_due))
        return Reply(aside(lambda: table(rows, call.locale, self.house.zone)), headers=headers)


def _for(reader: Principal, row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row as the list shows it to this reader."""
    paths = [path for path in (row["area_path"], row.get("station_path")) if path]
    if not any(reader.may(path, *SEES) for path in paths):
        also, gone = row.get("also_reported_by") or (), row.get("withdrawn_by") or ()
        hidden = {
            "summary": bool(also or gone), "rating": reader.person_id in gone,
            "external_refs": reader.person_id != row.get("reporter_id"),
        }  # fmt: skip
        row = {name: None if hidden.get(name) else value for name, value in row.items()}
    about = is_asked_about(row["kind"] == CALLBACK, row.get(RATED, ()), reader)
    return {**row, "summary": None} if about else row


def table(rows: Iterable[Mapping[str, Any]], locale: Locale, zone: ZoneInfo) -> bytes:
    """The whole file, with its heading."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([zh if locale == "zh-CN" else en for _, zh, en in COLUMNS])
    for row in rows:
        writer.writerow([harmless(_cell(name, row.get(name), locale, zone)) for name, _, _ in COLUMNS])
    return text.getvalue().encode("utf-8-sig")


def _cell(name: str, value: Any, locale: Locale, zone: ZoneInfo) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value.astimezone(zone):%Y-%m-%d %H:%M:%S}"
    if name == "external_refs":
        return "; ".join(f"{ref['system']}:{ref['id']}" for ref in value)
    return word(name, value, locale)


def _position(row: Mapping[str, Any], by_due: bool) -> tuple[Any, ...]:
    return (row["due_key"], row["_id"]) if by_due else (row["_id"],)
