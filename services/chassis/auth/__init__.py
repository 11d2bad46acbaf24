"""Who is calling: tokens verified here, against public keys; what they may do, by role and area."""

from services.chassis.auth.keys import KeySet, KeysUnavailable
from services.chassis.auth.principal import Grant, NotAllowed, NotFound, OnlyPeople, Principal
from services.chassis.auth.tokens import TokenRefused, TokenVerifier

__all__ = [
    "Grant", "KeySet", "KeysUnavailable", "NotAllowed", "NotFound", "OnlyPeople", "Principal", "TokenRefused",
    "TokenVerifier",
]  # fmt: skip
