"""Handling modes (五必办) over HTTP and on the command line: chosen, recorded, explained, activated by area."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.integration.tickets.conftest import (
    CADRE,
    COMMUNITY,
    ELSEWHERE,
    FENGMAN,
    GRID,
    HEAD,
    RESIDENT,
    VOLUNTEER,
    WORKER,
    Document,
    House,
    done,
    refused,
    routing_command,
)


def why(house: House, ticket: Document, person: str = WORKER, language: str = "en") -> Document:
    headers = house.headers(person) | {"Accept-Language": language}
    return done(house.api.http.get(f"/api/v1/tickets/{ticket['id']}/routing", headers=headers))


def test_why_was_this_routed_here_is_answered_in_both_languages(house: House) -> None:
    ticket = house.filed(WORKER, channel="patrol")
    assert (ticket["handling_mode"], ticket["told_each_step"]) == ("discovered", False)
    answer = why(house, ticket)
    (decision,) = answer["decisions"]
    assert (decision["rules"], decision["rule"], decision["step"]) == ("routing-wubiban/1", "found", "filed")
    assert [(one["rule"], one["condition"]) for one in decision["tried"]] == [
        ("grave", "severity"), ("joint", "kind"), ("urgent", "urgent"), ("errand", "kind"), ("found", None),
    ]  # fmt: skip
    assert decision["tried"][0]["text"].endswith("it asks for the severity to be major, special; it is none.")
    assert decision["text"].startswith("By rule 5 of routing-wubiban/1")
    chinese = why(house, ticket, language="zh-CN")["decisions"][0]
    assert (chinese["mode_name"], chinese["tried"][2]["text"]) == (
        "排查问题主动办",
        "“急难问题”：要求急难为 是，实际为 否。",
    )
    refused(house.get(f"/api/v1/tickets/{ticket['id']}/routing", RESIDENT), 404, "not-found")


def test_what_proves_grave_on_site_is_decided_again_once_and_told(house: House) -> None:
    ticket = house.assigned()
    assert ticket["handling_mode"] == "accepted"
    seen = why(house, ticket)
    arrived = done(house.do(ticket, "arrive", WORKER, {"severity": "major"}))
    assert arrived["handling_mode"] == "hard"
    decisions = why(house, ticket)["decisions"]
    assert decisions[0] == seen["decisions"][0], "what was decided is never decided anew"
    assert [(one["step"], one["mode"]) for one in decisions] == [("filed", "accepted"), ("arrived", "hard")]
    told = [row["data"]["ticket"]["handling_mode"] for row in house.events(ticket) if row["type"] == "ticket.arrived"]
    assert told == ["hard"]


def test_a_list_is_narrowed_by_how_matters_are_handled(house: House) -> None:
    found, told = house.filed(WORKER, channel="patrol"), house.filed(RESIDENT)
    for mode, there, elsewhere in (("discovered", found, told), ("accepted", told, found)):
        page = done(house.get("/api/v1/tickets", HEAD, handling_mode=mode))["items"]
        ids = [one["id"] for one in page]
        assert there["id"] in ids
        assert elsewhere["id"] not in ids
        assert {one["handling_mode"] for one in page} == {mode}
    refused(house.get("/api/v1/tickets", HEAD, handling_mode="slowly"), 422, "invalid-input")


def test_fengmans_rules_turn_lift_and_open_and_hold_only_where_they_are_activated(house: House, fengman: None) -> None:
    errand = house.filed(category="social_insurance")
    assert (errand["kind"], errand["service"], errand["told_each_step"]) == ("errand", "social_insurance_query", False)
    assert why(house, errand)["decisions"][0]["matter"]["kind"] == "request"
    parking = house.filed(category="parking")
    assert (parking["level"], parking["owner_id"], parking["handling_mode"]) == ("community", CADRE, "hard")
    request = house.assigned()
    assert request["told_each_step"] is True
    done(house.do(request, "arrive", WORKER, {"severity": "special"}))
    joint = house.db["tickets"].find_one({"parent_id": request["id"]})
    assert joint is not None
    assert (joint["kind"], joint["sealed"], joint["reporter_id"]) == ("joint", None, None)
    assert why(house, request)["decisions"][-1]["opened"] == joint["number"]
    assert done(house.get(f"/api/v1/tickets/{joint['number']}", CADRE))["handling_mode"] is None
    done(house.do({"id": joint["_id"]}, "accept", CADRE))


def test_a_matter_is_tried_without_filing_it(house: House, fengman: None) -> None:
    count = house.db["tickets"].count_documents({})
    asked = {"area": GRID, "kind": "request", "category": "elderly_fall"}
    answer = done(house.post("/api/v1/routing/try", CADRE, asked))
    assert (answer["rules"], answer["rule"], answer["urgent"]) == ("fengman-routing/1", "elderly", True)
    assert house.db["tickets"].count_documents({}) == count
    body = refused(house.post("/api/v1/routing/try", CADRE, {**asked, "channel": "pigeon"}), 422, "invalid-input")
    assert [error["pointer"] for error in body["errors"]] == ["/channel"]
    refused(house.post("/api/v1/routing/try", CADRE, {**asked, "area": "/hequ/nowhere/"}), 404, "not-found")
    refused(house.post("/api/v1/routing/try", CADRE, {**asked, "area": ELSEWHERE}), 404, "not-found")
    refused(house.post("/api/v1/routing/try", RESIDENT, asked), 403, "not-allowed")
    refused(house.post("/api/v1/routing/try", VOLUNTEER, asked), 403, "not-allowed")


def test_two_who_arrive_at_once_open_one_joint_matter(house: House, fengman: None) -> None:
    ticket = house.assigned()
    with ThreadPoolExecutor(2) as hands:
        answers = list(hands.map(lambda grave: house.do(ticket, "arrive", WORKER, {"severity": grave}),
                                 ("special", "major")))  # fmt: skip
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert house.db["tickets"].count_documents({"parent_id": ticket["id"]}) == 1


def test_an_operator_checks_tries_compares_activates_lists_and_shows(house: House, tmp_path: Path) -> None:
    assert routing_command(house, "check", str(FENGMAN)) == "fengman-routing/1: 8 rules: good\n"
    told = routing_command(house, "try", str(FENGMAN), "--area", GRID, "--severity", "major")
    assert "难点问题联动办" in told
    assert "a further ticket of kind joint" in told
    told = routing_command(house, "diff", str(FENGMAN), "--area", COMMUNITY)
    assert told.startswith("routing: routing-wubiban/1 -> fengman-routing/1\n")
    assert "rules.rest.told_each_step: - -> True" in told
    assert house.db["routing_activations"].count_documents({}) == 0
    routing_command(house, "activate", str(FENGMAN), "--area", COMMUNITY)
    assert f"{COMMUNITY}  routing  fengman-routing/1" in routing_command(house, "list")
    assert "fengman-routing/1" in routing_command(house, "list", "--area", GRID)
    other = tmp_path / "other.yml"
    other.write_text(FENGMAN.read_text("utf-8").replace("within: 5 d", "within: 6 d"), "utf-8")
    assert "raise its version" in routing_command(house, "activate", str(other), "--area", COMMUNITY, check=False)
    assert routing_command(house, "deactivate", "--area", COMMUNITY) == f"{COMMUNITY}: routing-wubiban/1\n"
    assert routing_command(house, "show", "fengman-routing/1") == FENGMAN.read_text("utf-8")


def test_a_file_that_cannot_be_meant_names_each_error_with_its_line_in_both_languages(
    house: House, tmp_path: Path
) -> None:
    file = tmp_path / "rules.yml"
    text = FENGMAN.read_text("utf-8").replace("{urgent: true}", "{hurry: true}").replace("mode: accepted", "mode: kept")
    file.write_text(text, "utf-8")
    answer = house.processes.cli("routing", "check", str(file), check=False)
    assert answer.returncode == 1
    line = text.splitlines().index("    when: {hurry: true}") + 1
    assert f"rules.yml:{line}: rules[2].when.hurry: Unknown field. 没有这个字段。" in answer.stderr
    assert "rules[7].mode: Must be one of: urgent_on_site" in answer.stderr
