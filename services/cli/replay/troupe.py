"""Who plays: the city's 311 desk as a partner, one grid worker a neighbourhood, and the district that looks at clocks.

All are opened through the public API by an administrator; passwords and keys are random and kept in memory only.
"""

import secrets
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from services.accounts.administration import create_first_admin
from services.chassis.context import Context
from services.cli.demo.edge import Caller, Document, Edge
from services.cli.replay.places import COUNTY, spot_of
from services.cli.replay.rows import Row

_ROWS_A_DESK = 2500
"""One account may file 3,000 tickets an hour; a month is filed in less."""
_COUNTY_PATH = f"/{COUNTY}/"
_HANDS = 4


@dataclass(frozen=True, slots=True)
class Troupe:
    desks: Sequence[Caller]
    workers: Mapping[str, Caller]
    """By neighbourhood."""
    district: Caller

    def desk_of(self, row: Row) -> Caller:
        return self.desks[row.line % len(self.desks)]

    def worker_of(self, row: Row) -> Caller:
        return self.workers[spot_of(row).neighbourhood]


def assemble(edge: Edge, accounts: Context, rows: Sequence[Row]) -> Troupe:
    """Open all accounts on a fresh installation. Raises Refused, ServiceDown, AdministratorExists."""
    administrator = Caller(edge, "administrator", "administrator", secrets.token_urlsafe(15))
    create_first_admin(accounts, administrator.login, administrator.password, _COUNTY_PATH)
    communities = {spot.neighbourhood: spot.community_path for spot in map(spot_of, rows)}
    desks = [Caller(edge, f"311 desk {number}") for number in range(1, 2 + len(rows) // _ROWS_A_DESK)]
    workers = {slug: Caller(edge, f"grid worker of {slug}") for slug in communities}
    district = Caller(edge, "district")
    with ThreadPoolExecutor(_HANDS) as hands:
        opened = [hands.submit(_open, administrator, district, "district", _COUNTY_PATH, 0)]
        for number, (slug, path) in enumerate(communities.items(), 1):
            opened.append(hands.submit(_open, administrator, workers[slug], "grid_worker", path, number))
        for number, desk in enumerate(desks, 1):
            opened.append(hands.submit(_open_desk, administrator, desk, number))
        for account in opened:
            account.result()
    return Troupe(desks, workers, district)


def _open(administrator: Caller, caller: Caller, role: str, area: str, number: int) -> None:
    """Reached by telephone alone: thousands of mails would tell nothing more."""
    caller.login, caller.password = f"{role.replace('_', '-')}-{number:03d}", secrets.token_urlsafe(15)
    contact = {"name": f"重放{number:03d}", "telephone": f"1900000{number:04d}", "email": None, "locale": "en"}
    administrator.post("/api/v1/accounts", {
        "login": caller.login, "password": caller.password, "area_path": area, "contact": contact,
        "grants": [{"role": role, "area_path": area}],
    })  # fmt: skip
    caller.sign_in()


def _open_desk(administrator: Caller, desk: Caller, number: int) -> None:
    """Another service: no password, an API key that it exchanges for tokens."""
    account: Document = administrator.post("/api/v1/accounts", {
        "kind": "service", "login": f"desk-311-{number}", "password": None, "area_path": _COUNTY_PATH,
        "grants": [{"role": "partner", "area_path": _COUNTY_PATH}],
    }).data  # fmt: skip
    issued = administrator.post(f"/api/v1/accounts/{account['account_id']}/keys", {"name": "311 desk", "days": 30})
    desk.api_key = issued.data["api_key"]
    desk.sign_in()
