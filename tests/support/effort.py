"""How many stories the model tests try."""

import os

from hypothesis import settings

_TIMES = int(os.environ.get("MODEL_EFFORT", "1"))


def stories(examples: int, steps: int) -> settings:
    """`examples` stories of up to `steps` steps in `make test`; `MODEL_EFFORT` times as many when that is set."""
    return settings(max_examples=examples * _TIMES, stateful_step_count=steps)


def tries(examples: int) -> settings:
    """The same for a property that is no story."""
    return settings(max_examples=examples * _TIMES)
