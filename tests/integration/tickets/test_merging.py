"""What tells of the same matter is suggested and merged, and all who reported it stay known."""

from concurrent.futures import ThreadPoolExecutor

from tests.integration.tickets.conftest import (
    CADRE,
    HEAD,
    WORKER,
    House,
    done,
    refused,
)

HERE = {"latitude": 38.9, "longitude": 111.1}


class TestDuplicates:
    def test_what_is_near_and_recent_and_of_its_sort_is_suggested_and_merged(self, house: House) -> None:
        said = {"category": "water", "position": HERE}
        first = house.filed(WORKER, **said, reporter={"telephone": "19000020011"})
        near = house.filed(WORKER, **said | {"position": {"latitude": 38.9005, "longitude": 111.1}},
                           reporter={"telephone": "19000020012"})  # fmt: skip
        house.filed(WORKER, **said | {"position": {"latitude": 38.95, "longitude": 111.1}})
        house.filed(WORKER, category="lighting", position=HERE)
        alike = done(house.get(f"/api/v1/tickets/{first['id']}/duplicates", WORKER))["items"]
        assert [(one["ticket"]["id"], one["metres"]) for one in alike] == [(near["id"], 60)]
        refused(house.do(near, "merge", WORKER, {"into": first["id"]}), 403, "not-allowed")
        refused(house.do(near, "merge", HEAD, {"into": near["number"]}), 422, "merge-into-itself")
        merged = done(house.do(near, "merge", HEAD, {"into": first["number"]}))
        assert (merged["state"], merged["merged_into"]) == ("merged", first["id"])
        main = done(house.get(f"/api/v1/tickets/{first['id']}", WORKER))
        assert main["also_reported_by"] == [near["reporter_id"]]
        error = refused(house.do(first, "merge", HEAD, {"into": near["id"]}), 409, "merge-into-ended")
        assert near["number"] in error["detail"]
        assert house.event_types(near)[-1] == "ticket.merged"
        assert house.event_types(first)[-1] == "ticket.duplicate_added"

    def test_what_is_told_of_the_matter_from_then_on_names_all_who_reported_it(self, house: House) -> None:
        first, same = (
            house.filed(WORKER, category="heating", reporter={"telephone": telephone})
            for telephone in ("19000020013", "19000020014")
        )
        done(house.do(same, "merge", HEAD, {"into": first["id"]}))
        done(house.do(first, "accept", WORKER))
        done(house.do(first, "assign", WORKER))
        done(house.do(first, "arrive", WORKER, {"severity": "ordinary"}))
        done(house.do(first, "resolve", WORKER))
        named = {row["type"]: row["data"]["ticket"]["also_reported_by"] for row in house.events(first)}
        assert named["ticket.filed"] == []
        assert named["ticket.duplicate_added"] == named["ticket.resolved"] == [same["reporter_id"]]

    def test_two_that_are_merged_into_each_other_at_once_end_as_one(self, house: House) -> None:
        one, two = house.filed(category="noise"), house.filed(category="noise")
        with ThreadPoolExecutor(2) as hands:
            answers = list(hands.map(
                lambda pair: house.do(pair[0], "merge", HEAD, {"into": pair[1]["id"]}), [(one, two), (two, one)]
            ))  # fmt: skip
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        assert sorted(house.stored(ticket)["state"] for ticket in (one, two)) == ["filed", "merged"]

    def test_nobody_gives_work_to_who_works_elsewhere(self, house: House) -> None:
        """Whoever reported a matter there may look at it, and no more."""
        mine, theirs = house.filed(category="smell"), house.filed(HEAD, category="smell", grid_id="grid-030")
        done(house.get(f"/api/v1/tickets/{theirs['id']}", HEAD))
        refused(house.do(mine, "merge", HEAD, {"into": theirs["id"]}), 403, "not-allowed")
        assert [house.stored(one)["state"] for one in (mine, theirs)] == ["filed", "filed"]

    def test_a_heads_own_grave_report_takes_in_no_residents(self, house: House) -> None:
        """It has arrived and waits for a plan; what promises them ten minutes goes on, until an office merges it."""
        own = house.filed(HEAD, category="building", urgent=True, channel="patrol")
        done(house.do(own, "accept", HEAD))
        done(house.do(own, "assign", HEAD))
        done(house.do(own, "arrive", HEAD, {"severity": "major"}))
        urgent = house.filed(category="building", urgent=True)
        error = refused(house.do(urgent, "merge", HEAD, {"into": own["id"]}), 403, "merge-into-grave")
        assert own["number"] in error["detail"]
        assert [house.stored(one)["state"] for one in (urgent, own)] == ["filed", "on_site"]
        assert house.stored(own)["duplicates"] == []
        assert done(house.do(urgent, "merge", CADRE, {"into": own["id"]}))["state"] == "merged"

    def test_what_silence_has_just_closed_takes_nothing_over(self, house: House) -> None:
        """No timer runs here: it is settled by the merging itself, which then changes neither."""
        main = house.resolved(category="dust")
        house.step(days=7, seconds=1)
        late = house.filed(category="dust")
        refused(house.do(late, "merge", HEAD, {"into": main["id"]}), 409, "merge-into-ended")
        assert (house.stored(late)["state"], house.stored(main)["duplicates"]) == ("filed", [])
