"""A loop that a nameko extension runs beside the workers until the container stops."""

import logging
from collections.abc import Callable
from typing import Any

import eventlet
from eventlet.event import Event as Signal

from services.chassis.observability import log_failure

log = logging.getLogger(__name__)
STOP_SECONDS = 20.0
MAX_PAUSE_SECONDS = 5.0
WAIT_SECONDS = 1.0


class NotYet(Exception):
    """A step can do nothing yet, which is no failure: its text says what it waits for."""


class Loop:
    """Calls `step` again and again. A failing step is logged and tried again after a growing pause; one that is NotYet
    possible is tried every second.

    `step` returns True when there may be more to do at once; otherwise the loop rests `idle_seconds`.
    """

    def __init__(self, name: str, step: Callable[[], bool], idle_seconds: float) -> None:
        self.name = name
        self._step = step
        self._idle_seconds = idle_seconds
        self._stopping = Signal()
        self._ended = Signal()
        self._waits_for = ""
        self.failures = 0
        """Failed steps in a row; 0 says that the last one went well."""

    @property
    def stopping(self) -> bool:
        return bool(self._stopping.ready())

    def start(self, container: Any) -> None:
        container.spawn_managed_thread(self._run, identifier=self.name)

    def ask_to_stop(self) -> None:
        """Have the loop end after its current step."""
        if not self.stopping:
            self._stopping.send()

    def stop(self) -> None:
        """Ask the loop to end and wait until its current step is done, at most STOP_SECONDS."""
        self.ask_to_stop()
        with eventlet.Timeout(STOP_SECONDS, False):
            self._ended.wait()

    def rest(self, seconds: float) -> None:
        """Sleep, but wake at once when asked to stop."""
        with eventlet.Timeout(seconds, False):
            self._stopping.wait()

    def _wait(self, reason: str) -> None:
        if reason != self._waits_for:
            log.warning(reason, extra={"loop": self.name})
        self.failures, self._waits_for = 0, reason
        self.rest(WAIT_SECONDS)

    def _run(self) -> None:
        try:
            while not self.stopping:
                try:
                    more = self._step()
                    self.failures, self._waits_for = 0, ""
                except NotYet as reason:
                    self._wait(str(reason))
                    continue
                except Exception as error:
                    self.failures += 1
                    log_failure(log, "background step failed", error, loop=self.name, failures=self.failures)
                    self.rest(min(0.2 * 2 ** min(self.failures, 6), MAX_PAUSE_SECONDS))
                    continue
                if more:
                    eventlet.sleep(0)
                else:
                    self.rest(self._idle_seconds)
        finally:
            self._ended.send()
