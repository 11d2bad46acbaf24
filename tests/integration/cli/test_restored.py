"""A back-up is put back: what was revoked, taken, changed and erased since then is told, and holds again."""

import re

import amqp
import pytest

from services.chassis import broker, journal
from tests.integration.cli.conftest import COMMUNITY, NEW_PASSWORD, PASSWORD, QINGXI, Document, Installation
from tests.support.eventually import eventually


@pytest.mark.timeout(400)  # everything is stopped and started three times
def test_what_was_done_since_the_back_up_is_told_and_holds_again(installation: Installation) -> None:
    house = installation
    partner = house.opened("partner", ("partner", "/hequ/"), kind="service")
    revoked, kept = house.issued(partner), house.issued(partner)
    left = house.opened("left", ("community", QINGXI))
    moved = house.opened("moved", ("street", QINGXI), ("community", COMMUNITY))
    careful = house.opened("careful", ("community", QINGXI))
    ticket, other = house.filed("王小明", "13712345678"), house.filed("李小红", "13787654321")
    backup = house.backup()

    assert house.call("DELETE", f"accounts/{partner}/keys/{revoked['key_id']}", token=house.token()).status_code == 200
    house.changed(left, state="disabled")
    house.changed(moved, grants=[{"role": "community", "area_path": COMMUNITY}])
    words = {"current": PASSWORD, "new": NEW_PASSWORD}
    assert house.call("POST", "accounts/me/password", words, house.token("careful")).is_success
    person = ticket["reporter_id"]
    house.processes.cli("personal", "erase", "--person", person, "--also-open", "--reason", "her letter", "--yes")
    gone = house.opened("opened-later", ("community", QINGXI))
    house.changed(careful, grants=[{"role": "street", "area_path": QINGXI}, {"role": "community", "area_path": QINGXI}])
    eventually(lambda: house.feed().json()["events"])
    cursor = house.feed().json()["cursor"]

    told = house.restore(backup)
    for what, about in (
        ("key-revoked", revoked["key_id"]), ("account-disabled", left), ("account-changed", moved),
        ("password-changed", careful), ("erased", person), ("account-opened", gone),
    ):  # fmt: skip
        assert any(what in line and about in line for line in told.splitlines()), (what, told)
    assert f"-street {QINGXI}" in told
    assert f"+street {QINGXI}" in told
    assert "王小明" not in told
    assert "7 change(s) since the back-up" in told
    assert house.feed(cursor).status_code == 410
    assert house.opens(revoked["api_key"])  # the back-up gave all of it back
    assert house.signs_in("left")
    assert house.signs_in("careful")
    assert not house.is_erased(ticket)

    plan = house.processes.cli("restored", "apply", "--dry-run").stdout
    assert f"{revoked['key_id']} of account {partner}: revoked" in plan
    assert f"account {moved}: street of {QINGXI} is taken" in plan
    assert f"account {careful} had been given street of {QINGXI}: give it again by hand" in plan
    assert f"account {gone} was opened after the back-up and is gone" in plan
    assert house.opens(revoked["api_key"])  # so far nothing was changed

    assert "All of it holds again" in house.processes.cli("restored", "apply", "--yes").stdout
    all_of_it_holds(house, revoked, kept, moved, ticket, other)
    before = state(house)
    assert "nothing was changed" in house.processes.cli("restored", "apply", "--yes").stdout
    assert state(house) == before

    again = house.folder.parent / "again"
    again.write_text(NEW_PASSWORD)
    house.processes.cli("admin", "reset-password", "--login", "careful", "--password-file", str(again))
    assert house.signs_in("careful", NEW_PASSWORD)
    house.processes.cli("restored", "apply", "--yes")
    assert house.signs_in("careful", NEW_PASSWORD)

    house.restore(backup)  # the same once more: what was done since then includes what was done again
    house.processes.cli("restored", "apply", "--yes")
    all_of_it_holds(house, revoked, kept, moved, ticket, other)


def all_of_it_holds(
    house: Installation, revoked: Document, kept: Document, moved: str, ticket: Document, other: Document
) -> None:
    assert not house.opens(revoked["api_key"])
    assert house.opens(kept["api_key"])
    assert not house.signs_in("left")
    assert house.grants_of(moved) == {("community", COMMUNITY)}
    assert house.signs_in("moved")
    assert not house.signs_in("careful")
    assert not house.signs_in("careful", NEW_PASSWORD)
    assert house.is_erased(ticket)
    assert not house.is_erased(other)


def state(house: Installation) -> Document:
    """Everything that an application could change."""
    names = [("accounts", "accounts"), ("accounts", "api_keys"), ("accounts", "audit"), ("accounts", "signing_keys"),
             ("tickets", "tickets"), ("tickets", "erasures")]  # fmt: skip
    return {f"{service}.{name}": list(house.db(service)[name].find().sort("_id", 1)) for service, name in names}


def test_a_signing_key_that_was_rotated_out_since_the_back_up_is_believed_no_more(installation: Installation) -> None:
    house = installation
    backup, stolen = house.backup(), house.token()
    house.processes.cli("accounts", "rotate-keys")
    assert "signing-key-rotated" in house.restore(backup)
    assert house.call("GET", "accounts/me", token=stolen).status_code == 200
    house.processes.cli("restored", "apply", "--yes")
    house.processes.stop_all()  # else a service asks for a key that it does not know at most once a minute
    house.restart()
    assert house.call("GET", "accounts/me", token=house.token()).status_code == 200
    assert house.call("GET", "accounts/me", token=stolen).status_code == 401


def test_a_role_that_was_given_back_and_an_account_that_was_enabled_again_stay_so(installation: Installation) -> None:
    house = installation
    worker = house.opened("worker", ("street", QINGXI), ("community", COMMUNITY))
    backup = house.backup()
    both = [{"role": "street", "area_path": QINGXI}, {"role": "community", "area_path": COMMUNITY}]
    house.changed(worker, grants=both[1:])
    house.changed(worker, grants=both)
    house.changed(worker, state="disabled")
    house.changed(worker, state="active")
    last_token = house.token("worker")
    house.restore(backup)
    house.processes.cli("restored", "apply", "--yes")
    assert house.call("GET", "accounts/me", token=last_token).status_code == 401, "of a revision that is no more"
    assert house.call("GET", "accounts/me", token=house.token("worker")).status_code == 200
    assert house.signs_in("worker")
    assert house.grants_of(worker) == {("street", QINGXI), ("community", COMMUNITY)}


def test_what_a_person_says_after_the_restore_is_not_erased_by_what_was_asked_before(
    installation: Installation,
) -> None:
    house = installation
    ticket = house.filed("王小明", "13712345678")
    backup, person = house.backup(), ticket["reporter_id"]
    house.processes.cli("personal", "erase", "--person", person, "--also-open", "--reason", "her letter", "--yes")
    house.restore(backup)
    later = house.filed("王小明", "13712345678")
    assert later["reporter_id"] == person
    house.processes.cli("restored", "apply", "--yes")
    assert house.is_erased(ticket)
    assert not house.is_erased(later)


def test_the_journal_is_written_once_and_only_its_owner_reads_it(installation: Installation) -> None:
    house = installation
    house.opened("somebody", ("community", QINGXI))
    eventually(lambda: {"first-administrator-opened", "account-opened"} <= house.noted() and house.all_noted())
    file = journal.file_of(house.folder, "accounts")
    assert file.stat().st_mode & 0o777 == 0o600
    lines = file.read_text().splitlines()
    assert len(lines) == len(set(lines))
    assert "somebody" not in file.read_text()
    with file.open("a") as cut_off:
        cut_off.write('{"id": "half a li')  # as a power cut leaves it
    house.opened("another", ("community", QINGXI))
    eventually(lambda: len(journal.read(file)) == len(lines) + 1)


def test_the_password_of_a_program_that_was_rotated_or_revoked_since_the_back_up_opens_no_more(
    installation: Installation,
) -> None:
    house = installation
    said = {name: house.processes.cli("consumer", "add", name, "--types", "ticket.filed").stdout
            for name in ("rotated", "revoked", "kept")}  # fmt: skip
    backup = house.backup()
    house.processes.cli("consumer", "rotate", "rotated")
    house.processes.cli("consumer", "revoke", "revoked", "--yes")
    assert house.restore(backup).count("consumer-locked-out") == 2
    house.processes.cli("prepare")  # lets everybody in whom the restored register knows, as every start does
    assert all(map(connects, said.values()))
    house.processes.cli("restored", "apply", "--yes")
    house.processes.cli("prepare")
    assert {name: connects(text) for name, text in said.items()} == {"rotated": False, "revoked": False, "kept": True}


def connects(said: str) -> bool:
    """Whether the address that was printed for a program opens the broker."""
    address = re.search(r"AMQP_URL=(\S+)", said)
    assert address is not None
    try:
        broker.connect(address[1], "test").close()
    except amqp.AMQPError:
        return False
    return True
