from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from services.contracts.registry import EVENT_TYPES
from services.notifications.domain.notice import Channel, Notice, Outcome, Result, State
from services.notifications.domain.precedence import MOST_MAILS_A_DAY, SHARES, Rank
from services.notifications.domain.recipients import Statement, is_administered, surely_without_mail
from services.notifications.domain.templates import Private
from services.notifications.handlers import confirming
from services.notifications.handlers.confirming import Link
from services.notifications.handlers.contacts import keep_contact
from services.notifications.handlers.deliver import (
    Delivery,
    Letter,
    Policy,
    begin_delivery,
    finish_delivery,
)
from services.notifications.handlers.inbox import Refused, mark_read
from services.notifications.handlers.record import record_event
from services.notifications.texts import catalogues
from tests.unit.notifications.examples import NOW, OWNER, REPORTER, arrived
from tests.unit.notifications.store import MemoryStore

POLICY = Policy((timedelta(seconds=30), timedelta(minutes=2)), timedelta(minutes=3), timedelta(seconds=30))
OPENED: dict[str, dict[str, str | None]] = {
    "with-address": {"email": "someone@example.org", "locale": "en"},
    "without": {"email": None, "locale": None},
    "of another ticket": {"email": "somebody-else@example.org", "locale": "en"},
    "with a secret": {"email": "someone@example.org", "locale": "en", "follow_up_secret": "only-hers"},
    "own": {"email": "own@example.org", "locale": "en"},
}


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def _mail_to(store: MemoryStore, person_id: str) -> Notice:
    return next(n for n in store.notices.values() if n.person_id == person_id and n.channel is Channel.EMAIL)


def _begin(store: MemoryStore, notice: Notice, at: timedelta = timedelta(0), can_mail: bool = True) -> Delivery:
    return begin_delivery(store, notice.id, NOW + at, POLICY, OPENED.__getitem__, "digest of {}".format, can_mail)


def _told(store: MemoryStore) -> list[str]:
    return [event.type for event in store.events if event.data["channel"] == "email"]


def _filed(store: MemoryStore, sealed: str | None = "with-address") -> Notice:
    if sealed:
        store.keep_statement(REPORTER, "tickets", Statement(1, sealed))
    record_event(store, arrived("ticket.filed"), NOW)
    return _mail_to(store, REPORTER)


def test_an_event_makes_inbox_entries_that_are_there_at_once_and_mail_that_waits(store: MemoryStore) -> None:
    _filed(store)
    found = {(n.person_id, n.channel): n.state for n in store.notices.values()}
    assert found == {
        (REPORTER, Channel.INBOX): State.SENT,
        (REPORTER, Channel.EMAIL): State.WAITING,
        (OWNER, Channel.INBOX): State.SENT,
        (OWNER, Channel.EMAIL): State.WAITING,
    }
    assert set(store.wakes) == {n.id for n in store.notices.values() if n.channel is Channel.EMAIL}


def test_the_same_event_twice_tells_once(store: MemoryStore) -> None:
    _filed(store)
    before = (dict(store.notices), list(store.events))
    record_event(store, arrived("ticket.filed"), NOW + timedelta(minutes=1))
    assert (store.notices, store.events) == before


def test_who_is_known_to_have_no_address_is_not_tried(store: MemoryStore) -> None:
    store.keep_statement(REPORTER, "accounts", Statement(1, "without", has_mail=False))
    record_event(store, arrived("ticket.filed"), NOW)
    mail = next(n for n in store.notices.values() if n.person_id == REPORTER and n.channel is Channel.EMAIL)
    assert (mail.state, mail.reason, mail.id in store.wakes) == (State.UNDELIVERABLE, "no-address", False)
    assert _told(store) == ["notice.undeliverable"]
    keep_contact(store, "tickets", REPORTER, Statement(1, "with-address", has_mail=True), NOW + timedelta(hours=1))
    assert store.wakes[mail.id] == NOW + timedelta(hours=1), "and gets it once he has one"


def test_a_person_is_surely_without_mail_only_when_all_say_so() -> None:
    without, with_mail, unknown = Statement(1, "x", False), Statement(1, "x", True), Statement(1, "x")
    assert surely_without_mail([without, without])
    assert not any(surely_without_mail(said) for said in ([], [with_mail], [without, with_mail], [without, unknown]))


def test_a_replayed_event_tells_nobody(store: MemoryStore) -> None:
    record_event(store, arrived("ticket.filed", replayed=True), NOW)
    assert store.notices == {}


def test_what_is_published_of_a_notice_fits_its_schema(store: MemoryStore) -> None:
    notice = _filed(store, "without")
    _begin(store, notice)
    assert _told(store) == ["notice.undeliverable"]
    for event in store.events:
        EVENT_TYPES[event.type].schema().load(dict(event.data))
    assert [event.sequence for event in store.events if event.aggregate_id == notice.id] == [1]


def test_an_attempt_is_recorded_before_the_letter_is_handed_out(store: MemoryStore) -> None:
    notice = _filed(store)
    letter = _begin(store, notice).letter
    assert letter is not None
    assert (letter.address, letter.locale, letter.attempt) == ("someone@example.org", "en", 1)
    assert store.notices[notice.id].open_attempt is not None
    assert store.wakes[notice.id] == NOW + POLICY.lease


def test_a_mail_that_was_taken_is_published_as_sent_and_never_looked_at_again(store: MemoryStore) -> None:
    notice = _filed(store)
    _finish(store, _begin(store, notice), Outcome(Result.SENT, "accepted"))
    assert _told(store) == ["notice.sent"]
    assert notice.id not in store.wakes
    assert _begin(store, notice) == Delivery()


def test_a_failing_server_is_tried_again_and_given_up_once(store: MemoryStore) -> None:
    notice = _filed(store)
    for number in range(3):
        at = timedelta(minutes=10 * number)
        _finish(store, _begin(store, notice, at), Outcome(Result.TEMPORARY, "unreachable"), at)
    assert _told(store) == ["notice.failed"]
    assert (store.events[-1].data["attempts"], store.events[-1].data["reason"]) == (3, "unreachable")


def test_while_an_attempt_is_under_way_no_second_one_begins(store: MemoryStore) -> None:
    notice = _filed(store)
    _begin(store, notice)
    assert _begin(store, notice, timedelta(seconds=1)).letter is None


def test_after_a_death_between_server_and_commit_the_same_notice_is_sent_again(store: MemoryStore) -> None:
    notice = _filed(store)
    _begin(store, notice)
    again = _begin(store, notice, POLICY.lease)
    assert again.uncertain == 1
    assert again.letter is not None
    assert again.letter.notice.id == notice.id


def test_the_last_attempt_that_died_fails_as_uncertain(store: MemoryStore) -> None:
    notice = _filed(store)
    for number in range(4):
        _begin(store, notice, number * POLICY.lease)
    assert (store.notices[notice.id].state, store.notices[notice.id].reason) == (State.FAILED, "uncertain")


def test_a_person_of_whom_nothing_is_known_yet_is_given_a_moment(store: MemoryStore) -> None:
    notice = _filed(store, sealed=None)
    assert _begin(store, notice) == Delivery()
    assert store.wakes[notice.id] == NOW + POLICY.grace
    _begin(store, notice, POLICY.grace)
    assert _told(store) == ["notice.undeliverable"]


def test_contact_data_that_come_within_that_moment_send_the_mail_at_once(store: MemoryStore) -> None:
    notice = _filed(store, sealed=None)
    _begin(store, notice)
    keep_contact(store, "tickets", REPORTER, Statement(1, "with-address"), NOW + timedelta(seconds=2))
    assert store.wakes[notice.id] == NOW + timedelta(seconds=2)
    assert _begin(store, notice, timedelta(seconds=2)).letter is not None


def test_an_address_that_comes_later_revives_the_mail(store: MemoryStore) -> None:
    notice = _filed(store, "without")
    _begin(store, notice)
    keep_contact(store, "accounts", REPORTER, Statement(1, "with-address"), NOW + timedelta(hours=1))
    _finish(store, _begin(store, notice, timedelta(hours=1)), Outcome(Result.SENT, "accepted"), timedelta(hours=1))
    assert _told(store) == ["notice.undeliverable", "notice.sent"]
    assert [event.sequence for event in store.events if event.aggregate_id == notice.id] == [1, 2]


def test_an_older_statement_changes_nothing(store: MemoryStore) -> None:
    keep_contact(store, "accounts", REPORTER, Statement(2, "with-address"), NOW)
    keep_contact(store, "accounts", REPORTER, Statement(1, "without"), NOW)
    assert store.statements(REPORTER)["accounts"].sealed == "with-address"


def test_without_a_mail_server_mail_is_undeliverable_and_the_inbox_is_not(store: MemoryStore) -> None:
    notice = _filed(store)
    _begin(store, notice, can_mail=False)
    assert store.notices[notice.id].reason == "no-mail-server"
    assert store.unread(REPORTER) == 1


def test_a_person_reads_his_own_entries_only(store: MemoryStore) -> None:
    _filed(store)
    entry = store.inbox(REPORTER, None, 10, unread_only=False)[0]
    with pytest.raises(Refused, match="inbox-entry-not-found"):
        mark_read(store, OWNER, entry.id, NOW)
    assert mark_read(store, REPORTER, entry.id, NOW).read_at == NOW
    assert mark_read(store, REPORTER, entry.id, NOW + timedelta(hours=1)).read_at == NOW
    assert store.unread(REPORTER) == 0


def test_mail_is_no_inbox_entry(store: MemoryStore) -> None:
    notice = _filed(store)
    with pytest.raises(Refused):
        mark_read(store, REPORTER, notice.id, NOW)


def _finish(store: MemoryStore, delivery: Delivery, outcome: Outcome, at: timedelta = timedelta(0)) -> None:
    assert isinstance(delivery.letter, Letter)
    finish_delivery(store, delivery.letter, outcome, NOW + at, POLICY)


def test_an_attempt_of_a_clock_that_was_an_hour_ahead_does_not_hold_the_mail_up(store: MemoryStore) -> None:
    notice = _filed(store)
    assert _begin(store, notice, timedelta(hours=1)).letter is not None  # and the process dies
    again = _begin(store, notice)
    assert (again.letter is not None, again.uncertain) == (True, 1)


def test_a_notice_recorded_by_a_clock_that_was_an_hour_ahead_does_not_wait_for_a_first_word(store: MemoryStore) -> None:
    record_event(store, arrived("ticket.filed"), NOW + timedelta(hours=1))
    assert _begin(store, _mail_to(store, REPORTER)).letter is None
    assert _mail_to(store, REPORTER).state is State.UNDELIVERABLE


# What was said at filing is about one ticket ---------------------------------------------------------------------


def _about(store: MemoryStore, sealed: str, sequence: int = 1, ticket_id: str | None = None) -> None:
    keep_contact(store, "tickets", REPORTER, Statement(sequence, sealed, has_mail=True), NOW, ticket_id or _ticket())


def _planned(store: MemoryStore) -> Notice:
    mails = (n for n in store.notices.values() if n.channel is Channel.EMAIL)
    return next(n for n in mails if n.template == "ticket.planned.reporter")


def _ticket() -> str:
    return str(arrived("ticket.filed").data["ticket"]["ticket_id"])


def test_an_address_named_for_one_ticket_gets_no_mail_about_another(store: MemoryStore) -> None:
    _about(store, "with-address", 1)
    _about(store, "of another ticket", 2, "another-ticket")
    letter = _begin(store, _filed(store, sealed=None)).letter
    assert letter is not None
    assert letter.address == "someone@example.org"


def test_who_is_reached_about_another_ticket_only_waits_a_moment_and_is_not_reached(store: MemoryStore) -> None:
    _about(store, "of another ticket", 1, "another-ticket")
    notice = _filed(store, sealed=None)
    assert _begin(store, notice).letter is None
    assert _begin(store, notice, POLICY.grace).letter is None
    assert _mail_to(store, REPORTER).reason == "no-address"


def test_a_statement_about_everything_ends_those_about_single_tickets_in_any_order(store: MemoryStore) -> None:
    _about(store, "with-address", 1)
    keep_contact(store, "tickets", REPORTER, Statement(3, "without", has_mail=False), NOW)
    _about(store, "with-address", 2, "came-late")
    assert set(store.statements(REPORTER)) == {"tickets"}


def test_ones_own_address_goes_before_what_was_typed_at_filing(store: MemoryStore) -> None:
    _about(store, "with-address")
    keep_contact(store, "accounts", REPORTER, Statement(1, "own", has_mail=True), NOW)
    letter = _begin(store, _filed(store, sealed=None)).letter
    assert letter is not None
    assert letter.address == "own@example.org"


def test_the_secret_is_told_with_the_mail_of_filing_and_is_in_no_notice(store: MemoryStore) -> None:
    _about(store, "with a secret")
    notice = _filed(store, sealed=None)
    letter = _begin(store, notice).letter
    assert letter is not None
    assert letter.follow_up_secret == "only-hers"
    assert "only-hers" not in str(store.notices)
    for locale in ("zh-CN", "en"):
        told = catalogues()[locale].render(
            notice.template, notice.channel, notice.facts, UTC, Private("only-hers", "a-link")
        )
        assert (told.text.count("only-hers"), told.text.count("a-link")) == (1, 1)
    record_event(store, arrived("ticket.planned"), NOW)
    planned = next(
        n for n in store.notices.values() if n.template == "ticket.planned.reporter" and n.channel == "email"
    )
    later = _begin(store, planned).letter
    assert later is not None
    assert later.follow_up_secret is None


def test_an_address_that_was_typed_at_filing_is_not_flooded_and_tries_again_do_not_count(store: MemoryStore) -> None:
    _about(store, "with-address")
    notice = _filed(store, sealed=None)
    store.mails["digest of someone@example.org", NOW.date()] = SHARES[Rank.STEP] - 1
    letter = _begin(store, notice).letter
    assert letter is not None
    finish_delivery(store, letter, Outcome(Result.TEMPORARY, "smtp-451"), NOW, POLICY)
    assert _begin(store, notice, timedelta(seconds=31)).letter is not None
    record_event(store, arrived("ticket.planned"), NOW)
    planned = next(
        n for n in store.notices.values() if n.template == "ticket.planned.reporter" and n.channel == "email"
    )
    assert _begin(store, planned).letter is None
    assert (store.notices[planned.id].state, store.notices[planned.id].reason) == (State.WAITING, "too-many-mails")


def _own_address(store: MemoryStore, role: str) -> Notice:
    """A mail to who named an address for his account, to which the day's mails were sent."""
    grants = [{"role": role, "area_path": "/hequ/xikou/binhe/"}]
    if is_administered({"grants": grants}):
        store.administered.add(REPORTER)
    store.keep_statement(REPORTER, "accounts", Statement(1, "own"))
    store.mails["digest of own@example.org", NOW.date()] = MOST_MAILS_A_DAY
    return _filed(store, sealed=None)


@pytest.mark.parametrize("role", ["resident", "member"])
def test_a_strangers_address_that_somebody_registers_with_is_not_flooded_either(store: MemoryStore, role: str) -> None:
    notice = _own_address(store, role)
    assert _begin(store, notice).letter is None
    tomorrow = datetime.combine(NOW.date() + timedelta(days=1), time(), UTC)
    assert store.wakes[notice.id] == tomorrow, "it is not lost"
    letter = _begin(store, notice, tomorrow - NOW).letter
    assert letter is not None
    assert (letter.address, letter.notice.reason) == ("own@example.org", None)


def test_a_step_that_waits_a_second_day_is_old_news(store: MemoryStore) -> None:
    _own_address(store, "resident")
    record_event(store, arrived("ticket.planned"), NOW)
    notice = _planned(store)
    _begin(store, notice)
    tomorrow = store.wakes[notice.id]
    store.mails["digest of own@example.org", tomorrow.date()] = MOST_MAILS_A_DAY
    assert _begin(store, notice, tomorrow - NOW).letter is None
    ended = store.notices[notice.id]
    assert (ended.state, ended.reason, _told(store)) == (
        State.UNDELIVERABLE, "too-many-mails", ["notice.undeliverable"]
    )  # fmt: skip


@pytest.mark.parametrize("role", ["grid_worker", "community", "admin"])
def test_who_serves_gets_all_his_mails(store: MemoryStore, role: str) -> None:
    assert _begin(store, _own_address(store, role)).letter is not None


def test_who_confirmed_his_address_gets_all_his_mails(store: MemoryStore) -> None:
    store.keep_statement(REPORTER, "confirmed", Statement(1, "own"))
    assert _begin(store, _own_address(store, "resident")).letter is not None


def test_a_confirmed_address_is_the_persons_until_everything_is_forgotten(store: MemoryStore) -> None:
    _about(store, "with-address", 1, "first-ticket")
    notice = _filed(store, sealed=None)
    assert _begin(store, notice, POLICY.grace).letter is None, "said for another ticket"
    token = parse_qs(urlsplit(confirming.link(_digest, REPORTER, "first-ticket", 1)).query)["token"][0]
    assert _link(store, token) is Link.OPEN
    assert _link(store, "a guess") is Link.VOID
    confirming.confirm(store, OPENED.__getitem__, lambda known: f"with-{'address' if known['email'] else 'out'}",
                       REPORTER, "first-ticket", NOW + POLICY.grace)  # fmt: skip
    assert _link(store, token) is Link.USED
    store.save(replace(notice, state=State.WAITING))
    letter = _begin(store, notice, POLICY.grace).letter
    assert letter is not None
    assert (letter.address, letter.unconfirmed) == ("someone@example.org", None)
    keep_contact(store, "tickets", REPORTER, Statement(2, "without", has_mail=False), NOW)
    assert set(store.statements(REPORTER)) == {"tickets"}
    assert _link(store, token) is Link.VOID


def _digest(purpose: str, value: str) -> str:
    return f"{purpose}-{value}"


def _link(store: MemoryStore, token: str) -> Link:
    return confirming.state_of(store, _digest, REPORTER, "first-ticket", token)
