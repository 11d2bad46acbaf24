"""Tickets of a county by the hundred thousand, as documents: lives played once by the real handlers, then varied.

Every ticket is one of a dozen lives, moved in time, with a place, people, a summary and references of its own. The
stations of these lives never close, so that a life may begin at any moment. Shares are ours: most are closed; of the
rest most wait for somebody.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any
from uuid import UUID

from services.tickets.domain.numbers import check_digit, written
from services.tickets.domain.ticket import ExternalRef, Placing, Ticket
from services.tickets.handlers.ports import Listing
from services.tickets.places import demonstration_county
from services.tickets.storage.documents import Document, ticket_document
from tests.unit.tickets.office import Choice, Office

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
"""When the last of them was filed: Monday, 09:00 in Shanghai."""
YEARS = timedelta(days=3 * 365)
_DONE = timedelta(days=15)
"""The longest of these lives, until it is closed."""
_LIVES: Mapping[str, tuple[int, list[tuple[int, str]]]] = {
    "closed": (620, [(1, "accept"), (1, "assign"), (2, "arrive"), (9, "resolve"), (20, "confirm"), (20_000, "")]),
    "closed warned": (180, [(1, "accept"), (6, "assign"), (8, "arrive"), (20, "resolve"), (20_000, "")]),
    "closed late": (60, [(1, "accept"), (6, "assign"), (25, "arrive"), (60, "resolve"), (70, "confirm"), (20_000, "")]),
    "cancelled": (30, [(3, "cancel")]),
    "rejected": (20, [(4, "reject")]),
    "confirmed": (10, [(1, "accept"), (1, "assign"), (2, "arrive"), (9, "resolve"), (20, "confirm")]),
    "resolved": (15, [(1, "accept"), (1, "assign"), (2, "arrive"), (9, "resolve")]),
    "reopened": (5, [(1, "accept"), (1, "assign"), (2, "arrive"), (9, "resolve"), (60, "reopen")]),
    "filed": (10, []),
    "filed and overdue": (5, [(200, "")]),
    "accepted": (8, [(1, "accept")]),
    "offered": (7, [(1, "accept"), (2, "offer")]),
    "assigned": (10, [(1, "accept"), (2, "assign")]),
    "assigned and overdue": (5, [(1, "accept"), (2, "assign"), (30, "")]),
    "on site": (8, [(1, "accept"), (2, "assign"), (5, "arrive")]),
    "planned": (7, [(1, "accept"), (2, "assign"), (5, "arrive grave"), (9, "plan")]),
}  # fmt: skip
"""Each with its share, and minutes after filing with what is done then; "" only lets the clocks fire."""
_KINDS: Mapping[str, float] = {
    "request": 55,
    "order": 12,
    "errand": 8,
    "hazard": 8,
    "visit": 8,
    "wish": 5,
    "dispute": 3,
    "loan": 1,
    "project": 0.3,
}
_CHANNELS = {"desk": 30, "online": 35, "hotline": 20, "snapshot": 10, "mailbox": 5}
_CATEGORIES = {"lighting": 15, "rubbish": 20, "parking": 15, "noise": 15, "leak": 20, "lift": 10, "well": 1}
_WHERE = ("东门", "西门", "南区", "北区", "中心花园", "地下车库", "文化广场", "幼儿园门口", "菜市场旁", "公交站旁")
_WHAT = ("路灯不亮", "垃圾满溢", "电梯停运", "水管漏水", "下水道堵塞", "楼道堆放杂物", "电动车占道", "夜间施工噪音",
         "墙皮脱落", "窨井盖松动", "树枝压线", "健身器材损坏", "充电桩故障", "门禁失灵", "积水难行")  # fmt: skip
_ASKED = ("请尽快处理", "居民多次反映", "已拍照", "老人出行不便", "需协调物业", "影响通行", "")


@dataclass(frozen=True)
class Life:
    """One ticket as the handlers left it."""

    ticket: Ticket
    listing: Listing


def many_tickets(count: int, seed: int = 1, **same: Any) -> Iterator[Document]:
    """`count` documents, oldest first; the same for the same seed. `same` is what all tickets have alike."""
    draw, lives = random.Random(seed), _lives()
    shares = [share for share, _ in _LIVES.values()]
    placings = _placings()
    for serial, life in enumerate(draw.choices(lives, shares, k=count)):
        ended = life.ticket.state in ("closed", "cancelled", "rejected")
        ago = _DONE + YEARS * (1 - serial / count) if ended else timedelta(seconds=draw.randrange(3 * 86_400))
        placing = draw.choices(placings, _weights(len(placings)))[0]
        yield _varied(life, draw, serial, ago, placing, same)


def grid_paths() -> list[str]:
    return [placing.area_path for placing in _placings()]


def worker_of(grid_id: str) -> str:
    """Who works in a grid."""
    return _person(f"worker of {grid_id}")


def telephone_of(resident: int) -> str:
    return f"138{resident % 100_000_000:08d}"


def digest_of(telephone: str) -> str:
    """What stands for the keyed digest of a telephone, unless `many_tickets` is told a better one."""
    return sha256(telephone.encode()).hexdigest()


def _varied(
    life: Life, draw: random.Random, serial: int, ago: timedelta, placing: Placing, same: Mapping[str, Any]
) -> Document:
    digest = same.get("digest", digest_of)
    by = NOW - ago - life.ticket.recorded_at
    by -= timedelta(microseconds=by.microseconds)
    known = draw.random() < 0.7
    resident = draw.randrange(30_000)
    grid_level = life.ticket.level == "grid"
    owner = worker_of(placing.grid_id) if grid_level else _person(f"{life.ticket.level} over {placing.grid_id}")
    ticket = replace(
        _moved(life.ticket, by), id=_identity(NOW - ago, serial), number=number_of(serial), placing=placing,
        kind=_one(draw, _KINDS), channel=_one(draw, _CHANNELS), category=_one(draw, _CATEGORIES),
        summary=f"{draw.choice(_WHERE)}{draw.randrange(1, 40)}号楼{draw.choice(_WHAT)} {draw.choice(_ASKED)}".strip(),
        reporter_id=_person(f"resident {resident}") if known else None, owner_id=owner,
        assignee_id=worker_of(placing.grid_id) if life.ticket.assignee_id else None,
        telephone_digest=digest(telephone_of(resident)) if known else None, sealed=same.get("sealed"),
        external_refs=(ExternalRef("hotline-12345", f"H{serial:08d}"),) if serial % 5 == 0 else (),
    )  # fmt: skip
    due = life.listing.due_at
    return ticket_document(ticket, replace(life.listing, due_at=due + by if due else None))


def _moved(ticket: Ticket, by: timedelta) -> Ticket:
    times = {name: getattr(ticket, name) for name in (
        "occurred_at", "recorded_at", "arrived_at", "planned_for", "resolved_at", "confirmed_at", "closed_at",
    )}  # fmt: skip
    steps = tuple(
        replace(step, at=step.at + by, detail={name: _later(value, by) for name, value in step.detail.items()})
        for step in ticket.history
    )
    return replace(ticket, history=steps, **{name: _later(value, by) for name, value in times.items()})


def _later(value: Any, by: timedelta) -> Any:
    return value + by if isinstance(value, datetime) else value


@cache
def _lives() -> list[Life]:
    office = Office(now=NOW)
    office.open_at("round the clock")
    return [_lived(office, deeds) for _, deeds in _LIVES.values()]


def _lived(office: Office, deeds: list[tuple[int, str]]) -> Life:
    office.now = NOW
    ticket_id = office.file()
    for minutes, deed in deeds:
        office.now = NOW + timedelta(minutes=minutes)
        office.settle(ticket_id)
        name, _, grave = deed.partition(" ")
        if name:
            part = {"confirm": "reporter", "cancel": "reporter", "reopen": "reporter", "reject": "community"}
            who = office.actor(ticket_id, part.get(name, "assignee" if name in ("arrive", "resolve") else "grid_head"))
            refused = office.attempt(ticket_id, name, who, Choice(severity="special" if grave else "ordinary"))
            if refused:
                raise ValueError(f"{deed}: {refused}")
    return Life(replace(office.ticket(ticket_id), sealed=None, secret_hash=None), office.listing(ticket_id))


@cache
def _placings() -> list[Placing]:
    """One for each grid of the demonstration county, with the station that serves there."""
    data, found = demonstration_county(), []
    for street in data["streets"]:
        for community in street["communities"]:
            path = f"/{data['county']['id']}/{street['id']}/{community['id']}/"
            for grid in community["grids"]:
                station = next((one for one in community["stations"] if one.get("grid") == grid["id"]), None)
                name = station["id"] if station else None
                found.append(
                    Placing(grid["id"], f"{path}{grid['id']}/", None, name, f"{path}{name}/" if name else None)
                )
    return found


@cache
def _weights(places: int) -> tuple[float, ...]:
    """Some grids have four times the matters of others."""
    return tuple(1 + 3 * number / places for number in range(places))


def _one(draw: random.Random, shares: Mapping[str, float]) -> str:
    return draw.choices(list(shares), list(shares.values()))[0]


def _identity(at: datetime, serial: int) -> str:
    """As UUID version 7: in the order of time."""
    return str(UUID(int=int(at.timestamp() * 1000) << 80 | 7 << 76 | 2 << 62 | serial))


def _person(name: str) -> str:
    return str(UUID(bytes=sha256(name.encode()).digest()[:16], version=4))


def number_of(serial: int) -> str:
    digits = f"{serial:012d}"
    return written(f"{digits}{check_digit(digits)}")
