"""Of whose appointment the station recorded an outcome reads it in his inbox, in his language, and gets no mail."""

from services.chassis.ids import new_id
from services.contracts.registry import EVENT_TYPES
from tests.integration.notifications.conftest import Post
from tests.support.eventually import eventually
from tests.support.tokens import Tokens


def test_it_is_told_in_words_with_time_and_station(open_post: Post, tokens: Tokens) -> None:
    http = open_post.processes.start("notifications", "http").http
    person = open_post.person("chen@example.org", "en")
    for outcome in ("no_show", "attended"):
        data = {**EVENT_TYPES["booking.outcome_recorded"].example(), "person_id": person, "outcome": outcome}
        open_post.publishing.send([open_post.publishing.write("booking.outcome_recorded", new_id(), **data)])
    own = tokens.headers(person_id=person)

    def texts(language: str) -> list[str]:
        items = http.get("/api/v1/inbox", headers={**own, "Accept-Language": language}).json()["items"]
        return sorted(item["text"] for item in items)

    eventually(lambda: len(texts("en")) == 2)
    for outcome, text in zip(("you came", "you did not come"), texts("en"), strict=True):
        assert text.startswith(
            f"The station 隗滨花园驿站 recorded of your appointment Clinic of 23 Nov 2026, 09:00: {outcome}."
        )
    for outcome, text in zip(("您已到场", "您未到场"), texts("zh-CN"), strict=True):
        assert text.startswith(f"隗滨花园驿站登记了您 2026-11-23 09:00 的“义诊”预约结果：{outcome}。")
    assert open_post.mail_to(person) == {}
