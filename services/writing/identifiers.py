"""What somebody else's system calls a thing: one identity however it was copied."""

import re

from services.writing.characters import is_dash, plain


def tidy(text: str) -> str:
    """As it is shown: plain characters, nothing unseen, one space where there were several, none at the ends."""
    return re.sub(r" +", " ", plain(text)).strip()


def identity(text: str) -> str:
    """As it is compared: tidy, every dash a hyphen, without regard to case.

    People type and copy these; two cases of one system that differ in case alone are not to be expected, a case entered
    twice is.
    """
    hyphened = "".join("-" if is_dash(character) else character for character in tidy(text))
    return tidy(hyphened.casefold())
