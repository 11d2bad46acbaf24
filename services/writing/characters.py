"""Characters that look alike or are not seen at all, made one."""

import unicodedata

_INVISIBLE = frozenset({"Cc", "Cf"})
"""Controls and format characters: U+200B (no width), U+202D (direction, as address books copy it), U+FEFF and so on."""
_LINES = frozenset({"Zl", "Zp"})
"""What parts lines besides controls."""
_MORE_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2065\u2800\u3164\uffa0\u20e3")
"""Letters and marks by their category, and yet blank: default ignorable in Unicode, or the empty braille pattern;
and the key around a digit."""
_DASHES = frozenset("\u2212\u2500")
"""Taken for a dash beside those of category Pd: minus, a box's line."""


def plain(text: str) -> str:
    """Compatibility forms made plain (NFKC: full width to half width), digits of any script and in any ring the usual
    ones, spaces of any sort to a space, nothing unseen.

    A tab and a line break are seen: they become a space.
    """
    digits = "".join(map(_digit, text))  # before ⑴ becomes (1)
    return unicodedata.normalize("NFKC", "".join(map(_seen, unicodedata.normalize("NFKC", digits))))


def is_name(text: str) -> bool:
    """Whether it can be a name that people see: something is seen in it, and each character is, on one line, where it
    is written. Characters without width, of direction, and line breaks make one name pass for another.

    A variant of a character (U+E0100 and its like) is seen.
    """
    return is_seen(text) and not any(map(_deceives, text))


def is_seen(text: str) -> bool:
    """Whether there is something to read in it: a mark without the letter that it belongs to is nothing."""
    return any(unicodedata.category(character)[0] in "LNPS" for character in plain(text))


def without_marks(text: str) -> str:
    """Without what is written above, below or around characters."""
    return "".join(character for character in text if not unicodedata.category(character).startswith("M"))


def is_dash(character: str) -> bool:
    """Whether it is written where a hyphen is meant between digits."""
    return unicodedata.category(character) == "Pd" or character in _DASHES


def _deceives(character: str) -> bool:
    return character in _MORE_INVISIBLE or unicodedata.category(character) in _INVISIBLE | _LINES


def _seen(character: str) -> str:
    if character.isspace():
        return " "
    if character in _MORE_INVISIBLE or unicodedata.category(character) in _INVISIBLE or _selects_a_variant(character):
        return ""
    return _digit(character)


def _digit(character: str) -> str:
    return str(unicodedata.digit(character)) if character.isdigit() else character


def _selects_a_variant(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"
