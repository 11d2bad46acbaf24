"""filed → late → escalated → claimed → solved → points → told → counted, over HTTP on real parts (issue 2)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from services.chassis.directory import SERVICES, find_service
from services.cli.demo.cast import Cast
from services.cli.demo.edge import Caller, Refused
from tests.e2e.deeds import AUTUMN, SPRING, Document, do, file, inbox, offer_of, points, see
from tests.e2e.whole import Whole
from tests.support.eventually import eventually


def test_a_late_request_climbs_is_solved_by_a_volunteer_who_is_paid_and_all_is_told_and_counted(
    doorstep: Whole, cast: Cast
) -> None:
    resident, community = cast.residents["grid-1"], cast.communities[SPRING]
    before = report(cast)

    ticket = file(resident, "grid-1")
    assert ticket["state"] == "filed"
    assert ticket["level"] == "grid"

    doorstep.pass_time(minutes=8)  # 80 % of the ten minutes in which somebody must come
    doorstep.comes_to_rest()
    assert thresholds(community, ticket) == [50, 80]

    doorstep.pass_time(minutes=3)
    doorstep.comes_to_rest()
    assert thresholds(community, ticket) == [50, 80, 100]
    late = see(community, ticket)
    assert late["late"]
    assert (late["level"], late["owner_id"]) == ("community", community.person_id)

    do(community, ticket, "accept")
    do(community, ticket, "offer", {"skills": ["electric"]})
    winner, losers = race(cast.members[SPRING], ticket)
    assert [slug for _, slug in losers] == ["offer-taken", "offer-taken"]
    eventually(lambda: see(community, ticket)["assignee_id"] == winner.person_id)

    do(winner, ticket, "arrive", {"severity": "ordinary"})
    do(winner, ticket, "resolve", {"text": "灯已换好。"})
    do(resident, ticket, "confirm", {"rating": 5})
    doorstep.comes_to_rest()
    assert points(winner) == 10

    assert {"ticket.escalated.reporter", "ticket.resolved.reporter"} <= set(inbox(resident))
    assert "ticket.escalated.owner" in inbox(community)
    assert "points.awarded.person" in inbox(winner)
    assert len(doorstep.mails_to(resident)) == len(inbox(resident))

    after = report(cast)
    assert after["tickets"]["filed"] == before["tickets"]["filed"] + 1
    assert after["clocks"]["breached"] == before["clocks"]["breached"] + 1
    assert after["escalated"]["community"] == before["escalated"]["community"] + 1
    assert after["claims"]["won"] == before["claims"].get("won", 0) + 1
    assert after["points"]["awarded"] == before["points"]["awarded"] + 10
    doorstep.books_agree()


def test_reopening_takes_back_what_the_ticket_paid(doorstep: Whole, cast: Cast) -> None:
    resident = cast.residents["grid-1"]
    ticket, helper = solved_by_a_volunteer(doorstep, cast)
    had = points(helper)
    do(resident, ticket, "confirm", {"rating": 4})
    doorstep.comes_to_rest()
    assert points(helper) == had + 10

    reopened = do(resident, ticket, "reopen", {"reason": "又不亮了。"})
    assert (reopened["state"], reopened["round"]) == ("accepted", 2)
    doorstep.comes_to_rest()
    assert points(helper) == had
    last = helper.get("/api/v1/points/statement")["items"][0]
    assert (last["kind"], last["points"]) == ("reversal", -10)
    assert "points.reversed.person" in inbox(helper)
    doorstep.books_agree()


def test_nobody_in_one_street_sees_anything_of_the_other(doorstep: Whole, cast: Cast) -> None:
    ticket = file(cast.residents["grid-3"], "grid-3")
    doorstep.comes_to_rest()
    strangers = [
        cast.streets["/hequ/east/"], cast.communities[SPRING], cast.station_heads["grid-1"], cast.workers["grid-1"],
        cast.residents["grid-1"], *cast.members[SPRING],
    ]  # fmt: skip
    for stranger in strangers:
        for path in ("", "/clock", "/history"):
            assert refusal(stranger.get, f"/api/v1/tickets/{ticket['id']}{path}") == 404
        listed = stranger.get("/api/v1/tickets", limit="100")["items"]
        assert ticket["id"] not in [one["id"] for one in listed]
        assert ticket["number"] not in str(inbox(stranger))
    for stranger in strangers[:4]:
        for deed, body in (("accept", {}), ("assign", {}), ("escalate", {"reason": "x"})):
            path = f"/api/v1/tickets/{ticket['id']}/{deed}"
            assert refusal(stranger.post, path, body) == 404
        assert stranger.get("/api/v1/notices", ticket_id=ticket["id"])["items"] == []
        assert refusal(stranger.get, "/api/v1/tickets", area=AUTUMN) == 404
    for leader in strangers[:2]:
        assert refusal(leader.get, "/api/v1/reports/summary", area_path=AUTUMN) == 404
        members = leader.get("/api/v1/members")["items"]
        assert {member["area_path"] for member in members} == {SPRING}
    assert see(cast.communities[AUTUMN], ticket)["state"] == "filed"


def test_while_the_workers_are_down_filing_goes_on_and_afterwards_everything_catches_up_once(
    doorstep: Whole, cast: Cast
) -> None:
    resident, worker, community = cast.residents["grid-1"], cast.workers["grid-1"], cast.communities[SPRING]
    before = report(cast)
    doorstep.kill_workers()
    tickets = [file(resident, "grid-1") for _ in range(10)]
    do(worker, tickets[0], "accept")
    doorstep.pass_time(minutes=15)

    assert see(community, tickets[1])["level"] == "grid", "nobody is there to fire the clocks"
    assert do(worker, tickets[0], "assign")["late"], "but a command settles what was due before it"
    doorstep.start_workers()
    doorstep.comes_to_rest(90)

    for ticket in tickets:
        assert see(community, ticket)["level"] == "community"
        assert thresholds(community, ticket) == [50, 80, 100]
        told = [notice["template"] for notice in notices(community, ticket) if notice["channel"] == "email"]
        assert sorted(told) == sorted(set(told)), "nobody is told twice"
    assert report(cast)["tickets"]["filed"] == before["tickets"]["filed"] + 10
    doorstep.books_agree()


def test_who_was_stopped_and_may_help_again_was_approved_twice_in_all_books(doorstep: Whole, cast: Cast) -> None:
    community, before = cast.communities[SPRING], report(cast)
    member = community.get("/api/v1/members")["items"][0]
    community.post(f"/api/v1/members/{member['member_id']}/suspend", {"reason_code": "long_inactive"})
    community.post(f"/api/v1/members/{member['member_id']}/approve")
    doorstep.comes_to_rest()
    after = report(cast)
    assert after["members_approved"] == before["members_approved"] + 1
    assert after["members_suspended"] == before["members_suspended"] + 1
    acts = cast.administrator.get("/api/v1/volunteers/acts", subject=member["member_id"])["items"]
    assert [act["action"] for act in acts][:2] == ["member-approved", "member-suspended"]
    [volunteer] = [one for one in cast.members[SPRING] if one.person_id == member["person_id"]]
    inbox = volunteer.get("/api/v1/inbox", limit="200")["items"]
    told = {entry["subject"] for entry in inbox}
    [why] = [one["text"] for one in inbox if one["subject"] in {"志愿者资格已暂停", "You are suspended as a volunteer"}]
    assert "长期未参与服务" in why or "inactive for a long time" in why
    assert told & {"志愿者资格已恢复", "You may help again"}
    doorstep.books_agree()


@pytest.mark.parametrize(("command", "says"), [("points audit", "holds"), ("metrics recount", "agree")])
def test_at_the_end_the_operators_commands_find_nothing(doorstep: Whole, cast: Cast, command: str, says: str) -> None:
    doorstep.comes_to_rest()
    assert says in doorstep.processes.cli(*command.split()).stdout


def test_prepare_had_made_every_collection_that_came_to_be_used(doorstep: Whole, cast: Cast) -> None:
    space = doorstep.processes.namespace
    for name in SERVICES:
        found = set(space.mongo[f"{space.prefix}_{name}"].list_collection_names())
        assert found - OF_THE_CHASSIS == set(find_service(name).collections)


def test_every_process_ran_to_the_end(doorstep: Whole, cast: Cast) -> None:
    assert len(doorstep.processes.running) == 2 * len(SERVICES)
    assert not [process.name for process in doorstep.processes.running if process.has_ended()]


OF_THE_CHASSIS = {
    "attempts", "deferred", "idempotency", "inbox", "journal", "limits", "migrations", "outbox", "relay_partitions",
    "relays", "system_clock", "timers",
}  # fmt: skip


def thresholds(caller: Caller, ticket: Document) -> list[int]:
    """What has fired of the promise to come, in order."""
    clocks = caller.get(f"/api/v1/tickets/{ticket['id']}/clock")["clocks"]
    arrival = next(clock for clock in clocks if clock["name"] == "arrival")
    return [fired["threshold"] for fired in arrival["thresholds"]]


def race(members: list[Caller], ticket: Document) -> tuple[Caller, list[tuple[Caller, str]]]:
    """All reach for the offer at once: who won, and who was told what."""
    offer_id = eventually(lambda: offer_of(members[0], ticket))

    def claim(member: Caller) -> str:
        try:
            member.post(f"/api/v1/offers/{offer_id}/claims")
        except Refused as refused:
            return refused.slug
        return ""

    with ThreadPoolExecutor(len(members)) as hands:
        outcomes = list(zip(members, hands.map(claim, members), strict=True))
    winners = [member for member, slug in outcomes if not slug]
    assert len(winners) == 1, outcomes
    return winners[0], [(member, slug) for member, slug in outcomes if slug]


def solved_by_a_volunteer(doorstep: Whole, cast: Cast) -> tuple[Document, Caller]:
    ticket = file(cast.residents["grid-1"], "grid-1")
    worker = cast.workers["grid-1"]
    do(worker, ticket, "accept")
    do(worker, ticket, "offer", {"skills": []})
    helper, _ = race(cast.members[SPRING], ticket)
    eventually(lambda: see(worker, ticket)["assignee_id"] == helper.person_id)
    do(helper, ticket, "arrive", {"severity": "ordinary"})
    do(helper, ticket, "resolve")
    return ticket, helper


def notices(staff: Caller, ticket: Document) -> list[Document]:
    found: list[Document] = staff.get("/api/v1/notices", ticket_id=ticket["id"])["items"]
    return found


def report(cast: Cast) -> Document:
    return cast.district.get("/api/v1/reports/summary")


def refusal(call: Callable[..., object], *arguments: object, **params: object) -> int:
    """The status with which it is refused; 0 when it is not."""
    try:
        call(*arguments, **params)
    except Refused as refused:
        return refused.status
    return 0
