from services.notifications.domain.recipients import Contact, Statement, is_newer, merge


def test_a_statement_counts_only_if_it_is_newer_than_the_same_publishers_last() -> None:
    known = {"accounts": Statement(4, "x")}
    assert is_newer(known, "accounts", 5)
    assert not is_newer(known, "accounts", 4)
    assert not is_newer(known, "accounts", 3)


def test_each_publisher_counts_for_itself() -> None:
    assert is_newer({"accounts": Statement(40, "x")}, "tickets", 1)


def test_the_account_wins_over_registration_and_desk() -> None:
    opened = {
        "tickets": {"email": "desk@example.org", "locale": "zh-CN"},
        "accounts": {"email": "own@example.org", "locale": "en"},
        "volunteers": {"email": "member@example.org"},
    }
    assert merge(opened) == Contact("own@example.org", "en")


def test_an_empty_field_does_not_hide_a_filled_one() -> None:
    opened = {"accounts": {"email": None, "locale": "en"}, "tickets": {"email": " desk@example.org ", "locale": None}}
    assert merge(opened) == Contact("desk@example.org", "en", named_at_filing=True)


def test_nobody_said_anything() -> None:
    assert merge({}) == Contact(None, None)
