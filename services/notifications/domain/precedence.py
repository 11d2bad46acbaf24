"""Which mails to an address that nobody has confirmed go first, and how many of a day's mails each rank may use.

Such an address gets a bounded number of mails a day, and many people can have mails sent to it. Nobody shall use up
the day with lesser news, so that what he does next in somebody's name is not told.
"""

from collections.abc import Mapping
from datetime import timedelta
from enum import IntEnum

from services.notifications.domain.notice import CONTACT_WINDOW

MOST_MAILS_A_DAY = 20
"""To one address that nobody has confirmed *(ours)*; days of UTC. Anybody may name a stranger's: at filing, for an
account that he registers, for a membership. Who serves somewhere has an administrator who knows him."""
REPEATS_WITHIN = timedelta(hours=24)
"""The same said again of the same ticket within this time is a repeat: it falls by one rank."""


class Rank(IntEnum):
    """The lower goes first."""

    WORD = 0
    """What staff said, or may say from now on, in his name."""
    END = 1
    """How his matter ended or stands with its promise, how he looks after it, and what he need not do any more."""
    STEP = 2
    """A step on the way."""
    REPEAT = 3
    """A step that was told of this ticket already, and what somebody did himself, which he knows."""


SHARES: Mapping[Rank, int] = {
    Rank.WORD: MOST_MAILS_A_DAY, Rank.END: 15, Rank.STEP: MOST_MAILS_A_DAY // 2, Rank.REPEAT: 5,
}  # fmt: skip
"""A mail goes out while the address has had fewer mails than this on the day, of whatever rank *(ours)*. So five are
left for words when all else is used up, and ten for words and ends."""
PATIENCE: Mapping[Rank, timedelta] = {
    Rank.WORD: timedelta(days=7), Rank.END: timedelta(days=7), Rank.STEP: CONTACT_WINDOW, Rank.REPEAT: CONTACT_WINDOW,
}  # fmt: skip
"""How long a mail may wait for its day *(ours)*. A step is old news after a day."""

WORDS = frozenset({
    "ticket.cancelled.reporter", "ticket.confirmed.reporter", "ticket.reopened.reporter",
    "ticket.report_withdrawn.person", "ticket.slip_printed.reporter", "ticket.confirmed.slip_speaker",
    "ticket.reopened.slip_speaker",
})  # fmt: skip
ENDS = frozenset({
    # To who reported it; the mail of filing also tells the follow-up secret.
    "ticket.closed.reporter", "ticket.de_escalated.reporter", "ticket.escalated.reporter", "ticket.filed.reporter",
    "ticket.merged.reporter",
    "ticket.rejected.reporter", "ticket.resolved.also_reporter", "ticket.resolved.reporter",
    # To who reported it too: his time to say that it is not solved runs, or it goes on.
    "ticket.confirmed.other_reporter", "ticket.reopened.also_reporter", "ticket.reopened.concerned",
    "ticket.reopened.other_reporter",
    # To who has it in hand and may be on the way, a volunteer among them.
    "ticket.assigned.former_assignee", "ticket.cancelled.assignee", "ticket.clock_breached.assignee",
    "ticket.handed_back.former_assignee", "ticket.merged.former_assignee", "ticket.offered.former_assignee",
    "ticket.rejected.assignee", "ticket.reopened.former_assignee", "ticket.resolved.assignee",
    "ticket.transferred.former_assignee", "ticket.withdrawal_declined.assignee", "claim.released.person",
    "points.reversed.person",
    # To who is a volunteer: whether he may help.
    "member.approved.person", "member.approved.returning", "member.suspension_told.person",
    # To who was to come.
    "booking.cancelled.person", "booking.affected.person",
    # To who answers for it.
    "ticket.clock_breached.owner",
})  # fmt: skip
OWN_DEEDS = frozenset({"ticket.cancelled.speaker", "ticket.report_withdrawn.speaker"})
"""What somebody did himself, by a secret: anybody who files does so as often as he likes, in whatever name."""


def rank_of(template: str, *, repeated: bool) -> Rank:
    """The rank of a mail by its template, and by whether the same was said of its ticket shortly before."""
    if template in OWN_DEEDS:
        return Rank.REPEAT
    first = Rank.WORD if template in WORDS else Rank.END if template in ENDS else Rank.STEP
    return Rank(first + 1) if repeated else first
