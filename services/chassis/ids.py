"""Identities: UUID version 7, which sort by the time of their making."""

from uuid_utils import uuid7


def new_id() -> str:
    """A fresh identity that no other process will make."""
    return str(uuid7())
