"""The six-party register (1+6+N): which organisation fills which party in a compound, and which are missing."""

from typing import Any

from services.chassis.http import Call, Reply, command, query
from services.chassis.unit import Unit
from services.tickets.api.access import ON_DUTY
from services.tickets.api.acts import Keeping
from services.tickets.api.areas import known_area
from services.tickets.api.places import known
from services.tickets.domain.acts import register_act
from services.tickets.domain.places import Place
from services.tickets.domain.six_parties import OTHERS, PARTIES, Organisation, Overview, Register
from services.tickets.handlers.six_parties import COMPOUND, define_register, overviews_beneath
from services.tickets.schemas import parties as shapes

TAGS = ("compounds",)
DEFINING = ("community", "street", "district", "admin")
LOOKING = (*ON_DUTY, "admin")
_OTHERS = ("其他力量", "others who take part")


class SixParties(Keeping):
    """Six-party registers."""

    @query("GET", "/api/v1/compounds/<compound_id>/parties", roles=LOOKING, answer=shapes.RegisterOut, tags=TAGS)
    def get_register(self, unit: Unit, call: Call, compound_id: str) -> Reply:
        """Who fills each of the six parties in a compound; its `ETag` is asked for by who changes it."""
        store = self.store(unit)
        compound = _compound(store, call, compound_id, LOOKING)
        register = store.registers([compound.id])[compound.id]
        return Reply(_register(compound, register, call.locale), etag=register.revision)

    @command("PUT", "/api/v1/compounds/<compound_id>/parties", roles=DEFINING, body=shapes.DefineRegister,
             answer=shapes.RegisterOut, tags=TAGS)  # fmt: skip
    def define_register(self, unit: Unit, call: Call, compound_id: str) -> Reply:
        """Define the register as a whole, with the `If-Match` of what was seen; no names or telephones of persons."""
        store = self.store(unit)
        compound = _compound(store, call, compound_id, DEFINING)
        before = store.registers([compound.id])[compound.id]
        call.if_match(before.revision)
        parties = {
            party: tuple(Organisation(one["name"], one["contact_id"]) for one in found)
            for party, found in call.body["parties"].items()
        }
        after = define_register(store, before, parties, call.principal.person_id, unit.now)
        self.record_act(unit, call, register_act(compound.id, compound.area_path, before, after))
        return Reply(_register(compound, after, call.locale), etag=after.revision)

    @query("GET", "/api/v1/compounds/parties", roles=LOOKING, params=shapes.RegisterFilter,
           answer=shapes.OverviewPage, tags=TAGS)  # fmt: skip
    def list_registers(self, unit: Unit, call: Call) -> Reply:
        """How many organisations fill each party in an area's compounds; `incomplete`: only where one is missing."""
        store, asked = self.store(unit), call.params
        area = known_area(store, asked["area"]).area_path
        call.principal.require(area, *LOOKING)
        after = call.page.after[0] if call.page.after else None
        found = overviews_beneath(store, area, after, call.page.fetch, incomplete=asked["incomplete"])
        page = call.page.answer(found, lambda pair: (pair[0].id,))
        page["items"] = [_overview(compound, overview, call.locale) for compound, overview in page["items"]]
        return Reply(page)


def _compound(store: Any, call: Call, compound_id: str, roles: tuple[str, ...]) -> Place:
    """For who has one of the roles over it, or over a grid that it lies in. Raises NotFound, NotAllowed."""
    place = known(store, compound_id, COMPOUND)
    grids = [store.place(id) for id in place.grids]
    if not any(grid is not None and call.principal.may(grid.area_path, *roles) for grid in grids):
        call.principal.require(place.area_path, *roles)
    return place


def _register(compound: Place, register: Register, locale: str) -> dict[str, Any]:
    found = {
        party: [{"name": one.name, "contact_id": one.contact_id} for one in register.parties.get(party, ())]
        for party in (*PARTIES, OTHERS)
    }
    parties = [{**_titled(party, locale), "organisations": found[party]} for party in found]
    return {**_of_compound(compound, register), "parties": parties}


def _overview(compound: Place, overview: Overview, locale: str) -> dict[str, Any]:
    numbers = {party: overview.numbers.get(party, 0) for party in (*PARTIES, OTHERS)}
    parties = [{**_titled(party, locale), "number": number} for party, number in numbers.items()]
    return {**_of_compound(compound, overview), "parties": parties}


def _of_compound(compound: Place, register: Register | Overview) -> dict[str, Any]:
    return {
        "compound_id": compound.id, "name": compound.name, "area_path": compound.area_path,
        "missing": list(register.missing), "defined_at": register.at.isoformat() if register.at else None,
        "defined_by": register.by,
    }  # fmt: skip


def _titled(party: str, locale: str) -> dict[str, str]:
    title = PARTIES[party].of(locale) if party in PARTIES else _OTHERS[0 if locale == "zh-CN" else 1]
    return {"party": party, "title": title}
