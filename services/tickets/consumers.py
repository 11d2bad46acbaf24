"""Events and timers of tickets."""

from typing import Any

from services.chassis.consumers import consume
from services.chassis.timer_rows import Timer
from services.chassis.timers import timers
from services.chassis.unit import Unit
from services.contracts.queues import QUEUES
from services.contracts.types import Event
from services.tickets.handlers.claims import answer_claim, note_release
from services.tickets.handlers.life import settle_due
from services.tickets.house import house_of


class Consumers:
    """What the worker of tickets reacts to."""

    chassis: Any
    store: Any

    @consume(QUEUES["tickets.accounts"])
    def on_account(self, unit: Unit, event: Event) -> None:
        """Keep who has which role where: the ladder asks it for owners."""
        self.store(unit).put_account(event.data["account"], event.sequence)

    @consume(QUEUES["tickets.volunteers"])
    def on_claim(self, unit: Unit, event: Event) -> None:
        store, house, claim = self.store(unit), house_of(self.chassis), event.data
        if event.type == "claim.released":
            note_release(store, house, claim["ticket_id"], claim["claim_id"], unit.now)
        else:
            answer_claim(
                store, house, claim["ticket_id"], claim["claim_id"], claim["offer_id"], claim["person_id"], unit.now
            )

    @timers
    def on_timer(self, unit: Unit, timer: Timer) -> None:
        """Fire what is due of one ticket; what a command has settled meanwhile is not fired again."""
        settle_due(self.store(unit), house_of(self.chassis), timer.ref["ticket_id"], unit.now)
