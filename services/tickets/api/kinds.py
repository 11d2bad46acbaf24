"""What can be filed where: the kinds of an area, with their catalogues."""

from typing import Any

from services.chassis.http import ANYONE, Call, Reply, query
from services.chassis.unit import Unit
from services.tickets import schemas
from services.tickets.api.access import Base
from services.tickets.api.areas import known_area
from services.tickets.domain.policy import Offered, Policy
from services.tickets.handlers.categories import categories_at
from services.tickets.handlers.policies import kinds_at
from services.tickets.schemas import answers

TAGS = ("kinds",)


class Kinds(Base):
    """Kinds of tickets."""

    @query("GET", "/api/v1/kinds", roles=ANYONE, params=schemas.KindFilter, answer=answers.KindList, tags=TAGS,
           problems=("not-found",))  # fmt: skip
    def list_kinds(self, unit: Unit, call: Call) -> Reply:
        """The kinds that can be filed in an area: what filing asks for, which steps there are, which services.

        Beside them the categories from which residents choose. The words are in the caller's language. What
        holds in the area holds for all beneath it that says nothing else.
        """
        store = self.store(unit)
        area = known_area(store, call.params["area"]).area_path
        kinds = [_kind(one, call.locale) for one in kinds_at(store, self.house, area)]
        categories, is_all = categories_at(store, self.house, area)
        return Reply({"items": kinds, "categories": categories, "categories_complete": is_all})


def _kind(policy: Policy, locale: str) -> dict[str, Any]:
    life = policy.life
    return {
        "kind": policy.kind, "policy": policy.pin, "title": policy.title.of(locale), "asks": sorted(life.asks),
        "takes_date": policy.takes_date, "filed_by": life.filed_by,
        "on_site": life.on_site, "severities": life.severities,
        "verified": life.verified, "volunteers": life.volunteers, "sessions": life.sessions,
        "outcomes": list(life.outcomes), "pauses": sorted(policy.pauses),
        "services": [_service(one, locale) for one in policy.services.values()],
    }  # fmt: skip


def _service(service: Offered, locale: str) -> dict[str, Any]:
    items = [{"code": code, "title": title.of(locale)} for code, title in service.items.items()]
    return {
        "code": service.code, "title": service.title.of(locale), "skills": list(service.skills), "items": items,
    }  # fmt: skip
