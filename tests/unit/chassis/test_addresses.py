"""What passes a form can be mailed, and goes where it was meant to go."""

import smtplib
from email.headerregistry import Address
from email.message import EmailMessage

import pytest
from marshmallow import Schema

from services.accounts import schemas as accounts
from services.chassis.addresses import Sender, sender, smtp_address, tidy_address
from services.tickets import schemas as tickets
from services.volunteers import schemas as volunteers

FORMS: tuple[type[Schema], ...] = (accounts.Contact, tickets.Reporter, volunteers.RegisterMember)


@pytest.mark.parametrize(
    ("written", "ascii_form"),
    [
        ("li@example.org", "li@example.org"),
        ("li.si+doorstep@mail.example.org", "li.si+doorstep@mail.example.org"),
        ("a@faß.de", "a@xn--fa-hia.de"),
        ("li@邮件.中国", "li@xn--5nq051n.xn--fiqs8s"),
        ("li@EXAMPLE.org", "li@example.org"),
        ("ｌｉ＠ｅｘａｍｐｌｅ．ｏｒｇ", "li@example.org"),
        (" li@example.org\u200b", "li@example.org"),
        ("\u202dli@example.org\u202c", "li@example.org"),
        ("o'brien@example.org", "o'brien@example.org"),
    ],
    ids=ascii,
)
def test_an_address_goes_where_it_was_meant_to_go(written: str, ascii_form: str) -> None:
    assert smtp_address(tidy_address(written)) == ascii_form
    for form in FORMS:
        assert form().load({"email": written}, partial=True)["email"] == tidy_address(written)


@pytest.mark.parametrize(
    "written",
    [
        "", "li", "@example.org", "li@", "李四@example.org", '"li si"@example.org', "li..si@example.org",
        ".li@example.org",
        "li.@example.org", "li si@example.org", "li@example", "li@localhost", "li@example..org", "li@-x.org",
        "li@x_y.org",
        "li@[127.0.0.1]", "li@127.0.0.1", "a@b@example.org", "li@example.org.", "li@☃.net", "li<@example.org",
        "li@example.org\r\nBcc: all@example.org", f"{'x' * 65}@example.org", f"li@{'a.' * 130}org",
        f"li@{'例子邮件河曲小区.' * 20}org",
    ],
    ids=ascii,
)  # fmt: skip
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__module__)
def test_every_form_refuses_what_cannot_be_mailed(form: type[Schema], written: str) -> None:
    told = form().validate({"email": written}, partial=True)
    assert list(told) == ["email"]
    assert all(getattr(message, "zh", None) or "ength" in message for message in told["email"])


@pytest.mark.parametrize(
    ("setting", "name", "address"),
    [
        ("station@example.org", "", "station@example.org"),
        ("doorstep@localhost", "", "doorstep@localhost"),
        ("Doorstep, Hequ <station@example.org>", "Doorstep, Hequ", "station@example.org"),
        ('"Doorstep, Hequ" <station@example.org>', "Doorstep, Hequ", "station@example.org"),
        ('"The \\"Doorstep\\"" <station@example.org>', 'The "Doorstep"', "station@example.org"),
        ("家门口 <station@河曲.中国>", "家门口", "station@xn--lovy1k.xn--fiqs8s"),
        ("<station@example.org>", "", "station@example.org"),
    ],
)
def test_a_sender_is_read_with_its_name_and_written_so_that_it_is_read_back(
    setting: str, name: str, address: str
) -> None:
    read = sender(setting)
    assert read == Sender(name, address)
    letter = EmailMessage()
    letter["From"] = Address(read.name, addr_spec=read.address)
    [written] = letter["From"].addresses
    assert (written.display_name, written.addr_spec) == (name, address)
    assert smtplib.quoteaddr(read.address) == f"<{address}>"


@pytest.mark.parametrize(
    "setting", ["", "not an address", "Doorstep", "Doorstep <>", "a@example.org, b@example.org", "站@example.org",
                "A <a@example.org> B", "A <a@example.org", "x@localhost@localhost", f"{'n' * 201} <a@example.org>"]
)  # fmt: skip
def test_what_no_mail_can_come_from_is_no_sender(setting: str) -> None:
    with pytest.raises(ValueError, match=r"@|name"):
        sender(setting)
