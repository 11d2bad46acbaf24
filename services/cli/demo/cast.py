"""Who plays: staff, residents and volunteers, all invented, opened through the public API by the administrator.

Telephone numbers are 190-0000-xxxx, mail addresses lie at example.org; passwords are random and kept in memory only.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from services.cli.demo.county import County, Grid
from services.cli.demo.edge import Caller, Edge

MEMBERS_PER_COMMUNITY = 3
SKILLS = ("electric", "plumbing", "company")
_SELF_REGISTERED = 6
_HANDS = 4


@dataclass(slots=True)
class Cast:
    """The players by what they are, and where."""

    administrator: Caller
    district: Caller
    hotline: Caller
    streets: dict[str, Caller] = field(default_factory=dict)
    communities: dict[str, Caller] = field(default_factory=dict)
    station_heads: dict[str, Caller] = field(default_factory=dict)
    workers: dict[str, Caller] = field(default_factory=dict)
    residents: dict[str, Caller] = field(default_factory=dict)
    members: dict[str, list[Caller]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        alone = 3 + len(self.streets) + len(self.communities)
        crowd = len(self.station_heads) + len(self.workers) + len(self.residents)
        return alone + crowd + sum(len(members) for members in self.members.values())


@dataclass(frozen=True, slots=True)
class _Part:
    """An account to be opened, and where its caller goes."""

    caller: Caller
    role: str
    area: str
    home: str
    registers_himself: bool = False


def _most(number: int) -> bool:
    """Every tenth can only be telephoned: what is written to him is recorded as undeliverable."""
    return number % 10 != 0


def assemble(
    edge: Edge, administrator: Caller, county: County, opened: Callable[[], None],
    has_mail: Callable[[int], bool] = _most,
) -> Cast:  # fmt: skip
    """Open all accounts; `opened` is called after each. Raises Refused, ServiceDown.

    `has_mail` says of the number of an account whether its person has an e-mail address.
    """
    cast = Cast(administrator, _caller(edge, "district"), Caller(edge, "hotline 12345"))
    parts = _parts(edge, cast, county)
    numbers = count(1)

    def open_one(numbered: tuple[int, _Part]) -> None:
        number, part = numbered
        _open(administrator, number, part, has_mail(number))
        opened()

    with ThreadPoolExecutor(_HANDS) as hands:
        list(hands.map(open_one, [(next(numbers), part) for part in parts]))
        _open_hotline(cast, county)
        list(hands.map(lambda community: _found_group(cast, community), county.communities))
    return cast


def size_of(county: County) -> int:
    """How many accounts `assemble` opens with `opened`."""
    grids, communities = len(county.grids), len(county.communities)
    return 1 + len(county.streets) + communities * (1 + MEMBERS_PER_COMMUNITY) + 3 * grids


def _parts(edge: Edge, cast: Cast, county: County) -> Sequence[_Part]:
    parts = [_Part(cast.district, "district", county.path, county.path)]
    for street in county.streets:
        cast.streets[street] = _caller(edge, f"street {street}")
        parts.append(_Part(cast.streets[street], "street", street, street))
    for community in county.communities:
        cast.communities[community] = _caller(edge, f"community {community}")
        parts.append(_Part(cast.communities[community], "community", community, community))
        cast.members[community] = [_caller(edge, f"member of {community}") for _ in range(MEMBERS_PER_COMMUNITY)]
        parts += [_Part(member, "member", community, community) for member in cast.members[community]]
    for number, grid in enumerate(county.grids):
        parts += _of_grid(edge, cast, grid, registers_himself=number < _SELF_REGISTERED)
    return parts


def _of_grid(edge: Edge, cast: Cast, grid: Grid, *, registers_himself: bool) -> list[_Part]:
    cast.workers[grid.id] = _caller(edge, f"grid worker of {grid.id}")
    cast.station_heads[grid.id] = _caller(edge, f"station head of {grid.station_id}")
    cast.residents[grid.id] = _caller(edge, f"resident of {grid.id}")
    return [
        _Part(cast.workers[grid.id], "grid_worker", grid.path, grid.path),
        _Part(cast.station_heads[grid.id], "station_head", grid.station, grid.station),
        _Part(cast.residents[grid.id], "resident", grid.path, grid.path, registers_himself),
    ]


def _caller(edge: Edge, name: str) -> Caller:
    return Caller(edge, name, password=secrets.token_urlsafe(15))


def _open(administrator: Caller, number: int, part: _Part, has_mail: bool) -> None:
    caller = part.caller
    caller.login = f"{part.role.replace('_', '-')}-{number:03d}"
    body: dict[str, Any] = {
        "login": caller.login, "password": caller.password, "area_path": part.home,
        "contact": _contact(number, caller.login, has_mail),
    }  # fmt: skip
    if part.registers_himself:  # the answer does not say who he is; signing in does
        caller.edge.ask("POST", "/api/v1/accounts/registrations", body)
    else:
        answer = administrator.post(
            "/api/v1/accounts", {**body, "grants": [{"role": part.role, "area_path": part.area}]}
        )
        caller.person_id = answer.data["person_id"]
    if part.registers_himself or part.role == "grid_worker":  # ten minutes of the day are two seconds
        caller.sign_in()


def _contact(number: int, login: str, has_mail: bool) -> Mapping[str, Any]:
    email = f"{login}@example.org" if has_mail else None
    locale = "en" if number % 7 == 0 else "zh-CN"
    return {"name": f"演示{number:03d}", "telephone": f"1900000{number:04d}", "email": email, "locale": locale}


def _open_hotline(cast: Cast, county: County) -> None:
    """Another service: no password, an API key that it exchanges for tokens."""
    account = cast.administrator.post("/api/v1/accounts", {
        "kind": "service", "login": "hotline-12345", "password": None, "area_path": county.path,
        "grants": [{"role": "partner", "area_path": county.path}],
    }).data  # fmt: skip
    issued = cast.administrator.post(
        f"/api/v1/accounts/{account['account_id']}/keys", {"name": "12345 hotline", "days": 30}
    )
    cast.hotline.api_key = issued.data["api_key"]


def _found_group(cast: Cast, community: str) -> None:
    """Volunteers ask to be members, the community takes them in; one asks to pause, and comes back."""
    office = cast.communities[community]
    member_id = ""
    for caller in cast.members[community]:
        asked = {"area_path": community, "skills": list(SKILLS), "consent": True}
        member_id = caller.post("/api/v1/members", asked).data["member_id"]
        office.post(f"/api/v1/members/{member_id}/approve")
    if community == next(iter(cast.communities)):
        office.post(f"/api/v1/members/{member_id}/suspend", {"reason_code": "asked_by_person"})
        office.post(f"/api/v1/members/{member_id}/approve")
