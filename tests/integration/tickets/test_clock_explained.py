"""`GET …/clock`: every stretch that counted, every one that did not, and why; and who had the ticket for how long."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from chinese_calendar import is_workday

from tests.integration.tickets.clocks import clock, explained, moment
from tests.integration.tickets.conftest import CADRE, HEAD, RESIDENT, WORKER, Document, House, done, refused
from tests.support.eventually import eventually

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOUR = 3600


def day_after(house: House, wanted: Callable[[date], bool] = is_workday) -> date:
    """The next day of this sort; station-001 is open from 08:00 to 20:00 on each."""
    today = house.clock.now().astimezone(SHANGHAI).date()
    return next(day for day in (today + timedelta(days=n) for n in range(1, 60)) if wanted(day))


def it_is(house: House, day: date, hour: int, minute: int = 0) -> datetime:
    now = datetime.combine(day, time(hour, minute), SHANGHAI)
    house.clock.step(now)
    return now


def stretches(shown: Document) -> list[tuple[datetime, datetime, int, bool, str, str | None]]:
    return [
        (moment(one["start"]), moment(one["end"]), one["seconds"], one["counts"], one["why"], one["note"])
        for one in shown["segments"]
    ]


def held(stretches: list[Document]) -> list[tuple[str, datetime, datetime | None, int]]:
    return [
        (one["by"], moment(one["since"]), moment(one["until"]) if one["until"] else None, one["seconds"])
        for one in stretches
    ]


def test_ten_minutes_that_begin_before_closing_time_go_on_in_the_morning(house: House) -> None:
    day = day_after(house)
    filed = it_is(house, day, 19, 55)
    ticket = house.filed()
    closing, opening = filed + timedelta(minutes=5), filed + timedelta(hours=12, minutes=5)
    now = it_is(house, day + timedelta(days=1), 8, 3)
    shown = clock(house, ticket, "arrival")
    assert stretches(shown) == [
        (filed, closing, 300, True, "counted", None),
        (closing, opening, 12 * HOUR, False, "station-closed", None),
        (opening, now, 180, True, "counted", None),
    ]
    assert (shown["state"], shown["calendar"]) == ("running", "station")
    assert [shown[f"{name}_seconds"] for name in ("target", "counted", "remaining")] == [600, 480, 120]
    assert moment(shown["due_at"]) == opening + timedelta(minutes=5)
    assert shown["text"] == "arrival on site: running, 10 min promised, 8 min counted."
    assert [one["text"] for one in shown["segments"]] == ["counted", "the station was closed", "counted"]
    chinese = clock(house, ticket, "arrival", "zh-CN")
    assert chinese["text"] == "到达现场:计时中,时限 10 分,已计时 8 分。"
    assert [one["text"] for one in chinese["segments"]] == ["计时", "驿站未开放,不计时", "计时"]
    told = [(50, closing, True), (80, now, True)]
    eventually(lambda: thresholds(house, ticket) == told)


def test_it_says_by_which_hours_each_round_counts(house: House) -> None:
    """Hours that a station had for a moment stay those of what was filed meanwhile."""
    it_is(house, day_after(house), 9)
    [shown] = explained(house, house.filed())["hours"]
    station = done(house.get("/api/v1/stations/station-001", None))
    assert shown["hours"] == {"daily": ["08:00-20:00"]}
    assert moment(shown["since"]) <= house.clock.now()
    assert len(shown["exceptions"]) <= len(station["exceptions"])
    assert all("reason" not in one for one in shown["exceptions"])


def thresholds(house: House, ticket: Document) -> list[tuple[int, datetime, bool]]:
    found = clock(house, ticket, "arrival")["thresholds"]
    return [(one["threshold"], moment(one["reached_at"]), one["told"]) for one in found]


def test_a_day_for_the_plan_of_what_was_filed_at_night_begins_when_the_station_opens(house: House) -> None:
    filed = it_is(house, day_after(house), 21)
    ticket = house.assigned()
    opening = filed + timedelta(hours=11)
    house.clock.step(opening + timedelta(minutes=5))
    done(house.do(ticket, "arrive", WORKER, {"severity": "special"}))
    shown = clock(house, ticket, "plan")
    assert stretches(shown) == [
        (filed, opening, 11 * HOUR, False, "before-opening", None),
        (opening, opening + timedelta(minutes=5), 300, True, "counted", None),
    ]
    assert shown["segments"][0]["text"] == "counts from the next opening"
    assert moment(shown["due_at"]) == opening + timedelta(days=1)
    arrival = clock(house, ticket, "arrival")
    assert (arrival["state"], arrival["counted_seconds"], arrival["remaining_seconds"]) == ("met", 300, None)
    assert arrival["text"] == "arrival on site: kept, 10 min promised, 5 min counted."


def test_while_papers_are_missing_and_over_the_weekend_a_working_day_stands_still(house: House) -> None:
    day = day_after(house, before_a_weekend)
    began = it_is(house, day, 10)
    ticket = house.assigned(kind="errand", service="senior_card")
    paused = it_is(house, day, 11)
    done(house.do(ticket, "pause", WORKER, {"reason_code": "papers_missing", "reason": "her daughter has them"}))
    shown = clock(house, ticket, "step")
    assert (shown["state"], shown["due_at"], shown["remaining_seconds"]) == ("paused", None, 23 * HOUR)
    resumed = it_is(house, day, 14)
    done(house.do(ticket, "resume", WORKER))
    night, monday = (datetime.combine(day + timedelta(days=n), time(), SHANGHAI) for n in (1, 3))
    now = it_is(house, day + timedelta(days=3), 9)
    shown = clock(house, ticket, "step")
    assert stretches(shown) == [
        (began, paused, HOUR, True, "counted", None),
        (paused, resumed, 3 * HOUR, False, "paused", "papers_missing"),
        (resumed, night, 10 * HOUR, True, "counted", None),
        (night, monday, 48 * HOUR, False, "not-a-working-day", None),
        (monday, now, 9 * HOUR, True, "counted", None),
    ]
    assert [one["text"] for one in shown["segments"]][1::2] == ["paused (papers_missing)", "not a working day"]
    assert (shown["state"], shown["calendar"], shown["counted_seconds"]) == ("running", "working_days", 20 * HOUR)
    assert moment(shown["due_at"]) == monday + timedelta(hours=13)
    assert "daughter" not in str(explained(house, ticket))


def before_a_weekend(day: date) -> bool:
    return [is_workday(day + timedelta(days=n)) for n in range(4)] == [True, False, False, True]


def test_a_ticket_lifted_and_lowered_by_hand_tells_how_long_each_had_it(house: House) -> None:
    filed = it_is(house, day_after(house), 9)
    ticket = house.assigned(urgent=True)
    lifted = house.step(minutes=2)
    done(house.do(ticket, "escalate", WORKER, {"reason": "a crane is needed"}))
    assert clock(house, ticket, "community")["state"] == "running"
    lowered = house.step(minutes=5)
    refused(house.do(ticket, "de-escalate", WORKER, {"reason": "no"}), 403, "not-allowed")
    refused(house.do(ticket, "de-escalate", CADRE, {}), 422, "invalid-input")
    after = done(house.do(ticket, "de-escalate", CADRE, {"reason": "the crane is there"}))
    assert (after["level"], after["owner_id"], after["assignee_id"]) == ("grid", WORKER, WORKER)
    refused(house.do(ticket, "de-escalate", CADRE, {"reason": "further"}), 409, "foot-of-ladder")
    handed_on = house.step(minutes=1)
    done(house.do(ticket, "assign", CADRE, {"assignee_id": HEAD}))
    house.step(minutes=1)
    shown = explained(house, ticket)
    assert held(shown["levels"]) == [
        ("grid", filed, lifted, 120), ("community", lifted, lowered, 300), ("grid", lowered, None, 120),
    ]  # fmt: skip
    assert held(shown["hands"]) == [(WORKER, filed, handed_on, 480), (HEAD, handed_on, None, 60)]
    community = clock(house, ticket, "community")
    assert (community["state"], moment(community["finished_at"])) == ("waived", lowered)
    assert community["text"] == "community's time: waived, 30 min promised, 5 min counted."
    assert stretches(community) == [(lifted, lowered, 300, True, "counted", None)]
    assert clock(house, ticket, "arrival")["counted_seconds"] == 540, "its own time went on meanwhile"
    step = next(one for one in _history(house, ticket) if one["kind"] == "lowered")
    assert (step["by"], step["detail"]["reason"], step["detail"]["cause"]) == (CADRE, "the crane is there", "manual")
    published = house.events(ticket)
    assert [row["type"] for row in published].count("ticket.de_escalated") == 1
    assert "crane" not in str(published)


def test_lifted_again_the_community_has_the_time_that_it_has_left(house: House) -> None:
    it_is(house, day_after(house), 9)
    ticket = house.assigned(urgent=True)
    for deed, who in (("escalate", WORKER), ("de-escalate", CADRE), ("escalate", WORKER)):
        house.step(minutes=1)
        done(house.do(ticket, deed, who, {"reason": "as it goes"}))
    now = house.step(minutes=1)
    again = clock(house, ticket, "community-2")
    assert (again["state"], moment(again["due_at"])) == ("running", now + timedelta(minutes=28))
    assert (again["used_before_seconds"], again["target_seconds"]) == (60, 29 * 60)
    assert again["text"] == (
        "community's time: running, 29 min promised (used at this level before, in this round: 1 min), 1 min counted."
    )
    assert [one["by"] for one in explained(house, ticket)["levels"]] == ["grid", "community", "grid", "community"]


def test_what_is_solved_is_in_nobodys_hands_any_more(house: House) -> None:
    filed = it_is(house, day_after(house), 9)
    ticket = house.assigned(urgent=True)
    solved = house.step(minutes=3)
    done(house.do(ticket, "arrive", WORKER, {"severity": "ordinary"}))
    done(house.do(ticket, "resolve", WORKER))
    reopened = house.step(minutes=10)
    done(house.do(ticket, "reopen", RESIDENT, {"reason": "it is dark again"}))
    house.step(minutes=1)
    shown = explained(house, ticket)
    assert held(shown["levels"]) == [("grid", filed, solved, 180), ("grid", reopened, None, 60)]
    assert held(shown["hands"]) == [(WORKER, filed, solved, 180)]
    assert [(one["name"], one["round"], one["state"]) for one in shown["clocks"]] == [
        ("arrival", 1, "met"), ("solution", 1, "met"), ("arrival", 2, "running"),
    ]  # fmt: skip


def _history(house: House, ticket: Document) -> list[dict[str, Any]]:
    return list(done(house.get(f"/api/v1/tickets/{ticket['id']}/history", WORKER))["steps"])
