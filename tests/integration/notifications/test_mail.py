"""Mail on real parts: broker, database, worker process, SMTP server."""

import json
from email.message import EmailMessage

import pytest

from tests.integration.notifications.conftest import Post
from tests.support.eventually import eventually
from tests.support.smtp import SmtpSink


@pytest.fixture
def sink(module_smtp_sink: SmtpSink) -> SmtpSink:
    module_smtp_sink.refuse_with = None
    return module_smtp_sink


def _mails_to(sink: SmtpSink, address: str) -> list[EmailMessage]:
    return [mail for mail in sink.mails if mail["To"] == address]


def _settled(post: Post, person_id: str) -> str:
    state: str = post.mail_to(person_id).get("state", "waiting")
    return "" if state == "waiting" else state


def test_the_reporter_gets_a_mail_in_his_language(open_post: Post, sink: SmtpSink) -> None:
    open_post.filed(open_post.person("wang@example.org"))
    open_post.filed(open_post.person("jones@example.org", locale="en-GB"))
    chinese = eventually(lambda: _mails_to(sink, "wang@example.org"))[0]
    english = eventually(lambda: _mails_to(sink, "jones@example.org"))[0]
    assert chinese["Subject"] == "[家门口] 事项 261122-482-1390 已登记"
    assert "登记时间：2026-11-22 09:00" in chinese.get_content()
    assert english["Subject"] == "[Doorstep] 261122-482-1390 is filed"
    assert chinese["From"] == "station@doorstep.test"
    assert chinese["Auto-Submitted"] == "auto-generated"


def test_a_mail_is_recorded_attempt_first_and_published_without_address(open_post: Post, sink: SmtpSink) -> None:
    person = open_post.person("recorded@example.org")
    open_post.filed(person)
    eventually(lambda: _settled(open_post, person) == "sent")
    notice = open_post.mail_to(person)
    assert [attempt["result"] for attempt in notice["attempts"]] == ["sent"]
    assert open_post.told(notice["_id"]) == ["notice.sent"]
    kept = json.dumps([notice, *open_post.db["outbox"].find(), *open_post.db["recipients"].find()], default=str)
    assert "recorded@example.org" not in kept
    assert _mails_to(sink, "recorded@example.org")[0]["Message-ID"] == f"<{notice['_id']}@doorstep.test>"


def test_an_event_that_is_delivered_again_or_replayed_tells_nobody_twice(open_post: Post, sink: SmtpSink) -> None:
    person = open_post.person("once@example.org")
    row = open_post.filed(person)
    eventually(lambda: _settled(open_post, person) == "sent")
    open_post.publishing.send([row, row])
    open_post.publishing.send([row], replay=True)
    later = open_post.person("later@example.org")
    open_post.filed(later)
    eventually(lambda: _settled(open_post, later) == "sent")
    assert len(_mails_to(sink, "once@example.org")) == 1
    assert open_post.db["notices"].count_documents({"person_id": person}) == 2


def test_a_replayed_event_that_was_never_seen_tells_nobody(open_post: Post) -> None:
    person = open_post.person("never@example.org")
    row = open_post.publishing.write("points.awarded", "p-1", person_id=person)
    open_post.publishing.send([row], replay=True)
    eventually(lambda: open_post.db["inbox"].find_one({"_id": f"notifications.volunteers|{row['_id']}"}))
    assert open_post.db["notices"].count_documents({"person_id": person}) == 0


def test_a_person_without_address_is_recorded_and_gets_the_mail_once_he_has_one(
    open_post: Post, sink: SmtpSink
) -> None:
    person = open_post.person(None)
    open_post.filed(person)
    eventually(lambda: _settled(open_post, person) == "undeliverable")
    notice = open_post.mail_to(person)
    assert (notice["reason"], notice["attempts"]) == ("no-address", [])
    open_post.reach(person, "found@example.org", sequence=2)
    eventually(lambda: _mails_to(sink, "found@example.org"))
    eventually(lambda: open_post.told(notice["_id"]) == ["notice.undeliverable", "notice.sent"])


def test_a_person_of_whom_nobody_told_anything_is_undeliverable(open_post: Post) -> None:
    open_post.filed("01920c5e-0000-7000-8000-00000000dead")
    eventually(lambda: _settled(open_post, "01920c5e-0000-7000-8000-00000000dead") == "undeliverable")


def test_an_older_statement_that_comes_late_does_not_change_the_address(open_post: Post, sink: SmtpSink) -> None:
    person = open_post.person(None)
    open_post.reach(person, "new@example.org", sequence=3)
    open_post.reach(person, "old@example.org", sequence=2)
    eventually(lambda: open_post.db["inbox"].count_documents({"_id": {"$regex": "^notifications.recipients"}}) >= 3)
    open_post.filed(person)
    eventually(lambda: _mails_to(sink, "new@example.org"))
    assert _mails_to(sink, "old@example.org") == []


@pytest.mark.parametrize("refusal", ["550 5.1.1 no such user", "552 mailbox full"])
def test_a_refusal_for_good_fails_at_once(open_post: Post, sink: SmtpSink, refusal: str) -> None:
    sink.refuse_with = refusal
    person = open_post.person("gone@example.org")
    open_post.filed(person)
    eventually(lambda: _settled(open_post, person) == "failed")
    notice = open_post.mail_to(person)
    assert (notice["reason"], len(notice["attempts"])) == (f"smtp-{refusal[:3]}", 1)
    assert open_post.told(notice["_id"]) == ["notice.failed"]


def test_a_refusal_for_now_is_tried_again(open_post: Post, sink: SmtpSink) -> None:
    sink.refuse_with = "451 try later"
    person = open_post.person("greylisted@example.org")
    open_post.filed(person)
    eventually(lambda: "temporary" in [a["result"] for a in open_post.mail_to(person).get("attempts", [])])
    sink.refuse_with = None
    eventually(lambda: _settled(open_post, person) == "sent")
    assert {attempt["code"] for attempt in open_post.mail_to(person)["attempts"]} == {"smtp-451", "accepted"}


@pytest.mark.parametrize(
    ("written", "sent_to"),
    [
        ("li@faß.de", "li@xn--fa-hia.de"),
        ("li@邮件.中国", "li@xn--5nq051n.xn--fiqs8s"),
        (" li@ｅxample.org\u200b", "li@example.org"),
    ],
)
def test_a_domain_goes_by_idna_2008(open_post: Post, sink: SmtpSink, written: str, sent_to: str) -> None:
    person = open_post.person(written)
    open_post.filed(person)
    eventually(lambda: _mails_to(sink, sent_to))
    assert _settled(open_post, person) in ("", "sent")


def test_an_address_that_cannot_be_one_fails_without_troubling_the_server(open_post: Post, sink: SmtpSink) -> None:
    before = len(sink.mails)
    person = open_post.person("no-at-sign\r\nBcc: all@example.org")
    open_post.filed(person)
    eventually(lambda: _settled(open_post, person) == "failed")
    assert open_post.mail_to(person)["reason"] == "bad-address"
    assert len(sink.mails) == before
