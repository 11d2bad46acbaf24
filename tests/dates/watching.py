"""Which Python processes this one starts without its own shift of the date."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.dates.shifting import SHIFT

_unshifted: list[str] = []


def watch() -> list[str]:
    """From now on each Python program that is started with another date than ours is added to the list returned."""
    if not _unshifted:
        sys.addaudithook(_look)
    return _unshifted


def is_another_date(argv: Sequence[Any], env: Mapping[Any, Any] | None) -> bool:
    """Whether this is Python, started with another shift than that of this process."""
    given = os.environ if env is None else {os.fsdecode(name): os.fsdecode(value) for name, value in env.items()}
    python = any(Path(os.fsdecode(word)).name.startswith("python") for word in argv[:3] if word)
    return python and given.get(SHIFT) != os.environ.get(SHIFT)


def _look(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "subprocess.Popen":
        _, argv, _, env = arguments
        words = [argv] if isinstance(argv, (str, bytes)) else list(argv)
        if is_another_date(words, env):
            _unshifted.append(" ".join(map(os.fsdecode, words[:5])))
