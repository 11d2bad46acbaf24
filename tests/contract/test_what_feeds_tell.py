"""What partners read by HTTP says of nobody where he is going to be, or what he was told: who files for a telephone
learns whose id that is."""

import pytest

from services.contracts.registry import EVENT_TYPES

PUBLIC = sorted(name for name, kind in EVENT_TYPES.items() if not kind.private)
IN_NO_FEED = {"booking", "notice"}
OF_PERSONS = {
    "ticket": "its reporters, by ids alone, as the ticket itself tells partners",
    "member": "who helps, by the id of an account",
    "claim": "who took it up, by the id of an account",
    "points": "what an account earned",
    "account": "roles of an account, which belongs to no telephone that anybody else knows",
    "area": "nobody", "station": "nobody",
}  # fmt: skip
"""Whose ids the events of an aggregate carry; a new one needs a row, or is in no feed."""


@pytest.mark.parametrize("name", PUBLIC)
def test_whose_ids_each_event_of_the_feed_tells_was_thought_about(name: str) -> None:
    aggregate = name.partition(".")[0]
    assert EVENT_TYPES[name].in_feed == (aggregate not in IN_NO_FEED)
    assert aggregate in IN_NO_FEED or aggregate in OF_PERSONS
