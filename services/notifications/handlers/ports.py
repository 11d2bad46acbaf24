"""What the handlers need of the store."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from services.contracts.types import NewEvent
from services.notifications.domain.notice import Notice
from services.notifications.domain.precedence import Rank
from services.notifications.domain.recipients import Statement


class Store(Protocol):
    def add(
        self, notice: Notice, event: NewEvent | None = None, *, wake_at: datetime | None = None,
        without_mail: tuple[Notice, NewEvent] | None = None, when_disabled: tuple[Notice, NewEvent] | None = None,
    ) -> None:  # fmt: skip
        """Keep a new notice, publish the event, have the sender look at it at `wake_at`; nothing of it if it is there
        already. Where the person is known to have no e-mail address, `without_mail` is kept and published instead, and
        `when_disabled` where his account may no longer sign in. Written together with everything else that the unit
        adds."""

    def is_disabled(self, person_id: str) -> bool:
        """Whether he has an account, and none by which he may sign in."""

    def is_administered(self, person_id: str) -> bool:
        """Whether an account of his has a role beside those that residents and volunteers have; also where it was heard
        of before that was kept."""

    def notice(self, notice_id: str) -> Notice | None: ...

    def save(self, notice: Notice) -> None: ...

    def undeliverable_to(self, person_id: str, since: datetime) -> list[Notice]: ...

    def undelivered_mail(self, person_id: str) -> list[Notice]:
        """Waiting mail of which no attempt was made yet."""

    def inbox_entry(self, person_id: str, notice_id: str) -> Notice | None: ...

    def inbox(self, person_id: str, after: tuple[datetime, str] | None, limit: int, unread_only: bool) -> list[Notice]:
        """A person's entries, newest first, after a (recorded_at, id)."""

    def unread(self, person_id: str) -> int: ...

    def notices_of_ticket(
        self, ticket_id: str, area_paths: Sequence[str], after: tuple[datetime, str] | None, limit: int
    ) -> list[Notice]:
        """What was told of a ticket, as far as it lies beneath one of the area paths; oldest first, after a
        (recorded_at, id)."""

    def statements(self, person_id: str) -> Mapping[str, Statement]: ...

    def keep_statement(self, person_id: str, source: str, statement: Statement, ended: Sequence[str] = ()) -> None:
        """Under its source (`recipients.source_of`); those that it ends are removed."""

    def mails_on(self, address_digest: str, day: date) -> int:
        """How many mails were counted for this address on this day."""

    def count_mail(self, address_digest: str, day: date) -> None:
        """One more to this address on this day."""

    def said_before(self, notice: Notice, since: datetime) -> bool:
        """Whether its person has had a mail with the same template of the same ticket, recorded since then and before
        it. What is of no ticket is no repeat."""

    def line_up(self, notice: Notice, address_digest: str, rank: Rank) -> None:
        """Keep that it waits for its turn at this address."""

    def leave_line(self, notice: Notice) -> None: ...

    def waiting_before(self, notice: Notice, address_digest: str, rank: Rank) -> int:
        """How many wait at this address that go before it: by rank, then by when they were recorded. Counted up to
        the mails of a day."""

    def wake_at(self, notice: Notice, moment: datetime) -> None:
        """Have the notice looked at by the sender at `moment` (system time), instead of when it was to be."""

    def forget_wake(self, notice: Notice) -> None: ...

    def emit(self, event: NewEvent) -> None: ...
