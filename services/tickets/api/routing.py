"""Why a ticket is handled as it is (五必办), and how a matter would be."""

from services.chassis.http import SIGNED_IN, Call, Reply, query
from services.chassis.unit import Unit
from services.tickets.api.access import NUMBERS, ON_DUTY, TAGS, Base, actor, find
from services.tickets.api.areas import known_area
from services.tickets.domain.refused import Refused
from services.tickets.domain.routing import Matter, choose
from services.tickets.handlers.routing import decisions
from services.tickets.routing_words import choice_answer
from services.tickets.schemas import routing as shapes

ASKING = (*ON_DUTY, "admin")


class Routing(Base):
    """Questions about routing; rules are activated by `doorstep routing`."""

    @query("GET", "/api/v1/tickets/<ticket_id>/routing", roles=SIGNED_IN, answer=shapes.RoutingOut, tags=TAGS,
           problems=NUMBERS)  # fmt: skip
    def get_routing(self, unit: Unit, call: Call, ticket_id: str) -> Reply:
        """Why was this routed here: each decision with its rule set, every rule that was tried, and why not it."""
        store = self.store(unit)
        ticket = find(store, ticket_id)
        actor(self.house, call, ticket)
        found = [
            {
                **choice_answer(one.again(self.house.rule_set(store, one.rules)), call.locale),
                "at": step.at.isoformat(), "step": step.kind, "opened": one.opened,
            }
            for step, one in decisions(ticket)
        ]  # fmt: skip
        return Reply({
            "ticket_id": ticket.id, "number": ticket.number, "handling_mode": ticket.handling_mode, "decisions": found,
        })  # fmt: skip

    @query("POST", "/api/v1/routing/try", roles=ASKING, body=shapes.TryRouting, answer=shapes.ChoiceOut, tags=TAGS,
           problems=("no-rules-there", "not-found"))  # fmt: skip
    def try_routing(self, unit: Unit, call: Call) -> Reply:
        """How a matter would be handled by the rules that hold in an area. Nothing is filed."""
        store, body = self.store(unit), call.body
        place = known_area(store, body["area"])
        call.principal.require(place.area_path, *ASKING)
        rules = self.house.rule_set_for(store, place.area_path)
        if rules is None:
            raise Refused("no-rules-there", area=place.area_path)
        return Reply(choice_answer(choose(rules, Matter(**body)), call.locale))
