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


def sealing_key() -> str:
    return Fernet.generate_key().decode()
