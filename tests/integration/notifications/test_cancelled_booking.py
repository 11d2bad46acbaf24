"""Whose appointment the station cancelled reads it in his inbox and in a mail, in his language."""

from services.chassis.ids import new_id
from services.contracts.registry import EVENT_TYPES
from tests.integration.notifications.conftest import Post
from tests.support.eventually import eventually
from tests.support.smtp import SmtpSink
from tests.support.tokens import Tokens


def cancelled(post: Post, person: str, by: str) -> None:
    booking_id = new_id()
    data = {**EVENT_TYPES["booking.cancelled"].example(), "booking_id": booking_id, "person_id": person, "by": by}
    post.publishing.send([post.publishing.write("booking.cancelled", booking_id, **data)])


def test_it_is_told_in_words_with_time_and_station(open_post: Post, module_smtp_sink: SmtpSink, tokens: Tokens) -> None:
    http = open_post.processes.start("notifications", "http").http
    person, himself = open_post.person("chen@example.org", "en"), open_post.person("wu@example.org", "en")
    cancelled(open_post, himself, himself)
    cancelled(open_post, person, new_id())
    eventually(lambda: open_post.mail_to(person).get("state") == "sent")
    own = tokens.headers(person_id=person)
    (chinese,) = http.get("/api/v1/inbox", headers=own).json()["items"]
    (english,) = http.get("/api/v1/inbox", headers={**own, "Accept-Language": "en"}).json()["items"]
    assert chinese["text"].startswith("隗滨花园驿站取消了您 2026-11-23 09:00 的“义诊”预约，原因：没有工作人员。")
    assert english["text"].startswith(
        "The station 隗滨花园驿站 cancelled your appointment Clinic of 23 Nov 2026, 09:00: nobody of the staff is"
    )
    assert open_post.mail_to(himself) == {}
