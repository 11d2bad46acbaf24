"""Who is not staff asks for a date that somebody can keep: an hour ahead at least; nobody for one years ahead."""

from datetime import timedelta
from typing import Any

import pytest

from services.tickets.domain.refused import Refused
from services.tickets.handlers.asking import FARTHEST, NOTICE
from services.tickets.handlers.filing import Filer
from tests.unit.tickets.filing import filed
from tests.unit.tickets.shelf import county, house
from tests.unit.tickets.stories import at

RESIDENT, STRANGER, CLERK = Filer("resident", False), Filer(None, False), Filer("clerk", True)
NOW, SECOND = at("09:00"), timedelta(seconds=1)
ORDER = {"kind": "order", "service": "legal_advice"}


@pytest.mark.parametrize("filer", [RESIDENT, STRANGER], ids=["resident", "stranger"])
@pytest.mark.parametrize("ahead", [2 * SECOND, NOTICE - SECOND], ids=str)
def test_a_date_that_nobody_can_keep_is_refused(filer: Filer, ahead: timedelta) -> None:
    shelf = county()
    with pytest.raises(Refused) as refused:
        filed(shelf, house(), filer, **ORDER, promised_for=NOW + ahead)
    assert (refused.value.slug, refused.value.params) == ("promised-too-soon", {"minutes": 60})
    assert not shelf.tickets


@pytest.mark.parametrize("filer", [RESIDENT, STRANGER], ids=["resident", "stranger"])
def test_a_date_an_hour_ahead_is_promised(filer: Filer) -> None:
    ticket = filed(county(), house(), filer, **ORDER, promised_for=NOW + NOTICE).ticket
    assert ticket.promised_for == NOW + NOTICE


def test_staff_and_partners_promise_what_is_ahead() -> None:
    assert filed(county(), house(), CLERK, **ORDER, promised_for=NOW + SECOND).ticket.promised_for == NOW + SECOND
    with pytest.raises(Refused, match="promised-in-the-past"):
        filed(county(), house(), CLERK, **ORDER, promised_for=NOW)


def test_what_is_over_is_in_the_past_for_everybody() -> None:
    with pytest.raises(Refused, match="promised-in-the-past"):
        filed(county(), house(), RESIDENT, **ORDER, promised_for=NOW)


@pytest.mark.parametrize(("filer", "field"), [(RESIDENT, "promised_for"), (CLERK, "promised_for"),
                                              (CLERK, "external_due_at")])  # fmt: skip
def test_nothing_is_promised_for_a_date_beyond_three_years(filer: Filer, field: str) -> None:
    last: dict[str, Any] = {field: NOW + FARTHEST}
    matter = ORDER if field == "promised_for" else {"kind": "request"}
    kept = filed(county(), house(), filer, **matter, **last).ticket
    assert getattr(kept, field) == NOW + FARTHEST
    shelf = county()
    with pytest.raises(Refused, match="date-too-far") as refused:
        filed(shelf, house(), filer, **matter, **{field: last[field] + SECOND})
    assert refused.value.params == {"field": field}
    assert not shelf.tickets


def test_a_partners_date_is_refused_in_a_kind_whose_clocks_would_not_watch_it() -> None:
    shelf = county()
    with pytest.raises(Refused, match="field-not-in-this-kind") as refused:
        filed(shelf, house(), CLERK, kind="wish", external_due_at=NOW + NOTICE)
    assert refused.value.params == {"field": "external_due_at", "kind": "wish"}
    assert not shelf.tickets
    assert filed(shelf, house(), CLERK, kind="request", external_due_at=NOW + NOTICE).ticket.external_due_at
