"""Secrets of a native installation: made once, each in a file that only its owner reads."""

import secrets
from collections.abc import Callable
from pathlib import Path

from cryptography.fernet import Fernet


def secret(folder: Path, name: str, make: Callable[[], str] = lambda: secrets.token_urlsafe(32)) -> str:
    """What the file holds; made on first use."""
    path = folder / name
    if not path.exists():
        write_secret(path, make())
    return path.read_text()


def write_secret(path: Path, text: str) -> None:
    """Write so that nobody else can read it, not even for a moment, and that no half of it is ever seen."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(text)
    fresh.replace(path)


def new_keys(folder: Path) -> str:
    """A new key; after it those that earlier versions gave to all services, which open what is sealed with them."""
    shared = folder / "sealing_keys"
    before = [shared.read_text().strip()] if shared.exists() else []
    return ",".join([Fernet.generate_key().decode(), *before])


def lookup_key(folder: Path, service: str) -> str:
    """A new key; where digests of the one that earlier versions gave to all services are kept, that one."""
    shared = folder / "lookup_key"
    if service in ("accounts", "tickets") and shared.exists():
        return shared.read_text()
    return secrets.token_urlsafe(32)
