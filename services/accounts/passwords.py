"""Password hashes: argon2id, computed in threads, a few at a time."""

import threading
from collections.abc import Callable
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.chassis.aside import aside

T = TypeVar("T")
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
"""OWASP's recommendation for argon2id: 19 MiB, two passes; about 30 ms."""
_AT_ONCE = threading.BoundedSemaphore(4)
"""Bounds memory, and keeps a flood of sign-ins from taking every thread."""
_NOBODY = _HASHER.hash("the password of no account")


def hashed(password: str) -> str:
    """The hash of a new password."""
    return _aside(lambda: _HASHER.hash(password))


def is_right(password: str, password_hash: str | None) -> bool:
    """Whether it is the password of the hash. Without a hash: False after the same time as with one."""
    right = _aside(lambda: _verify(password, password_hash or _NOBODY))
    return right and password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with other costs than today's."""
    return _HASHER.check_needs_rehash(password_hash)


def _verify(password: str, password_hash: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def _aside(work: Callable[[], T]) -> T:
    """Run in an operating system's thread where greenlets would otherwise all wait for it."""
    with _AT_ONCE:
        return aside(work)
