"""Whose appointment can no longer be kept reads why in his inbox and in a mail, in his language."""

from services.chassis.ids import new_id
from services.contracts.registry import EVENT_TYPES
from tests.integration.notifications.conftest import Post
from tests.support.eventually import eventually
from tests.support.smtp import SmtpSink
from tests.support.tokens import Tokens


def test_it_is_told_in_words_with_time_and_station(open_post: Post, module_smtp_sink: SmtpSink, tokens: Tokens) -> None:
    http = open_post.processes.start("notifications", "http").http
    person = open_post.person("chen@example.org", "en")
    data = {**EVENT_TYPES["booking.affected"].example(), "person_id": person, "cause": "not_offered"}
    open_post.publishing.send([open_post.publishing.write("booking.affected", new_id(), **data)])
    eventually(lambda: open_post.mail_to(person).get("state") == "sent")
    own = tokens.headers(person_id=person)
    (chinese,) = http.get("/api/v1/inbox", headers=own).json()["items"]
    (english,) = http.get("/api/v1/inbox", headers={**own, "Accept-Language": "en"}).json()["items"]
    assert chinese["text"] == (
        "您 2026-11-23 09:00 在隗滨花园驿站的“义诊”预约受到变动影响，原因：该项服务已停止预约。"
        "您可以改约其他时间，或联系驿站。"
    )
    assert english["text"] == (
        "Your appointment Clinic of 23 Nov 2026, 09:00 at the station 隗滨花园驿站 is affected by a change: "
        "the service is not offered any more. You may book another time, or talk to the station."
    )
