"""The broker says that it lacks memory."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.cli.native.programs import base_environment
from services.cli.native.rabbit import RabbitNode


@contextmanager
def memory_alarm(node: RabbitNode) -> Iterator[None]:
    """The broker reads no more from whoever publishes, until the block ends."""
    _, program = node.programs(node.folder)
    control = str(Path(program.argv[0]).with_name("rabbitmqctl"))

    def say(what: str) -> None:
        env = {**base_environment(), **program.env}
        subprocess.run([control, "eval", what], env=env, check=True, capture_output=True, timeout=60)

    say("rabbit_alarm:set_alarm({{resource_limit, memory, node()}, []}).")
    try:
        yield
    finally:
        say("rabbit_alarm:clear_alarm({resource_limit, memory, node()}).")
