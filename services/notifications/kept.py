"""Opening of contact data that this service keeps."""

from typing import Any

from services.chassis.seal import Sealer, Unsealable


def open_kept(sealer: Sealer, sealed: str) -> Any:
    """A kept statement, also one that came while the keys of the exchange were wrong. Raises Unsealable."""
    try:
        return sealer.unseal(sealed)
    except Unsealable:
        return sealer.exchange.unseal(sealed)
