"""The issuer's public keys (JWKS), fetched seldom, kept when the issuer is away."""

import json
import logging
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

from jwt import PyJWK
from jwt.exceptions import PyJWTError

log = logging.getLogger(__name__)
REFRESH_SECONDS = 300.0
"""A key that the issuer withdrew is no longer accepted after this long."""
UNKNOWN_KEY_SECONDS = 60.0
"""A token with an unknown key makes us ask the issuer again at most this often."""
FIRST_TRY_SECONDS = 2.0
"""How often we ask while we never had an answer."""
_LARGEST = 256 * 1024


class KeysUnavailable(Exception):
    """The issuer never told us its keys, so no token can be judged."""


def fetched_from(url: str, timeout_seconds: float = 3.0) -> Callable[[], Mapping[str, Any]]:
    """A source that reads a JWKS document from an `http(s)://` or `file://` address."""

    # The issuer is a neighbour: a proxy that the environment names for the outer world must not come between.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def fetch() -> Mapping[str, Any]:
        with opener.open(url, timeout=timeout_seconds) as answer:
            document = json.loads(answer.read(_LARGEST))
        if not isinstance(document, dict):
            raise ValueError("not a JWKS document")
        return document

    return fetch


class KeySet:
    """Public keys by `kid`. A failing source never takes away the last good keys."""

    def __init__(
        self, source: Callable[[], Mapping[str, Any]], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._source = source
        self._monotonic = monotonic
        self._keys: dict[str, PyJWK] | None = None
        self._tried_at: float | None = None
        self._lock = threading.Lock()

    def find(self, kid: str) -> PyJWK | None:
        """The Ed25519 key with this id, None when the issuer has no such key. Raises KeysUnavailable."""
        if self._is_due(kid):
            with self._lock:
                if self._is_due(kid):
                    self._refresh()
        if self._keys is None:
            raise KeysUnavailable
        return self._keys.get(kid)

    def _is_due(self, kid: str) -> bool:
        if self._tried_at is None:
            return True
        waited = self._monotonic() - self._tried_at
        if self._keys is None:
            return waited >= FIRST_TRY_SECONDS
        return waited >= (REFRESH_SECONDS if kid in self._keys else UNKNOWN_KEY_SECONDS)

    def _refresh(self) -> None:
        try:
            self._keys = _usable_keys(self._source())
        except Exception as error:
            log.warning("the issuer's keys cannot be read", extra={"error": type(error).__name__})
        self._tried_at = self._monotonic()


def _usable_keys(document: Mapping[str, Any]) -> dict[str, PyJWK]:
    """Only Ed25519 signature keys count: whatever else stands there cannot be used to confuse us."""
    keys: dict[str, PyJWK] = {}
    for entry in document["keys"]:
        if not isinstance(entry, dict) or entry.get("kty") != "OKP" or entry.get("crv") != "Ed25519":
            continue
        if not isinstance(entry.get("kid"), str) or entry.get("use", "sig") != "sig":
            continue
        try:
            keys[entry["kid"]] = PyJWK({"kty": "OKP", "crv": "Ed25519", "x": entry["x"]}, algorithm="EdDSA")
        except (PyJWTError, KeyError, ValueError):
            log.warning("a key of the issuer is unusable")
    return keys
