"""Personal data at rest: sealed with Fernet keys that can be rotated, found again by HMAC."""

import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from services.chassis.config import Settings


class Unsealable(Exception):
    """No key that this process knows opens the seal."""


class KeysMissing(Exception):
    """The process was not given this set of keys."""


class Keys:
    """One set of keys: seals with the first, opens with any. A process without the set can do neither."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys]) if keys else None

    def seal(self, value: Any) -> str:
        """A JSON value as a sealed token."""
        return self.seal_bytes(json.dumps(value, ensure_ascii=False).encode()).decode()

    def unseal(self, token: str) -> Any:
        """The value that was sealed. Raises Unsealable."""
        return json.loads(self.unseal_bytes(token.encode()))

    def seal_bytes(self, value: bytes) -> bytes:
        return self._keys.encrypt(value)

    def unseal_bytes(self, token: bytes) -> bytes:
        """The bytes that were sealed. Raises Unsealable."""
        try:
            return self._keys.decrypt(token)
        except InvalidToken:
            raise Unsealable from None

    def rotate(self, token: str) -> str:
        """The same value, sealed anew with the first key. Raises Unsealable."""
        try:
            return self._keys.rotate(token.encode()).decode()
        except InvalidToken:
            raise Unsealable from None

    @property
    def _keys(self) -> MultiFernet:
        if self._fernet is None:
            raise KeysMissing("this process was not given these keys: ADR 21 says who gets which")
        return self._fernet


class Sealer(Keys):
    """A service's own keys, for what it keeps, and beside them the sets that only some services are given."""

    def __init__(
        self, sealing_keys: Sequence[str], lookup_key: str, exchange_keys: Sequence[str] = (),
        signing_keys: Sequence[str] = (),
    ) -> None:  # fmt: skip
        super().__init__(sealing_keys)
        self._lookup_key = lookup_key.encode()
        self.exchange = Keys(exchange_keys)
        """For contact data on the private exchange: of who publishes and who consumes them."""
        self.signing = Keys(signing_keys)
        """For the private keys that sign tokens: of accounts alone."""

    @classmethod
    def of(cls, settings: Settings) -> "Sealer":
        return cls(settings.sealing_keys, settings.lookup_key, settings.exchange_keys, settings.signing_keys)

    def lookup(self, purpose: str, value: str) -> str:
        """A keyed digest by which `value` is found again; digests of different purposes cannot be compared."""
        return hmac.new(self._lookup_key, f"{purpose}\0{value}".encode(), hashlib.sha256).hexdigest()
