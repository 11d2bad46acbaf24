"""Six-party registers: defined as a whole, and looked through for missing parties."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from services.tickets.domain.places import Place
from services.tickets.domain.six_parties import Organisation, Overview, Register

COMPOUND = ("compound",)
_LOOKED_AT = 200


class Registers(Protocol):
    """Keeps registers, and knows the compounds."""

    def registers(self, compound_ids: Sequence[str]) -> Mapping[str, Register]: ...
    def overviews(self, compound_ids: Sequence[str]) -> Mapping[str, Overview]: ...
    def put_register(self, register: Register) -> None: ...
    def find_places(
        self, levels: Sequence[str], under: str | None, after: str | None, limit: int, equal: Mapping[str, Any] = {}
    ) -> list[Place]: ...


def define_register(
    kept: Registers, before: Register, parties: Mapping[str, tuple[Organisation, ...]], by: str, now: datetime
) -> Register:
    """The register as a whole, in place of what it was."""
    filled = {party: found for party, found in parties.items() if found}
    after = replace(before, parties=filled, revision=before.revision + 1, at=now, by=by)
    kept.put_register(after)
    return after


def overviews_beneath(
    kept: Registers, area_path: str, after: str | None, limit: int, *, incomplete: bool
) -> list[tuple[Place, Overview]]:
    """Compounds of an area with what fills their parties, by identity; only those that miss a party if asked."""
    found: list[tuple[Place, Overview]] = []
    while len(found) < limit:
        compounds = kept.find_places(COMPOUND, area_path, after, _LOOKED_AT)
        overviews = kept.overviews([compound.id for compound in compounds])
        pairs = ((compound, overviews[compound.id]) for compound in compounds)
        found += [(compound, overview) for compound, overview in pairs if overview.missing or not incomplete]
        if len(compounds) < _LOOKED_AT:
            break
        after = compounds[-1].id
    return found[:limit]
