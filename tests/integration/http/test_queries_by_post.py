"""A query by POST has its filters in the body; a list may answer what is no JSON, in pages of another size."""

from typing import Any

from tests.integration.http.conftest import Specimen

SEARCH = "/api/v1/notes/search"


def ask(specimen: Specimen, body: Any, **params: Any) -> Any:
    return specimen.http.post(SEARCH, json=body, params=params, headers=specimen.worker())


def written(specimen: Specimen, text: str) -> None:
    body = {"text": text, "area_path": "/hequ/xikou/"}
    specimen.db["notes"].insert_one({"_id": f"post-{text}", **body, "revision": 1})


def test_it_is_asked_anew_each_time_whatever_its_key(specimen: Specimen) -> None:
    headers = specimen.worker(**{"Idempotency-Key": "the-same-for-both-questions"})
    assert specimen.http.post(SEARCH, json={"text": "新"}, headers=headers).json()["items"] == []
    written(specimen, "新")
    again = specimen.http.post(SEARCH, json={"text": "新"}, headers=headers)
    assert [note["text"] for note in again.json()["items"]] == ["新"]
    assert "Idempotency-Replayed" not in again.headers


def test_its_cursor_belongs_to_its_filters(specimen: Specimen) -> None:
    written(specimen, "a")
    written(specimen, "b")
    cursor = ask(specimen, {}, limit=1).json()["next"]
    assert ask(specimen, {}, limit=1, cursor=cursor).status_code == 200
    assert ask(specimen, {"text": "b"}, limit=1, cursor=cursor).json()["type"] == "/problems/bad-cursor"


def test_a_bad_body_is_named_as_in_a_command(specimen: Specimen) -> None:
    refused = ask(specimen, {"colour": "red"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/colour")
    broken = specimen.http.post(SEARCH, content=b"{", headers=specimen.worker(**{"Content-Type": "application/json"}))
    assert broken.json()["type"] == "/problems/malformed-json"


def test_what_is_no_json_is_answered_as_it_is_in_pages_of_its_own_size(specimen: Specimen) -> None:
    answer = specimen.http.get("/api/v1/notes/plain", headers=specimen.worker())
    assert (answer.text, answer.headers["Content-Type"]) == ("数数数", "text/plain; charset=utf-8")
    assert specimen.http.get("/api/v1/notes/plain?limit=4", headers=specimen.worker()).text == "数数数数"
    assert specimen.http.get("/api/v1/notes/plain?limit=5", headers=specimen.worker()).status_code == 422
    cursor = answer.headers["Next-Cursor"]
    assert specimen.http.get("/api/v1/notes/plain", params={"cursor": cursor}, headers=specimen.worker()).is_success
