"""Why a clock shows what it shows: every stretch that counted and every one that did not."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from services.tickets.domain.calendars import Calendar, CalendarUnknown, Span, spans
from services.tickets.domain.clocks import Clock
from services.tickets.domain.timelines import Timeline

WORDS = {
    "counted": ("计时", "counted"),
    "station-closed": ("驿站未开放,不计时", "the station was closed"),
    "station-exception": ("驿站当天另有安排,不计时", "the station had other hours that day"),
    "not-a-working-day": ("非工作日,不计时", "not a working day"),
    "before-opening": ("从下一次开放起计时", "counts from the next opening"),
    "paused": ("暂停,不计时", "paused"),
    "paused-beneath": ("下级暂停,本级照常计时", "paused from beneath this level, whose time counts"),
    "taken-up": ("已派出或已有人承接,不计时", "offered, or in somebody's hands: does not count"),
    "calendar-unknown": (
        "该年度工作日历未载入,尚不能计时",
        "the calendar of that year is not loaded: cannot be counted yet",
    ),
    "used-before": ("本轮此前在该级已用", "used at this level before, in this round:"),
}
"""Code → (zh-CN, en)."""


def segments(clock: Clock, now: datetime) -> list[Span]:
    """From the step it counts from to its end (or `now`), without a gap; neighbours of one kind are joined."""
    end = min(clock.finished_at or now, now)
    return list(_joined(_cut(clock.timeline, end)))


def counted_seconds(clock: Clock, now: datetime) -> int:
    return sum(span.seconds for span in segments(clock, now) if span.counts)


def _cut(timeline: Timeline, end: datetime) -> Iterator[Span]:
    cursor = min(timeline.start, end)
    if timeline.anchor < cursor:
        yield Span(timeline.anchor, cursor, False, "before-opening")
    for begin, stop in timeline.running(end):
        if begin > cursor:
            yield _pause(timeline, cursor, begin)
        for span in _known(timeline.calendar, begin, stop):
            yield from _through_pauses(timeline, span)
        cursor = stop
    if cursor < end:
        yield _pause(timeline, cursor, end)


def _through_pauses(timeline: Timeline, span: Span) -> Iterator[Span]:
    """What counted, cut where the ticket waited and the time of its level ran on."""
    cursor = span.start
    for pause in timeline.runs_on if span.counts else ():
        begin, stop = max(pause.start, cursor), min(pause.end or span.end, span.end)
        if begin < stop:
            if cursor < begin:
                yield replace(span, start=cursor, end=begin)
            yield replace(span, start=begin, end=stop, why="paused-beneath", note=pause.reason or None)
            cursor = stop
    if cursor < span.end:
        yield replace(span, start=cursor)


def _known(calendar: Calendar, start: datetime, end: datetime) -> Iterator[Span]:
    """As far as the calendar is loaded; what lies behind is said to be unknown."""
    cursor = start
    try:
        for span in spans(calendar, start, end):
            yield span
            cursor = span.end
    except CalendarUnknown as unknown:
        since = max(cursor, min(unknown.since, end))
        if cursor < since:
            yield from calendar.closed(cursor, since)
        yield Span(since, end, False, "calendar-unknown", str(unknown.year))


def _pause(timeline: Timeline, start: datetime, end: datetime) -> Span:
    here = next((p for p in timeline.pauses if p.start <= start and (p.end is None or start < p.end)), None)
    if here is not None and here.taken_up:
        return Span(start, end, False, "taken-up")
    return Span(start, end, False, "paused", (here.reason if here else None) or None)


def _joined(pieces: Iterable[Span]) -> Iterator[Span]:
    held: Span | None = None
    for piece in pieces:
        if held and (held.counts, held.why, held.note, held.end) == (piece.counts, piece.why, piece.note, piece.start):
            held = Span(held.start, piece.end, held.counts, held.why, held.note)
            continue
        if held:
            yield held
        held = piece
    if held:
        yield held
