"""Events and timers of tickets."""

from collections.abc import Sequence
from typing import Any

from services.chassis.clock_watch import ClockWatch
from services.chassis.consumers import consume
from services.chassis.timer_rows import Timer
from services.chassis.timers import effects, timers
from services.chassis.unit import Unit
from services.contracts.queues import QUEUES
from services.contracts.types import Event
from services.tickets.erasing import erase_what_is_due, forget_past_absences
from services.tickets.erasing_bookings import erase_due_bookings
from services.tickets.handing_back import hand_back_all
from services.tickets.handlers.attachments import sweep
from services.tickets.handlers.claims import answer_claim, answer_revocation, answer_withdrawal
from services.tickets.handlers.firing import settle_all
from services.tickets.house import house_of
from services.tickets.looking_through import look_through
from services.tickets.relocating import relocate_all


class Consumers:
    """What the worker of tickets reacts to."""

    chassis: Any
    store: Any
    batch: Any
    photos: Any

    @consume(QUEUES["tickets.accounts"])
    def on_account(self, unit: Unit, event: Event) -> None:
        """Keep who has which role where: the ladder asks it for owners. Who lost one hands back what he has."""
        store, account = self.store(unit), event.data["account"]
        store.put_account(account, event.sequence)
        if event.sequence > 1:
            store.remember_gone(account["person_id"])

    @consume(QUEUES["tickets.volunteers"])
    def on_claim(self, unit: Unit, event: Event) -> None:
        store, house, claim = self.store(unit), house_of(self.chassis), event.data
        if event.type == "claim.withdrawn":
            answer_withdrawal(store, house, claim["ticket_id"], claim["claim_id"], unit.now)
        elif event.type == "claim.revoked":
            answer_revocation(store, house, claim["ticket_id"], claim["claim_id"], unit.now)
        else:
            answer_claim(
                store, house, claim["ticket_id"], claim["claim_id"], claim["offer_id"], claim["person_id"], unit.now
            )

    @timers
    def on_timers(self, unit: Unit, due: Sequence[Timer]) -> None:
        """Fire what is due; what a command has settled meanwhile is not fired again."""
        tickets = [timer.ref["ticket_id"] for timer in due]
        settle_all(self.batch(unit), house_of(self.chassis), tickets, unit.now)

    @effects
    def on_effect(self, timer: Timer) -> None:
        """Bring along tickets of a place that moved; take them from who is gone; tell whose appointment cannot be kept;
        sweep a photo that nobody attached; erase what had its time.

        What goes because of its age waits while the system clock is not believed; what somebody gave up does not.
        """
        if "gone" in timer.ref:
            hand_back_all(self.chassis, timer.ref["gone"])
            return
        if "look_at" in timer.ref:
            look_through(self.chassis, timer.ref["look_at"])
            return
        if "from_path" in timer.ref:
            relocate_all(self.chassis, timer.ref["from_path"])
            return
        watch, waiting = ClockWatch(self.chassis.db), self.photos(self.chassis.units.read())
        if "attachment_id" not in timer.ref:
            watch.check()
            erase_due_bookings(self.chassis)
            forget_past_absences(self.chassis)
            erase_what_is_due(self.chassis)
            return
        photo_id, units = timer.ref["attachment_id"], self.chassis.units
        if waiting.is_waiting(photo_id):
            watch.check()
        sweep(lambda work: units.run(lambda unit: work(self.photos(unit))), waiting, photo_id)
