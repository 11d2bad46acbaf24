"""Several people reported one matter: each sees it, adds to it, takes his own report back, and none reads another's."""

from uuid import uuid4

import pytest

from tests.integration.tickets.claims import claim_won
from tests.integration.tickets.conftest import CADRE, HEAD, RESIDENT, VOLUNTEER, WORKER, Document, House, done, refused
from tests.integration.tickets.photos import attach, uploaded
from tests.support.eventually import eventually

A, B = RESIDENT, VOLUNTEER
"""Two neighbours with accounts; B is also a volunteer."""
WORDS = "the neighbour's boy broke it"
OF_A_NEIGHBOUR = {"name": "Mei", "telephone": "19000030009"}


@pytest.fixture
def merged(house: House) -> tuple[Document, Document]:
    """A's ticket, and B's, which was merged into it."""
    sort = "lighting"
    main = house.filed(A, category=sort, description=WORDS, reporter={"name": "Wang Lan", "telephone": "19000030001"})
    same = house.filed(B, category=sort, description="dark again")
    done(house.do(same, "merge", HEAD, {"into": main["id"]}))
    return main, same


def solve(house: House, ticket: Document) -> None:
    done(house.do(ticket, "accept", WORKER))
    done(house.do(ticket, "assign", WORKER))
    done(house.do(ticket, "arrive", WORKER, {"severity": "ordinary"}))
    done(house.do(ticket, "resolve", WORKER))


class TestWhoTakesHisReportBack:
    def test_leaves_it_to_the_others_and_the_last_one_ends_it(
        self, house: House, merged: tuple[Document, Document]
    ) -> None:
        main, _ = merged
        left = done(house.do(main, "cancel", A, {"reason": "it is not mine"}))
        assert (left["state"], left["report_withdrawn"]) == ("filed", True)
        told = house.events(main)[-1]
        assert (told["type"], told["data"]["person_id"]) == ("ticket.report_withdrawn", A)
        state = told["data"]["ticket"]
        assert (state["reporter_id"], state["also_reported_by"], state["reporter_ids"]) == (None, [B], [A, B])
        refused(house.do(main, "cancel", A), 403, "not-allowed")
        assert done(house.do(main, "cancel", B))["state"] == "cancelled"

    def test_is_not_shown_to_a_volunteer_who_has_it_for_the_others(self, house: House) -> None:
        sort, his = "lighting", {"name": "Wang Lan", "telephone": "19000030001"}
        main = house.filed(A, kind="wish", category=sort, description=WORDS, reporter=his)
        photo = uploaded(house, A)
        done(attach(house, main, A, photo))
        same = house.filed(None, kind="wish", category=sort, description="dark again", reporter=OF_A_NEIGHBOUR)
        done(house.do(same, "merge", HEAD, {"into": main["id"]}))
        done(house.do(main, "cancel", A, {"reason": "I want nobody to come"}))
        for deed in ("accept", "offer"):
            done(house.do(main, deed, CADRE))
        house.publishing.send([claim_won(house, main, house.stored(main)["offer"]["id"])])
        eventually(lambda: house.stored(main)["assignee_id"] == B)
        shown = done(house.do(main, "reveal", B, {"reason": "to call"}))
        assert (shown["description"], shown["name"]) == ("dark again", OF_A_NEIGHBOUR["name"])
        assert done(house.get(f"/api/v1/tickets/{main['id']}", B))["reporter"]["name"] is None
        steps = done(house.get(f"/api/v1/tickets/{main['id']}/history", B))["steps"]
        assert "I want nobody to come" not in str(steps)
        assert house.get(f"/api/v1/attachments/{photo}", B).status_code in (403, 404)
        assert done(house.do(main, "reveal", WORKER, {"reason": "to call"}))["description"] == WORDS

    def test_is_not_told_in_the_history_that_another_added_a_photo(
        self, house: House, merged: tuple[Document, Document]
    ) -> None:
        main, _ = merged
        done(attach(house, main, A, uploaded(house, A)))
        path = f"/api/v1/tickets/{main['id']}/history"
        shown = {who: [step["kind"] for step in done(house.get(path, who))["steps"]] for who in (A, B, WORKER)}
        assert {who: kinds.count("attached") for who, kinds in shown.items()} == {A: 1, B: 0, WORKER: 1}

    def test_hears_and_reads_nothing_of_what_comes_later(self, house: House, merged: tuple[Document, Document]) -> None:
        main, _ = merged
        done(house.do(main, "cancel", A, {"reason": "mine"}))
        done(house.do(main, "reject", HEAD, {"reason": "not a public lamp"}))
        steps = done(house.get(f"/api/v1/tickets/{main['id']}/history", A))["steps"]
        said = {step["kind"]: step["detail"].get("reason") for step in steps}
        assert (said["report_withdrawn"], "reason" in steps[-1]["detail"]) == ("mine", False)
        assert done(house.get(f"/api/v1/tickets/{main['id']}", A))["description"] == WORDS

    def test_by_a_merged_ticket_leaves_the_others_too(self, house: House, merged: tuple[Document, Document]) -> None:
        main, _ = merged
        done(house.do(main, "cancel", B))
        refused(house.get(f"/api/v1/tickets/{main['id']}", B), 404, "not-found")
        assert done(house.do(main, "cancel", A))["state"] == "cancelled"

    def test_what_staff_found_themselves_goes_on_without_him(self, house: House) -> None:
        found, same = house.filed(WORKER, category="smoke"), house.filed(B, category="smoke")
        done(house.do(same, "merge", HEAD, {"into": found["id"]}))
        assert done(house.do(found, "cancel", B))["state"] == "filed"

    def test_reports_it_once_more_and_is_told_again(self, house: House, merged: tuple[Document, Document]) -> None:
        main, _ = merged
        done(house.do(main, "cancel", A))
        again = house.filed(A, category=main["category"])
        done(house.do(again, "merge", HEAD, {"into": main["id"]}))
        state = house.events(main)[-1]["data"]["ticket"]
        assert (state["reporter_id"], state["also_reported_by"]) == (A, [B])


STALE = {"If-Match": '"0-0"'}


class TestAnEditOfWhatHasChangedSince:
    def test_names_no_reporter_to_another(self, house: House, merged: tuple[Document, Document]) -> None:
        """The ids of neighbours can be told apart, and met again in other tickets."""
        main, _ = merged
        solve(house, main)
        done(house.do(main, "reopen", B, {"reason": "still dark"}))
        path = f"/api/v1/tickets/{main['id']}"
        for reader, other in ((A, B), (B, A)):
            steps = done(house.get(f"{path}/history", reader))["steps"]
            read = {(one["kind"], one["at"]): one["by"] for one in steps}
            for deed, body in (("confirm", {"rating": 5}), ("cancel", {}), ("reopen", {"reason": "dark"})):
                stale = refused(house.post(f"{path}/{deed}", reader, body, **STALE), 412, "stale")
                assert {(one["kind"], one["at"]): one["by"] for one in stale["changes"]}.items() <= read.items()
                assert other not in str(stale)
            photo = {"attachment_id": uploaded(house, reader)}
            assert other not in str(refused(house.post(f"{path}/attachments", reader, photo, **STALE), 412, "stale"))
        stale = refused(house.post(f"{path}/assign", HEAD, {}, **STALE), 412, "stale")
        assert {A, B} <= {one["by"] for one in stale["changes"]}, "who works on it reads both"

    def test_nor_to_a_secret_of_a_merged_ticket(self, house: House, merged: tuple[Document, Document]) -> None:
        main, _ = merged
        same = house.filed(None, category=main["category"], reporter=OF_A_NEIGHBOUR)
        done(house.do(same, "merge", HEAD, {"into": main["id"]}))
        body = {"follow_up_secret": same["follow_up_secret"]}
        stale = refused(house.post(f"/api/v1/tickets/{main['id']}/cancel", None, body, **STALE), 412, "stale")
        assert not [person for person in (A, B) if person in str(stale)]


class TestWhoReportedItByAMergedTicket:
    def test_is_guided_to_where_it_went_and_sees_it_without_what_another_said(
        self, house: House, merged: tuple[Document, Document]
    ) -> None:
        main, same = merged
        own = done(house.get(f"/api/v1/tickets/{same['id']}", B))
        assert (own["merged_into"], own["merged_into_number"]) == (main["id"], main["number"])
        seen = house.get(f"/api/v1/tickets/{main['id']}", B)
        assert (done(seen)["state"], done(seen)["description"], done(seen)["reporter"]["name"]) == ("filed", None, None)
        assert (done(seen)["reporter_id"], done(seen)["also_reported_by"]) == (None, [B])
        history = house.get(f"/api/v1/tickets/{main['id']}/history", B)
        for told in (seen, history):
            assert not [word for word in (WORDS, "Wang", "王", "0001", A) if word in told.text]
        assert main["id"] in [one["id"] for one in done(house.get("/api/v1/tickets", B, limit=100))["items"]]

    def test_is_told_where_to_turn_when_he_acts_on_his_own(
        self, house: House, merged: tuple[Document, Document]
    ) -> None:
        main, same = merged
        error = refused(house.do(same, "cancel", B), 409, "ticket-merged")
        assert main["number"] in error["detail"]

    def test_reopens_it_without_rating_it_and_what_he_says_is_not_read_by_the_other(
        self, house: House, merged: tuple[Document, Document]
    ) -> None:
        main, _ = merged
        solve(house, main)
        refused(house.do(main, "confirm", B, {"rating": 4}), 403, "word-of-another")
        done(house.do(main, "reopen", B, {"reason": "dark at my door"}))
        path = f"/api/v1/tickets/{main['id']}/history"
        assert "dark at my door" not in house.get(path, A).text
        assert "dark at my door" in house.get(path, B).text
        assert "dark at my door" in house.get(path, WORKER).text

    def test_does_not_rate_it_with_a_secret_that_staff_had_made_for_themselves(self, house: House) -> None:
        """Filed without a token and merged: whoever may merge could rate a resident's ticket alone."""
        main, forged = house.filed(A, category="stairs"), house.filed(None, category="stairs")
        done(house.do(forged, "merge", HEAD, {"into": main["id"]}))
        solve(house, main)
        secret = {"follow_up_secret": forged["follow_up_secret"]}
        refused(house.do(main, "confirm", None, {"rating": 5, **secret}), 403, "word-of-another")
        refused(house.do(forged, "confirm", None, {"rating": 5, **secret}), 409, "ticket-merged")
        assert done(house.do(main, "confirm", A, {"rating": 1}))["rating"] == 1
        refused(house.do(main, "reopen", None, {"reason": "no", **secret}), 403, "word-of-another")

    def test_does_not_undo_by_a_made_up_secret_what_a_resident_confirmed_by_account_nor_reopens_without_end(
        self, house: House
    ) -> None:
        sort, made_up = "heating", {"name": "nobody", "telephone": "19000030099"}
        main, forged = house.filed(A, category=sort), house.filed(None, category=sort, reporter=made_up)
        done(house.do(forged, "merge", HEAD, {"into": main["id"]}))
        again = {"reason": "no", "follow_up_secret": forged["follow_up_secret"]}
        solve(house, main)
        for _ in range(3):
            done(house.do(main, "reopen", None, again))
            for deed, body in (("assign", None), ("arrive", {"severity": "ordinary"}), ("resolve", None)):
                done(house.do(main, deed, WORKER, body))
        assert "3" in refused(house.do(main, "reopen", None, again), 409, "merged-rounds-used-up")["detail"]
        done(house.do(main, "confirm", A, {"rating": 1}))
        refused(house.do(main, "reopen", None, again), 403, "confirmed-by-account")
        assert done(house.do(main, "reopen", A, {"reason": "dark"}))["round"] == 5
        path = f"/api/v1/tickets/{main['id']}/history"
        assert "person_id" in house.get(path, HEAD).text
        assert "person_id" not in house.get(path, A).text

    def test_without_an_account_is_heard_by_the_community_where_a_friend_with_one_was_content(
        self, house: House
    ) -> None:
        """The solver's friend reports it first, and is content; the neighbour's report was merged into his."""
        sort, neighbour = "lighting", {"name": "Li", "telephone": "19000030017"}
        friends, same = house.filed(A, category=sort), house.filed(None, category=sort, reporter=neighbour)
        done(house.do(same, "merge", HEAD, {"into": friends["id"]}))
        solve(house, friends)
        done(house.do(friends, "confirm", A, {"rating": 5}))
        own = {"reason": "dark at my door", "follow_up_secret": same["follow_up_secret"]}
        told = refused(house.do(friends, "reopen", None, own), 403, "confirmed-by-account")
        assert "Ask the community" in told["detail"]
        why = {"reason": "it is dark at Li's door"}
        told = refused(house.do(friends, "reopen", CADRE, {**why, "on_behalf": "telephone"}), 409, "confirmed-himself")
        assert "in its own right" in told["detail"]
        refused(house.do(friends, "reopen", HEAD, why), 403, "not-allowed")
        assert done(house.do(friends, "reopen", CADRE, why))["round"] == 2
        event = house.events(friends)[-1]
        assert (event["type"], event["data"]["way"], event["data"]["ticket"]["reporter_id"]) == (
            "ticket.reopened", None, A,
        )  # fmt: skip

    def test_adds_five_photos_by_his_secret_which_are_his_alone(self, house: House) -> None:
        sort, neighbour = "lighting", {"name": "Li", "telephone": "19000030018"}
        main, same = house.filed(A, category=sort), house.filed(None, category=sort, reporter=neighbour)
        done(house.do(same, "merge", HEAD, {"into": main["id"]}))
        own = {"follow_up_secret": same["follow_up_secret"]}
        photos = [uploaded(house, None) for _ in range(6)]
        for photo in photos[:5]:
            done(attach(house, main, None, photo, **own))
        assert "5" in refused(attach(house, main, None, photos[5], **own), 422, "too-many-attachments")["detail"]
        listed = house.get(f"/api/v1/tickets/{main['id']}/attachments", WORKER)
        assert set(done(listed)["attachments"][0]) == {"attachment_id", "at", "by", "size", "width", "height"}
        assert house.get(f"/api/v1/attachments/{photos[0]}", WORKER).status_code == 200
        refused(house.get(f"/api/v1/attachments/{photos[0]}", A), 403, "not-allowed")
        assert done(house.get(f"/api/v1/tickets/{main['id']}/attachments", A))["attachments"] == []
        done(attach(house, main, A, uploaded(house, A)))

    def test_is_called_back_by_what_he_said_himself(self, house: House, merged: tuple[Document, Document]) -> None:
        main, same = merged
        done(house.do(main, "cancel", A))
        solve(house, main)
        done(house.do(main, "confirm", B, {"rating": 1}))
        called = house.db["tickets"].find_one({"parent_id": main["id"]})
        assert called is not None
        assert (called["reporter_id"], called["sealed"]) == (B, house.stored(same)["sealed"])

    def test_opens_it_by_the_secret_of_his_own_ticket(self, house: House) -> None:
        sort = "lighting"
        third = house.filed(A, category=sort)
        main, same = house.filed(A, category=sort, description=WORDS), house.filed(None, category=sort)
        done(house.do(same, "merge", HEAD, {"into": main["id"]}))
        done(house.do(main, "merge", HEAD, {"into": third["id"]}))
        secret = {"follow_up_secret": same["follow_up_secret"]}
        own = done(house.post("/api/v1/tickets/follow-up", None, {"number": same["number"], **secret}))
        assert own["merged_into_number"] == main["number"]
        seen = house.post("/api/v1/tickets/follow-up", None, {"number": third["number"], **secret})
        assert (done(seen)["state"], done(seen)["description"]) == ("filed", None)
        assert done(house.do(third, "cancel", None, secret))["report_withdrawn"] is True
        refused(house.do(third, "cancel", None, secret), 404, "not-found")
        assert house.stored(third)["state"] == "filed"

    def test_is_forgotten_at_his_wish_with_what_he_said_in_it(self, house: House) -> None:
        sort, person = "lighting", uuid4().hex
        main = house.filed(A, category=sort)
        same = house.filed(WORKER, category=sort, reporter={"name": person, "telephone": "19000030077"})
        done(house.do(same, "merge", HEAD, {"into": main["id"]}))
        solve(house, main)
        last = house.stored(main)["history"][-1]
        reopened = {**last, "kind": "reopened", "by": same["reporter_id"], "detail": {"reason": "gAAAAA-said by him"}}
        house.db["tickets"].update_one({"_id": main["id"]}, {"$push": {"history": reopened}})
        house.processes.cli("personal", "erase", "--person", same["reporter_id"], "--reason", "asked", "--yes")
        assert house.stored(same)["sealed"] is None
        assert house.stored(main)["history"][-1]["detail"] == {"reason": None}
        assert house.stored(main)["sealed"] is not None, "what the other said stays"
