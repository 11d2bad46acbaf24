"""E-mail addresses: one check for every form, and the spelling in which SMTP takes them.

An address passes here if a server without SMTPUTF8 (RFC 6531) takes it: a dot-atom in ASCII before the @ (RFC 5321; the
quoted forms are allowed there and hardly ever meant), a domain name after it, in any script, by IDNA 2008 (RFC 5891):
faß.de is xn--fa-hia.de, and not the other domain fass.de that IDNA 2003 makes of it.
"""

import re
from dataclasses import dataclass

import idna

from services.writing.characters import plain

LONGEST = 254
"""Characters of an address (RFC 5321 4.5.3.1.3, less the angle brackets)."""
_LONGEST_LOCAL = 64
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_NAMED = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>")
_LONGEST_NAME = 200


def tidy_address(text: str) -> str:
    """As it was written, without what is unseen and the spaces around it. Raises ValueError: it cannot be mailed."""
    tidy = plain(text).strip()
    smtp_address(tidy)
    return tidy


def smtp_address(text: str) -> str:
    """The address in ASCII, as SMTP takes it. Raises ValueError when no mail can go there."""
    local, at, domain = text.rpartition("@")
    if not at or len(local) > _LONGEST_LOCAL or not _LOCAL.fullmatch(local):
        raise ValueError("the part before @ must be letters, digits and signs of ASCII, with single dots between them")
    address = f"{local}@{_domain(domain)}"
    if len(address) > LONGEST:
        raise ValueError(f"an address has at most {LONGEST} characters")
    return address


def _domain(domain: str) -> str:
    """Of two labels at least, the last one no number; `localhost`, which mails to this machine, is none."""
    try:
        name = idna.encode(domain, uts46=True, std3_rules=True).decode("ascii")
    except idna.IDNAError as error:
        raise ValueError("the part after @ is no domain name") from error
    labels = name.split(".")
    if len(labels) < 2 or not labels[-1] or labels[-1].isdigit():
        raise ValueError("the part after @ is no domain name that mail can be sent to")
    return name


@dataclass(frozen=True, slots=True)
class Sender:
    """Who mail comes from: a name to show, or "", and the address in ASCII."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


def sender(text: str) -> Sender:
    """Read `address`, `Name <address>` or `"Name, with a comma" <address>`; quotes around a name may be left out.

    The sender's own machine may be called `localhost`. Raises ValueError, which says what is wrong.
    """
    named = _NAMED.fullmatch(plain(text).strip())
    name, address = (named["name"].strip(), named["address"].strip()) if named else ("", plain(text).strip())
    if len(name) >= 2 and name[0] == name[-1] == '"':
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    if len(name) > _LONGEST_NAME:
        raise ValueError(f"the name has at most {_LONGEST_NAME} characters")
    local, _, domain = address.rpartition("@")
    if domain == "localhost" and _LOCAL.fullmatch(local) and len(local) <= _LONGEST_LOCAL:
        return Sender(name, address)
    return Sender(name, smtp_address(address))
