"""Why a volunteer is suspended comes sealed, by the private exchange: he reads it in words."""

import pytest

from services.chassis.ids import new_id
from tests.integration.notifications.conftest import Post
from tests.support.eventually import eventually
from tests.support.processes import sealer_of
from tests.support.smtp import SmtpSink
from tests.support.tokens import Tokens


@pytest.mark.parametrize(("sealed", "words"), [
    (lambda: sealer_of("volunteers").exchange.seal({"reason_code": "safety"}), "原因：安全原因。"),
    (lambda: "of-a-key-that-is-gone", "原因：其他原因。"),
])  # fmt: skip
def test_he_reads_why(open_post: Post, tokens: Tokens, module_smtp_sink: SmtpSink, sealed: object, words: str) -> None:
    assert callable(sealed)
    http = open_post.processes.start("notifications", "http").http
    person = open_post.person()
    told = open_post.publishing.write("member.suspension_told", new_id(), person_id=person, sealed=sealed())
    open_post.publishing.send([told])
    eventually(lambda: open_post.db["notices"].find_one({"person_id": person, "channel": "inbox"}))
    (entry,) = http.get("/api/v1/inbox", headers=tokens.headers(person_id=person)).json()["items"]
    assert words in entry["text"]
