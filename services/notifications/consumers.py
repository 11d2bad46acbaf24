"""Events and timers of notifications. Event handlers only record; the effect timer sends."""

from collections.abc import Callable
from functools import partial
from typing import Any

from services.chassis.clock import system_now
from services.chassis.consumers import consume
from services.chassis.context import Context
from services.chassis.seal import Unsealable
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
from services.notifications.mail import MailServer, count_uncertain
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
        record_event(self.store(unit), event, unit.system_now)

    @consume(QUEUES["notifications.recipients"])
    def on_recipient(self, unit: Unit, event: Event) -> None:
        sealed = event.data["sealed"]
        statement = Statement(event.sequence, sealed, _has_mail(self.chassis, event.source, sealed))
        person_id, ticket_id = event.data["person_id"], event.data["ticket_id"]
        keep_contact(self.store(unit), event.source, person_id, statement, unit.system_now, ticket_id)

    @effects
    def on_effect(self, timer: Timer) -> None:
        deliver(self.chassis, self.store, timer.ref["notice_id"])


def _has_mail(context: Context, publisher: str, sealed: str) -> bool | None:
    """None: no key of this process opens it, which shows when something is to be sent."""
    try:
        return merge({publisher: context.sealer.unseal(sealed)}).email is not None
    except Unsealable:
        return None


def deliver(context: Context, store: Callable[[Unit], Store], notice_id: str) -> None:
    """Send one notice by mail, if it is due: record the attempt, hand the mail over, record the outcome."""
    policy, url = delivery_policy(), context.settings.smtp_url

    def begin(unit: Unit) -> Delivery:
        unseal, digest = context.sealer.unseal, partial(context.sealer.lookup, "mail")
        return begin_delivery(store(unit), notice_id, unit.system_now, policy, unseal, digest, can_mail=url is not None)

    delivery = context.units.run(begin)
    count_uncertain(delivery.uncertain)
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
