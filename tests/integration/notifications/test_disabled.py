"""Nobody whose account was disabled is told anything: neither in the inbox nor by mail, nor what waited to be sent."""

import httpx
import pytest

from services.chassis.ids import new_id
from services.contracts.accounts import EVENTS
from tests.integration.notifications.conftest import Document, Post
from tests.support.eventually import eventually
from tests.support.smtp import SmtpSink
from tests.support.tokens import Tokens


@pytest.fixture(scope="module")
def inbox(open_post: Post) -> httpx.Client:
    return open_post.processes.start("notifications", "http").http


def account(
    post: Post, person: str, sequence: int, state: str, account_id: str | None = None, tokens_from: int = 0
) -> Document:
    """What accounts says of a person, sent, and applied."""
    name = {"active": EVENTS[1].name, "disabled": EVENTS[2].name}[state]
    row = post.publishing.write(name, account_id or f"account-of-{person}", sequence, account={
        "account_id": account_id or f"account-of-{person}", "person_id": person, "kind": "person", "state": state,
        "grants": [], "tokens_from": tokens_from,
    })  # fmt: skip
    post.publishing.send([row])
    eventually(lambda: post.db["inbox"].find_one({"_id": f"notifications.accounts|{row['_id']}"}))
    return row


def outcomes(post: Post, person: str) -> set[tuple[str, str, str | None]]:
    return {(row["channel"], row["state"], row["reason"]) for row in post.db["notices"].find({"person_id": person})}


def test_who_was_disabled_is_told_nothing_until_he_may_sign_in_again(
    open_post: Post, module_smtp_sink: SmtpSink
) -> None:
    person = open_post.person("gone@example.org")
    account(open_post, person, 2, "disabled")
    open_post.filed(person)
    untold = {("inbox", "undeliverable", "account-disabled"), ("email", "undeliverable", "account-disabled")}
    eventually(lambda: outcomes(open_post, person) == untold)
    account(open_post, person, 3, "active")
    open_post.filed(person)
    eventually(lambda: ("email", "sent", None) in outcomes(open_post, person))
    assert len([mail for mail in module_smtp_sink.mails if "gone@example.org" in str(mail["To"])]) == 1


def test_what_accounts_said_before_changes_nothing_when_it_comes_late(open_post: Post) -> None:
    person = open_post.person("late@example.org")
    account(open_post, person, 3, "disabled")
    account(open_post, person, 2, "active")
    open_post.filed(person)
    eventually(lambda: len(outcomes(open_post, person)) == 2)
    assert {reason for _, _, reason in outcomes(open_post, person)} == {"account-disabled"}


def test_who_has_another_account_by_which_he_may_sign_in_is_told(open_post: Post) -> None:
    person = open_post.person("two@example.org")
    account(open_post, person, 2, "disabled")
    account(open_post, person, 2, "active", new_id())
    open_post.filed(person)
    eventually(lambda: ("inbox", "sent", None) in outcomes(open_post, person))


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (1, 0, 1)])
def test_an_ended_token_reads_no_inbox_whatever_is_heard_when(
    open_post: Post, inbox: httpx.Client, tokens: Tokens, order: tuple[int, ...]
) -> None:
    person, kept = open_post.person(), new_id()
    said = [("disabled", 2), ("active", 3)]
    for number in order:
        account(open_post, person, said[number][1], said[number][0], kept, tokens_from=2)

    def reads(revision: int) -> int:
        headers = tokens.headers(("resident", "/hequ/"), person_id=person, revision=revision)
        return inbox.get("/api/v1/inbox", headers=headers).status_code

    assert (reads(1), reads(2)) == (401, 200)
    account(open_post, person, 4, "disabled", kept, tokens_from=4)
    assert reads(3) == 403
