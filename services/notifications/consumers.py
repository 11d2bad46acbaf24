"""Events and timers of notifications. Event handlers only record; the effect timer sends."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from services.chassis.clock import system_now
from services.chassis.consumers import consume
from services.chassis.context import Context
from services.chassis.seal import Sealer, Unsealable
from services.chassis.timer_rows import Timer
from services.chassis.timers import effects
from services.chassis.unit import Unit
from services.contracts.queues import QUEUES
from services.contracts.types import Event
from services.notifications.domain.recipients import Statement, merge
from services.notifications.domain.templates import Private, best_locale
from services.notifications.handlers.confirming import link
from services.notifications.handlers.contacts import keep_contact
from services.notifications.handlers.deliver import Delivery, Letter, begin_delivery, finish_delivery
from services.notifications.handlers.ports import Store
from services.notifications.handlers.record import record_event
from services.notifications.kept import open_kept
from services.notifications.mail import MailServer, count_put_off, count_uncertain
from services.notifications.settings import delivery_policy, public_url
from services.notifications.texts import catalogues


class Notifications:
    """What the worker of notifications reacts to."""

    chassis: Any
    store: Any

    @consume(QUEUES["notifications.tickets"], lanes=2)
    def on_ticket_event(self, unit: Unit, event: Event) -> None:
        record_event(self.store(unit), event, unit.system_now)

    @consume(QUEUES["notifications.volunteers"])
    def on_volunteer_event(self, unit: Unit, event: Event) -> None:
        record_event(self.store(unit), _with_reason(self.chassis.sealer, event), unit.system_now)

    @consume(QUEUES["notifications.recipients"])
    def on_recipient(self, unit: Unit, event: Event) -> None:
        statement, ticket_id = _own(self.chassis.sealer, event), event.data["ticket_id"]
        keep_contact(self.store(unit), event.source, event.data["person_id"], statement, unit.system_now, ticket_id)

    @consume(QUEUES["notifications.accounts"])
    def on_account(self, unit: Unit, event: Event) -> None:
        """Who may no longer sign in is told nothing; whose tokens have ended reads nothing with them."""
        self.store(unit).keep_account(event)

    @effects
    def on_effect(self, timer: Timer) -> None:
        deliver(self.chassis, self.store, timer.ref["notice_id"])


def _with_reason(sealer: Sealer, event: Event) -> Event:
    """With the reason that was sealed for us; where no key of the exchange opens it any more, another one."""
    if event.type != "member.suspension_told":
        return event
    try:
        told = sealer.exchange.unseal(event.data["sealed"])
    except Unsealable:
        told = {"reason_code": "other"}
    return replace(event, data={**event.data, **told})


def _own(sealer: Sealer, event: Event) -> Statement:
    """The statement, sealed anew with this service's own keys. As it came, where no key of the exchange opens it:
    that shows when something is to be sent."""
    told = event.data["sealed"]
    try:
        contact = sealer.exchange.unseal(told)
    except Unsealable:
        return Statement(event.sequence, told, None)
    has_mail = merge({event.source: contact}).email is not None
    return Statement(event.sequence, sealer.seal(contact), has_mail)


def deliver(context: Context, store: Callable[[Unit], Store], notice_id: str) -> None:
    """Send one notice by mail, if it is due: record the attempt, hand the mail over, record the outcome."""
    policy, url = delivery_policy(), context.settings.smtp_url

    def begin(unit: Unit) -> Delivery:
        unseal, digest = partial(open_kept, context.sealer), partial(context.sealer.lookup, "mail")
        return begin_delivery(store(unit), notice_id, unit.system_now, policy, unseal, digest, can_mail=url is not None)

    delivery = context.units.run(begin)
    count_uncertain(delivery.uncertain)
    count_put_off(delivery.put_off)
    letter = delivery.letter
    if letter is None or url is None:
        return
    outcome = _send(context, MailServer.of(url, context.settings.mail_from), letter)
    context.units.run(lambda unit: finish_delivery(store(unit), letter, outcome, system_now(), policy))


def _link(context: Context, letter: Letter) -> str | None:
    """By which the address is confirmed; None where that is not asked, or nobody has said where we are reached."""
    base, notice = public_url(), letter.notice
    if base is None or letter.unconfirmed is None or notice.ticket_id is None:
        return None
    return base + link(context.sealer.lookup, notice.person_id, notice.ticket_id, letter.unconfirmed)


def _send(context: Context, server: MailServer, letter: Letter) -> Any:
    notice, locale = letter.notice, best_locale(letter.locale)
    private = Private(letter.follow_up_secret, _link(context, letter))
    zone = context.settings.timezone
    text = catalogues()[locale].render(notice.template, notice.channel, notice.facts, zone, private)
    return server.send(notice.id, letter.address, locale, text)
