"""Who should have heard what one of several reporters, or an office, said of a ticket."""

from collections import Counter
from collections.abc import Iterator, Sequence

from services.contracts.types import NewEvent
from services.notifications.domain.routing import told

TO_THE_OTHERS = ("ticket.confirmed", "ticket.reopened")
OWN = ("ticket.cancelled", "ticket.report_withdrawn")


def words_untold(events: Sequence[NewEvent]) -> Iterator[tuple[str, dict[str, int]]]:
    """Words of which a reporter did not hear once, or who said them was told of his own deed; and how often each was
    told. What staff wrote down, or may have said with a slip, is told to whose word it is said to be."""
    for event in events:
        if event.type not in (*TO_THE_OTHERS, *OWN):
            continue
        state, data = event.data["ticket"], event.data
        reporters = {*filter(None, (state["reporter_id"],)), *state["also_reported_by"]}
        speaker, way = data.get("word_of") or data.get("person_id"), data["way"]
        expected = dict.fromkeys(reporters, 1) if event.type in TO_THE_OTHERS else {}
        if event.type == "ticket.confirmed" and way is None:
            expected = {}  # a model's own: offices confirm nothing
        if data["by"] is not None:
            expected.pop(data["by"], None)
        if speaker is not None:
            expected[speaker] = int(way in ("staff", "slip") if event.type in TO_THE_OTHERS else way != "account")
        hear = Counter(one.person_id for one in told(event.type, data))
        found = {person: hear[person] for person in expected}
        if found != expected:
            yield event.type, found
