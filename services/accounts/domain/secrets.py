"""What counts as a login and as a password."""

import unicodedata

from services.accounts.domain.account import Refused
from services.writing.characters import is_dash, plain
from services.writing.telephones import is_mobile, normal_telephone

SHORTEST_LOGIN, LONGEST_LOGIN = 3, 64
SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 128
_COMMON = frozenset({
    "password", "passwort", "passwd", "passcode", "admin", "administrator", "root", "user", "guest", "login",
    "welcome", "letmein", "changeme", "secret", "master", "hello", "iloveyou", "love", "monkey", "dragon",
    "sunshine", "princess", "superman", "football", "baseball", "shadow", "qwerty", "qwertz", "qwertyuiop",
    "asdfgh", "asdfghjkl", "zxcvbn", "zxcvbnm", "qazwsx", "abcd", "abcde", "abcdef", "abcdefg", "abcdefgh",
    "doorstep", "test", "tester", "woaini", "woaimama", "mima", "wodemima", "guanliyuan", "zhongguo", "beijing",
    "xiaoming", "nihao", "shequ", "jiedao", "yizhan", "wangge", "zhiyuanzhe", "dangqun",
})  # fmt: skip
"""Words before which people put digits, or behind, and take it for a password *(ours)*."""
_LOOKS_LIKE = str.maketrans("@4$5031!", "aassoeii")
_SHOWN = 5
"""Characters of a masked login that stay, where it is long enough."""
_INITIALS = 3
"""So few letters beside digits are initials and a birthday, or a telephone."""


def normal_login(text: str) -> str:
    """A login as it is compared: without regard to case, width, sort of hyphen and surrounding space; a mobile number
    in its one spelling. Raises Refused, also for what holds characters that cannot be seen.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text.strip()).casefold())
    login = _mobile(text) or "".join("-" if is_dash(one) else one for one in folded)
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
    if len(set(password)) < SHORTEST_PASSWORD // 2 or login in password.casefold() or _is_common(password):
        raise Refused("weak-password", shortest=SHORTEST_PASSWORD, longest=LONGEST_PASSWORD)


def _is_common(password: str) -> bool:
    """Whether it is a common word, however often, or a few letters, with nothing but digits and signs around it."""
    text = plain(password).casefold()
    letters = [at for at, one in enumerate(text) if one.isalpha()]
    core = text[letters[0] : letters[-1] + 1].translate(_LOOKS_LIKE) if letters else ""
    return len(core) <= _INITIALS or any(core.replace(word, "") == "" for word in _COMMON)


def masked(login: str) -> str:
    """A login as administrators see it: enough to recognise, not enough to call; never more than half of it."""
    if len(login) < 2 * _SHOWN:
        return f"{login[0]}***"
    return f"{login[:3]}***{login[-2:]}"
