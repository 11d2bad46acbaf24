"""Why a volunteer is suspended is sealed in its event: he reads it in words, nobody else in the event."""

import pytest

from services.chassis.ids import new_id
from services.contracts.registry import EVENT_TYPES
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
    person, member_id, example = open_post.person(), new_id(), EVENT_TYPES["member.suspended"].example()
    member = {**example["member"], "member_id": member_id, "person_id": person}
    data = {**example, "member": member, "sealed_reason": sealed()}
    open_post.publishing.send([open_post.publishing.write("member.suspended", member_id, **data)])
    eventually(lambda: open_post.db["notices"].find_one({"person_id": person, "channel": "inbox"}))
    (entry,) = http.get("/api/v1/inbox", headers=tokens.headers(person_id=person)).json()["items"]
    assert words in entry["text"]
