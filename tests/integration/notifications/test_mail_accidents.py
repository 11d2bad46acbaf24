"""Mail when things break: the server is away, processes die, replicas compete."""

import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from services.cli.native.ports import LOOPBACK, free_port
from services.notifications.domain.precedence import SHARES, Rank
from tests.integration.notifications.bounded_mails import a_new_day, in_line, looked_at, states, told
from tests.integration.notifications.conftest import Post
from tests.support.eventually import eventually
from tests.support.smtp import SmtpSink


class DeadlySink(SmtpSink):
    """Takes a mail and kills the sender before it can hear of it."""

    victim = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = await super().handle_DATA(server, session, envelope)
        if self.victim:
            os.kill(self.victim, signal.SIGKILL)
            self.victim = 0
        return answer


@contextmanager
def _listening(sink: SmtpSink, port: int) -> Iterator[None]:
    controller = Controller(sink, hostname=LOOPBACK, port=port)
    controller.start()
    try:
        yield
    finally:
        controller.stop()


def test_mail_waits_for_a_server_that_is_away_and_goes_out_when_it_is_back(post: Post) -> None:
    port = free_port()
    sink = SmtpSink(port)
    post.worker(sink.url, MAIL_RETRY_SECONDS=",".join("1" * 20))
    person = post.person("patient@example.org")
    post.filed(person)
    eventually(lambda: len(post.mail_to(person).get("attempts", [])) >= 2)
    assert post.mail_to(person)["attempts"][0]["code"] == "unreachable"
    with _listening(sink, port):
        eventually(lambda: post.mail_to(person)["state"] == "sent")
    assert len(sink.mails) == 1


def test_a_process_that_dies_between_the_servers_yes_and_its_own_commit_sends_again_under_the_same_id(
    post: Post,
) -> None:
    port = free_port()
    sink = DeadlySink(port)
    with _listening(sink, port):
        doomed = post.worker(sink.url, MAIL_LEASE_SECONDS="2")
        sink.victim = doomed.pid
        person = post.person("twice@example.org")
        post.filed(person)
        eventually(lambda: len(sink.mails) == 1)
        eventually(doomed.has_ended)
        post.processes.kill(doomed)
        heir = post.worker(sink.url, MAIL_LEASE_SECONDS="2")
        eventually(lambda: post.mail_to(person)["state"] == "sent")
        metrics = heir.http.get("/metrics").text
    results = [attempt["result"] for attempt in post.mail_to(person)["attempts"]]
    assert results == ["uncertain", "sent"]
    assert len(sink.mails) == 2
    assert len({mail["Message-ID"] for mail in sink.mails}) == 1
    assert post.told(post.mail_to(person)["_id"]) == ["notice.sent"]
    assert 'doorstep_mail_attempts_total{code="no-result",result="uncertain"} 1.0' in metrics


def test_what_waits_for_its_day_is_neither_lost_nor_counted_twice_when_the_process_that_begins_it_dies(
    post: Post,
) -> None:
    port = free_port()
    sink, room = DeadlySink(port), SHARES[Rank.END]
    with _listening(sink, port):
        doomed = post.worker(sink.url, MAIL_LEASE_SECONDS="2")
        person = post.person("line@example.org")
        eventually(lambda: post.db["recipients"].find_one({"_id": person}))
        closed = told(post, person, "ticket.closed", times=room + 4)
        eventually(lambda: looked_at(post, room + 4))
        sink.victim = doomed.pid
        a_new_day(post)
        eventually(doomed.has_ended)
        post.processes.kill(doomed)
        # What the dead one had claimed is free again after a minute.
        post.db["timers"].update_many({}, {"$set": {"lease": None, "lease_until": None}})
        post.worker(sink.url, MAIL_LEASE_SECONDS="2")
        eventually(lambda: states(post, closed) == ["sent"] * (room + 4))
    assert in_line(post, "mails_waiting") == set()
    mails = Counter(mail["Message-ID"] for mail in sink.mails)
    uncertain = post.db["notices"].count_documents({"attempts.result": "uncertain"})
    assert len(mails) == room + 4
    assert mails.total() <= room + 4 + uncertain, "one may have been begun and not been handed over"
    counted = [row["mails"] for row in post.db["mails_counted"].find()]
    assert sum(counted) <= 4, "a mail that is tried again was counted"


def test_two_replicas_send_each_mail_once(post: Post, smtp_sink: SmtpSink) -> None:
    post.worker(smtp_sink.url)
    post.worker(smtp_sink.url)
    addresses = [f"person-{number}@example.org" for number in range(30)]
    rows = [post.filed(post.person(address)) for address in addresses]
    post.publishing.send(rows)
    sent = {"channel": "email", "state": "sent"}
    eventually(lambda: post.db["notices"].count_documents(sent) == len(addresses), within=30)
    assert Counter(mail["To"] for mail in smtp_sink.mails) == Counter(addresses)


def test_a_wrong_mail_setting_stops_the_process_at_its_start_and_keeps_the_password(post: Post) -> None:
    wrong = "smtp://station:secret-word@mail?starttls=maybe"
    process = post.processes.start("notifications", "worker", wait=False, SMTP_URL=wrong)
    eventually(process.has_ended)
    post.processes.kill(process)
    assert "DOORSTEP_SMTP_URL" in process.log
    assert "secret-word" not in process.log


def test_a_sender_with_a_comma_in_its_name_and_a_domain_in_chinese_is_written_rightly(post: Post) -> None:
    port = free_port()
    sink = SmtpSink(port)
    with _listening(sink, port):
        post.worker(sink.url, MAIL_FROM="Doorstep, Hequ <station@河曲.中国>")
        post.filed(post.person("comma@example.org"))
        mail = eventually(lambda: sink.mails)[0]
    [sender] = mail["From"].addresses
    assert (sender.display_name, sender.addr_spec) == ("Doorstep, Hequ", "station@xn--lovy1k.xn--fiqs8s")
    assert mail["Message-ID"].endswith("@xn--lovy1k.xn--fiqs8s>")
