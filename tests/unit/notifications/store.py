"""A store in memory, for the handlers' tests. The integration tests run the same handlers on the real one."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from services.contracts.types import NewEvent
from services.notifications.domain.notice import Channel, Notice, State
from services.notifications.domain.precedence import Rank
from services.notifications.domain.recipients import Statement, surely_without_mail


class MemoryStore:
    def __init__(self) -> None:
        self.notices: dict[str, Notice] = {}
        self.said: dict[str, dict[str, Statement]] = {}
        self.wakes: dict[str, datetime] = {}
        self.events: list[NewEvent] = []
        self.disabled: set[str] = set()
        """Person, sequence and state, by account."""
        self.administered: set[str] = set()
        self.mails: Counter[tuple[str, date]] = Counter()
        self.lines: dict[str, tuple[str, Rank]] = {}

    def add(
        self, notice: Notice, event: NewEvent | None = None, *, wake_at: datetime | None = None,
        without_mail: tuple[Notice, NewEvent] | None = None, when_disabled: tuple[Notice, NewEvent] | None = None,
    ) -> None:  # fmt: skip
        if notice.id in self.notices:
            return
        if when_disabled is not None and self.is_disabled(notice.person_id):
            notice, event, wake_at, without_mail = *when_disabled, None, None
        if without_mail is not None and surely_without_mail(self.statements(notice.person_id).values()):
            notice, event, wake_at = *without_mail, None
        self.notices[notice.id] = notice
        if event is not None:
            self.emit(event)
        if wake_at is not None:
            self.wake_at(notice, wake_at)

    def is_disabled(self, person_id: str) -> bool:
        return person_id in self.disabled

    def is_administered(self, person_id: str) -> bool:
        return person_id in self.administered

    def notice(self, notice_id: str) -> Notice | None:
        return self.notices.get(notice_id)

    def save(self, notice: Notice) -> None:
        self.notices[notice.id] = notice

    def undeliverable_to(self, person_id: str, since: datetime) -> list[Notice]:
        return [n for n in self._of(person_id) if n.state is State.UNDELIVERABLE and n.recorded_at >= since]

    def undelivered_mail(self, person_id: str) -> list[Notice]:
        waiting = (n for n in self._of(person_id) if n.state is State.WAITING and not n.attempts)
        return [n for n in waiting if n.channel is Channel.EMAIL]

    def inbox_entry(self, person_id: str, notice_id: str) -> Notice | None:
        found = self.notices.get(notice_id)
        own = found is not None and found.person_id == person_id and found.channel is Channel.INBOX
        return found if own else None

    def inbox(self, person_id: str, after: tuple[datetime, str] | None, limit: int, unread_only: bool) -> list[Notice]:
        entries = [n for n in self._of(person_id) if n.channel is Channel.INBOX and not (unread_only and n.read_at)]
        placed = sorted(entries, key=lambda n: (n.recorded_at, n.id), reverse=True)
        return [n for n in placed if after is None or (n.recorded_at, n.id) < after][:limit]

    def unread(self, person_id: str) -> int:
        return len(self.inbox(person_id, None, 1000, unread_only=True))

    def notices_of_ticket(
        self, ticket_id: str, area_paths: Sequence[str], after: tuple[datetime, str] | None, limit: int
    ) -> list[Notice]:
        found = sorted((n for n in self.notices.values() if n.ticket_id == ticket_id), key=_age)
        beneath = (n for n in found if n.area_path.startswith(tuple(area_paths)))
        return [n for n in beneath if after is None or _age(n) > after][:limit]

    def statements(self, person_id: str) -> Mapping[str, Statement]:
        return self.said.get(person_id, {})

    def keep_statement(self, person_id: str, source: str, statement: Statement, ended: Sequence[str] = ()) -> None:
        said = self.said.setdefault(person_id, {})
        self.said[person_id] = {**{name: one for name, one in said.items() if name not in ended}, source: statement}

    def mails_on(self, address_digest: str, day: date) -> int:
        return self.mails[address_digest, day]

    def count_mail(self, address_digest: str, day: date) -> None:
        self.mails[address_digest, day] += 1

    def said_before(self, notice: Notice, since: datetime) -> bool:
        same = (n for n in self._of(notice.person_id) if n.ticket_id == notice.ticket_id is not None)
        alike = (n for n in same if (n.template, n.channel) == (notice.template, notice.channel))
        return any(n.recorded_at >= since and _age(n) < _age(notice) for n in alike)

    def line_up(self, notice: Notice, address_digest: str, rank: Rank) -> None:
        self.lines[notice.id] = address_digest, rank

    def leave_line(self, notice: Notice) -> None:
        self.lines.pop(notice.id, None)

    def waiting_before(self, notice: Notice, address_digest: str, rank: Rank) -> int:
        waiting = ((self.notices[one], where, what) for one, (where, what) in self.lines.items())
        return sum(
            where == address_digest and (what, *_age(other)) < (rank, *_age(notice)) for other, where, what in waiting
        )

    def wake_at(self, notice: Notice, moment: datetime) -> None:
        self.wakes[notice.id] = moment

    def forget_wake(self, notice: Notice) -> None:
        self.wakes.pop(notice.id, None)

    def emit(self, event: NewEvent) -> None:
        self.events.append(event)

    def _of(self, person_id: str) -> list[Notice]:
        return [notice for notice in self.notices.values() if notice.person_id == person_id]


def _age(notice: Notice) -> tuple[datetime, str]:
    return notice.recorded_at, notice.id
