from dataclasses import replace
from datetime import timedelta

import pytest

from services.notifications.domain.notice import (
    Channel,
    Notice,
    Outcome,
    Result,
    State,
    begin,
    contact_became_known,
    finish,
    lose,
    next_attempt_at,
    notice_id,
    undeliverable,
)
from tests.unit.notifications.examples import NOW

BACK_OFF = [timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10), timedelta(hours=1)]
LEASE = timedelta(minutes=3)
SENT, LATER = Outcome(Result.SENT, "accepted"), Outcome(Result.TEMPORARY, "smtp-451")
NEVER, UNKNOWN = Outcome(Result.PERMANENT, "smtp-550"), Outcome(Result.UNCERTAIN, "no-answer")


def _mail() -> Notice:
    return Notice("n1", "e1", "ticket.filed", "p1", "ticket.filed.reporter", Channel.EMAIL, "/hequ/", {}, NOW, NOW)


def test_the_same_event_person_template_and_channel_make_the_same_notice() -> None:
    assert notice_id("e", "p", "t", Channel.EMAIL) == notice_id("e", "p", "t", Channel.EMAIL)
    others = {notice_id("e", "p", "t", Channel.INBOX), notice_id("e", "q", "t", Channel.EMAIL)}
    assert notice_id("e", "p", "t", Channel.EMAIL) not in others


def test_a_mail_that_the_server_took_is_sent() -> None:
    sent = finish(begin(_mail(), NOW, LEASE), 1, SENT, NOW, BACK_OFF)
    assert (sent.state, next_attempt_at(sent, BACK_OFF)) == (State.SENT, None)


def test_each_temporary_failure_waits_longer_and_the_fifth_is_the_last() -> None:
    notice, now, waits = _mail(), NOW, []
    for number in range(1, 6):
        notice = finish(begin(notice, now, LEASE), number, LATER, now, BACK_OFF)
        due_at = next_attempt_at(notice, BACK_OFF)
        if due_at is not None:
            waits.append(due_at - now)
            now = due_at
    assert waits == BACK_OFF
    assert (notice.state, notice.reason, len(notice.attempts)) == (State.FAILED, "smtp-451", 5)


def test_a_refused_recipient_fails_at_once() -> None:
    failed = finish(begin(_mail(), NOW, LEASE), 1, NEVER, NOW, BACK_OFF)
    assert (failed.state, failed.reason) == (State.FAILED, "smtp-550")


def test_while_an_attempt_is_under_way_nobody_looks_before_its_lease_ends() -> None:
    assert next_attempt_at(begin(_mail(), NOW, LEASE), BACK_OFF) == NOW + LEASE


def test_an_attempt_whose_process_died_is_uncertain_and_made_again() -> None:
    again = begin(begin(_mail(), NOW, LEASE), NOW + LEASE, LEASE)
    assert [attempt.outcome for attempt in again.attempts] == [Outcome(Result.UNCERTAIN, "no-result"), None]


def test_an_answer_that_comes_after_all_replaces_the_assumption() -> None:
    again = begin(begin(_mail(), NOW, LEASE), NOW + LEASE, LEASE)
    told = finish(again, 1, SENT, NOW + LEASE, BACK_OFF)
    assert told.state is State.SENT
    assert told.attempts[0].outcome == SENT


def test_a_late_failure_of_an_older_attempt_does_not_end_the_newer_one() -> None:
    again = begin(begin(_mail(), NOW, LEASE), NOW + LEASE, LEASE)
    assert finish(again, 1, NEVER, NOW + LEASE, BACK_OFF).state is State.WAITING


@pytest.mark.parametrize("outcome", [SENT, LATER, NEVER])
def test_an_attempt_ends_once(outcome: Outcome) -> None:
    ended = finish(begin(_mail(), NOW, LEASE), 1, LATER, NOW, BACK_OFF)
    assert finish(ended, 1, outcome, NOW + LEASE, BACK_OFF) == ended


def test_a_broken_connection_after_the_text_went_out_is_tried_again() -> None:
    unknown = finish(begin(_mail(), NOW, LEASE), 1, UNKNOWN, NOW, BACK_OFF)
    assert (unknown.state, next_attempt_at(unknown, BACK_OFF)) == (State.WAITING, NOW + BACK_OFF[0])


def test_the_last_attempt_that_never_reported_ends_as_uncertain() -> None:
    lost = lose(begin(_mail(), NOW, LEASE), NOW + LEASE)
    assert (lost.state, lost.reason) == (State.FAILED, "uncertain")


def test_an_address_that_comes_within_a_day_revives_what_was_undeliverable() -> None:
    stuck = undeliverable(_mail(), "no-address")
    assert contact_became_known(stuck, NOW + timedelta(hours=24)).state is State.WAITING


def test_old_news_and_other_reasons_stay_undeliverable() -> None:
    stuck = undeliverable(_mail(), "no-address")
    assert contact_became_known(stuck, NOW + timedelta(hours=24, seconds=1)) is stuck
    no_server = replace(stuck, reason="no-mail-server")
    assert contact_became_known(no_server, NOW) is no_server
