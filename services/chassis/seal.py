"""Personal data at rest: sealed with Fernet keys that can be rotated, found again by HMAC."""

import hashlib
import hmac
import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from services.chassis.config import Settings


class Unsealable(Exception):
    """No key that this process knows opens the seal."""


class Sealer:
    """Seals with the first key, opens with any."""

    def __init__(self, sealing_keys: tuple[str, ...], lookup_key: str) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in sealing_keys])
        self._lookup_key = lookup_key.encode()

    @classmethod
    def of(cls, settings: Settings) -> "Sealer":
        return cls(settings.sealing_keys, settings.lookup_key)

    def seal(self, value: Any) -> str:
        """A JSON value as a sealed token."""
        return self._fernet.encrypt(json.dumps(value, ensure_ascii=False).encode()).decode()

    def unseal(self, token: str) -> Any:
        """The value that was sealed. Raises Unsealable."""
        return json.loads(self.unseal_bytes(token.encode()))

    def seal_bytes(self, value: bytes) -> bytes:
        return self._fernet.encrypt(value)

    def unseal_bytes(self, token: bytes) -> bytes:
        """The bytes that were sealed. Raises Unsealable."""
        try:
            return self._fernet.decrypt(token)
        except InvalidToken:
            raise Unsealable from None

    def rotate(self, token: str) -> str:
        """The same value, sealed anew with the first key. Raises Unsealable."""
        try:
            return self._fernet.rotate(token.encode()).decode()
        except InvalidToken:
            raise Unsealable from None

    def lookup(self, purpose: str, value: str) -> str:
        """A keyed digest by which `value` is found again; digests of different purposes cannot be compared."""
        return hmac.new(self._lookup_key, f"{purpose}\0{value}".encode(), hashlib.sha256).hexdigest()
