"""The county of a file: each neighbourhood is a street with one community, each ward in it a grid.

Only the names come from the file. It is loaded as an operator loads any places file.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

import yaml

from services.cli.replay.rows import Row

COUNTY = "replay"
NOWHERE = "no neighbourhood"
_LONGEST = 40


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a request belongs: slugs and names of its neighbourhood and its grid."""

    neighbourhood: str
    name: str
    ward: str
    ward_name: str

    @property
    def grid(self) -> str:
        return f"grid-{self.ward}"

    @property
    def community_path(self) -> str:
        return f"/{COUNTY}/street-{self.neighbourhood}/community-{self.neighbourhood}/"


def spot_of(row: Row) -> Spot:
    """Spellings that differ in case, signs or leading zeros ("Ward 5", "05") are one place."""
    name = row.neighbourhood or NOWHERE
    ward = re.search(r"[1-9]\d*", row.ward)
    ward_name = f"ward {ward.group()}" if ward else row.ward or "no ward"
    return Spot(_slug(name), name[:60], _slug(f"{name} {ward_name}"), f"{name[:40]}, {ward_name[:18]}")


def places_file(rows: Iterable[Row]) -> bytes:
    """A places file (YAML) with every place that the rows name."""
    streets: dict[str, tuple[str, dict[str, str]]] = {}
    for spot in map(spot_of, rows):
        _, grids = streets.setdefault(spot.neighbourhood, (spot.name, {}))
        grids.setdefault(spot.grid, spot.ward_name)
    tree = {
        "demo": True,
        "county": {"id": COUNTY, "name": "Replay"},
        "streets": [
            {"id": f"street-{slug}", "name": name, "communities": [{
                "id": f"community-{slug}", "name": name,
                "grids": [{"id": grid, "name": grid_name} for grid, grid_name in sorted(grids.items())],
            }]}
            for slug, (name, grids) in sorted(streets.items())
        ],
    }  # fmt: skip
    return yaml.safe_dump(tree, allow_unicode=True, sort_keys=False).encode()


def _slug(name: str) -> str:
    """Letters and digits of `name`; a name with none of ours, or a long one, is told by a digest as well."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    if plain and len(plain) <= _LONGEST and name.isascii():
        return plain
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{plain[:_LONGEST].strip('-')}-{digest}".strip("-")
