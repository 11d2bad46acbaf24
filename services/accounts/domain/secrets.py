"""What counts as a login and as a password."""

import unicodedata

from services.accounts.domain.account import Refused
from services.writing.characters import plain
from services.writing.telephones import is_mobile, normal_telephone

SHORTEST_LOGIN, LONGEST_LOGIN = 3, 64
SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 128


def normal_login(text: str) -> str:
    """A login as it is compared: without regard to case, width and surrounding space; a mobile number in its one
    spelling. Raises Refused, also for what holds characters that cannot be seen.
    """
    login = _mobile(text) or unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text.strip()).casefold())
    printable = plain(login) == login and all(one.isprintable() and not one.isspace() for one in login)
    if not SHORTEST_LOGIN <= len(login) <= LONGEST_LOGIN or not printable:
        raise Refused("malformed-login", shortest=SHORTEST_LOGIN, longest=LONGEST_LOGIN)
    return login


def _mobile(text: str) -> str | None:
    """A login that is somebody's mobile, however it was written; landlines and the like stay as they are."""
    try:
        number = normal_telephone(text)
    except ValueError:
        return None
    return number if is_mobile(number) else None


def normal_password(text: str) -> str:
    """A password as it is hashed: the same on every keyboard (RFC 8265 names NFC)."""
    return unicodedata.normalize("NFC", text)


def check_new_password(password: str, login: str) -> None:
    """Length is what counts (NIST SP 800-63B); only what everybody would try first is refused. Raises Refused."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise Refused("weak-password", shortest=SHORTEST_PASSWORD, longest=LONGEST_PASSWORD)
    if len(set(password)) < SHORTEST_PASSWORD // 2 or login in password.casefold():
        raise Refused("weak-password", shortest=SHORTEST_PASSWORD, longest=LONGEST_PASSWORD)


def masked(login: str) -> str:
    """A login as administrators see it: enough to recognise, not enough to call."""
    if len(login) < 2 * SHORTEST_LOGIN:
        return f"{login[0]}***"
    return f"{login[:3]}***{login[-2:]}"
