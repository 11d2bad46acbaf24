"""Codes that no other test uses, of letters alone: a code with four digits in a row is refused."""

from uuid import uuid4

_LETTERS = str.maketrans("0123456789", "ghijklmnop")


def a_code() -> str:
    return f"c{uuid4().hex[:11].translate(_LETTERS)}"
