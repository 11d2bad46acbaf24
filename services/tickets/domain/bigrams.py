"""Text search in Chinese: a text as pairs of neighbouring characters (二元组), words and numbers.

Chinese is written without spaces, and no dictionary knows a county's place names: every pair of neighbours in a run of
Chinese characters is a token (路灯不亮: 路灯, 灯不, 不亮). A latin word or a number is one token as a whole, so that
3号楼 is not found in 13号楼.
"""

import re
import unicodedata
from itertools import pairwise

from services.writing.characters import plain

_UNSPACED = frozenset({"Lo", "Lm", "Nl"})
"""Categories of characters that are written without spaces between words: 汉字, 々, 〇, kana."""


def normal(text: str) -> str:
    """One spelling of a text: NFKC (全角 to half width), lower case, its runs with a space between, no punctuation."""
    return " ".join(run for run, _ in _runs(text))


def tokens(text: str) -> frozenset[str]:
    """By what a text is found: pairs of a run of characters, the lone character between words, words and numbers."""
    return frozenset(token for run, unspaced in _runs(text) for token in _tokens(run, unspaced))


def sought(text: str) -> tuple[str, ...]:
    """The tokens that a text must have in order to hold this one; none: it is too short to search by.

    A lone character is no token here: in the text that is sought it may stand within a longer run.
    """
    found = (_tokens(run, unspaced) for run, unspaced in _runs(text) if len(run) > 1 or not unspaced)
    return tuple(sorted({token for run in found for token in run}))


def pattern(text: str) -> str:
    """What `normal` of a text must match to hold this one, as a regular expression: words and numbers as a whole."""
    runs = _runs(text)
    start = "" if runs[0][1] else r"(^| )"
    end = "" if runs[-1][1] else r"( |$)"
    return start + re.escape(normal(text)) + end


def _tokens(run: str, unspaced: bool) -> list[str]:
    return [a + b for a, b in pairwise(run)] if unspaced and len(run) > 1 else [run]


def _runs(text: str) -> list[tuple[str, bool]]:
    """Stretches of one sort, each with whether it is written without spaces."""
    found: list[tuple[str, bool]] = []
    before: bool | None = None
    for character in unicodedata.normalize("NFKC", plain(text).lower()):
        sort = _sort(character)
        if sort is None:
            before = None
            continue
        if sort == before:
            found[-1] = found[-1][0] + character, sort
        else:
            found.append((character, sort))
        before = sort
    return found


def _sort(character: str) -> bool | None:
    """True for a character of an unspaced script, False for one of a word or number, None for what separates."""
    category = unicodedata.category(character)
    if category in _UNSPACED:
        return True
    return False if category[0] in "LNM" else None
