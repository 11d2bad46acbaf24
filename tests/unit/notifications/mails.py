"""The mails to an address that nobody has confirmed, each looked at when it is to be."""

import random
from datetime import datetime, timedelta
from uuid import uuid5

from services.notifications.domain.notice import NAMESPACE, Channel, Notice, Outcome, Result
from services.notifications.domain.recipients import Statement
from services.notifications.handlers.deliver import Delivery, Policy, begin_delivery, finish_delivery
from tests.unit.notifications.examples import NOW, REPORTER
from tests.unit.notifications.store import MemoryStore

POLICY = Policy((timedelta(seconds=30),), timedelta(minutes=3), timedelta(seconds=30))
CONTACT: dict[str, str | None] = {"email": "someone@example.org", "locale": "en"}
AT_THE_DESK: dict[str, str | None] = {**CONTACT, "follow_up_secret": "his-secret"}
"""For whom staff filed: the mail of filing brings him the secret."""


class Post:
    """The mails to somebody without an account, each looked at when it is to be."""

    def __init__(self) -> None:
        self.store, self.now, self.sent = MemoryStore(), NOW, list[Notice]()
        self.reach(REPORTER)

    def reach(self, person_id: str, sealed: str = "at the desk") -> None:
        self.store.keep_statement(person_id, "tickets", Statement(1, sealed, has_mail=True))

    def tell(self, template: str, ticket: str, person_id: str = REPORTER) -> Notice:
        """A notice that is recorded a second after the one before, and is not looked at yet."""
        self.now += timedelta(seconds=1)
        number = str(len(self.store.notices))
        notice = Notice(str(uuid5(NAMESPACE, number)), number, template.rpartition(".")[0], person_id, template,
                        Channel.EMAIL, "/hequ/", {}, self.now, self.now, ticket)  # fmt: skip
        self.store.notices[notice.id] = notice
        self.store.wake_at(notice, self.now)
        return notice

    def told(self, template: str, ticket: str, person_id: str = REPORTER) -> Notice:
        """A notice that is looked at at once; as it is then."""
        notice = self.tell(template, ticket, person_id)
        self.look(notice)
        return self.store.notices[notice.id]

    def look(self, notice: Notice) -> Delivery:
        def opened(sealed: str) -> dict[str, str | None]:
            return AT_THE_DESK if sealed == "at the desk" else CONTACT

        found = begin_delivery(self.store, notice.id, self.now, POLICY, opened, "digest of {}".format, can_mail=True)
        if found.letter is not None:
            finish_delivery(self.store, found.letter, Outcome(Result.SENT, "accepted"), self.now, POLICY)
            self.sent.append(found.letter.notice)
        return found

    def pass_until(self, moment: datetime, order: random.Random | None = None) -> None:
        """Look at whatever is due, in any order, until then."""
        while due := [one for one, at in self.store.wakes.items() if at <= moment]:
            first = min(self.store.wakes[one] for one in due)
            self.now = max(self.now, first)
            together = sorted(one for one in due if self.store.wakes[one] <= self.now)
            self.look(self.store.notices[order.choice(together) if order else together[0]])
        self.now = max(self.now, moment)
