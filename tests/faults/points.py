"""Points at which a process can be made to end itself, exactly there: the chassis is wrapped from outside, so that
what runs in operation knows nothing of it.

A point is armed by a file of its name in the folder that the environment names, `relay-before-mark`, or
`relay-before-mark@tickets` for one service alone. Whoever passes there first removes the file and kills itself with
SIGKILL, so that the file is gone exactly when one process has died there.
"""

import functools
import os
import signal
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any

FOLDER = "DOORSTEP_FAULT_POINTS"
POINTS: dict[str, str] = {
    "relay-before-publish": "the rows are read, the broker has none of them",
    "relay-before-confirm": "the broker has them, and its first confirm is not looked at",
    "relay-before-mark": "the broker has confirmed all, and nothing is marked",
    "consumer-before-commit": "every effect of the batch is written, and not committed",
    "consumer-before-ack": "the effects are committed, and the messages not acknowledged",
    "consumer-after-ack": "the messages are acknowledged",
    "timers-before-fire": "timers are claimed, and none has fired",
    "timers-before-commit": "timers have fired, and that is not committed",
    "effects-before-record": "the mail server has answered, and nobody has written it down",
    "http-before-commit": "a command has done all, and nothing is committed",
    "http-before-answer": "a command is committed, and its caller has no answer",
}
"""What has happened, and what has not, when a process dies there."""
_inside: ContextVar[str | None] = ContextVar("inside", default=None)
"""Whose transaction the commit belongs to: relay, consumers and timers of a worker share one way to commit."""


def arm(folder: Path, point: str, service: str | None = None) -> Path:
    """Have the next process that passes `point` die there. Returns the file that is gone once it did."""
    if point not in POINTS:
        raise KeyError(point)
    file = folder / (point if service is None else f"{point}@{service}")
    file.touch()
    return file


class Points:
    """The points of one process."""

    def __init__(self, folder: Path, service: str) -> None:
        self._folder = folder
        self._service = service

    def die_at(self, point: str) -> None:
        """End this process, if the point is armed and nobody was quicker."""
        for name in (point, f"{point}@{self._service}"):
            try:
                os.unlink(self._folder / name)
            except FileNotFoundError:
                continue
            os.kill(os.getpid(), signal.SIGKILL)

    def before(self, owner: Any, name: str, point: str, when: Callable[..., Any] = lambda *_, **__: True) -> None:
        """Pass `point` on each call of `owner.name` whose arguments satisfy `when`."""
        original = getattr(owner, name)

        @functools.wraps(original)
        def passing(*args: Any, **kwargs: Any) -> Any:
            if when(*args, **kwargs):
                self.die_at(point)
            return original(*args, **kwargs)

        setattr(owner, name, passing)

    def after(self, owner: Any, name: str, point: str, when: Callable[..., Any] = lambda *_, **__: True) -> None:
        """Pass `point` when `owner.name` has returned something that, before its arguments, satisfies `when`."""
        original = getattr(owner, name)

        @functools.wraps(original)
        def passing(*args: Any, **kwargs: Any) -> Any:
            result = original(*args, **kwargs)
            if when(result, *args, **kwargs):
                self.die_at(point)
            return result

        setattr(owner, name, passing)


def install(folder: Path, service: str, role: str) -> None:
    """Wrap the chassis of this process. Raises AttributeError when what is to be wrapped has another name by now."""
    points = Points(folder, service)
    if role == "http":
        _wrap_http(points)
        return
    _wrap_relay(points)
    _wrap_consumers(points)
    _wrap_timers(points)
    if service == "notifications":
        _wrap_mail(points)


def _wrap_relay(points: Points) -> None:
    from amqp.channel import Channel

    from services.chassis.publisher import Publisher

    points.before(Publisher, "send", "relay-before-publish", lambda self, batch: batch)
    points.before(Channel, "_on_basic_ack", "relay-before-confirm")
    points.after(Publisher, "wait", "relay-before-mark", lambda outcome, *_: outcome.confirmed)


def _wrap_consumers(points: Points) -> None:
    from amqp.channel import Channel

    from services.chassis import unit
    from services.chassis.batch import Consumer

    _mark(Consumer, "apply", "consumer")
    points.before(unit, "_commit", "consumer-before-commit", lambda *_: _inside.get() == "consumer")
    points.after(Consumer, "apply", "consumer-before-ack")
    points.after(Channel, "basic_ack", "consumer-after-ack")


def _wrap_timers(points: Points) -> None:
    from services.chassis import unit
    from services.chassis.timers import TimerRunner

    _mark(TimerRunner, "_fire", "timers")
    points.after(
        TimerRunner, "_claim", "timers-before-fire", lambda claimed, self, *_: claimed and self.lane == "timers"
    )
    points.before(unit, "_commit", "timers-before-commit", lambda *_: _inside.get() == "timers")


def _wrap_mail(points: Points) -> None:
    from services.notifications.mail import MailServer

    points.after(MailServer, "send", "effects-before-record")


def _wrap_http(points: Points) -> None:
    from services.chassis import unit
    from services.chassis.http.answering import Answering

    points.before(unit, "_commit", "http-before-commit")
    points.after(Answering, "answer", "http-before-answer", _is_done_command)


def _is_done_command(response: Any, self: Any, route: Any, *_: Any) -> bool:
    return bool(route.kind == "command" and 200 <= response.status_code < 300)


def _mark(owner: Any, name: str, kind: str) -> None:
    """Let the commit know, within this call, whose it is."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def marked(*args: Any, **kwargs: Any) -> Any:
        token = _inside.set(kind)
        try:
            return original(*args, **kwargs)
        finally:
            _inside.reset(token)

    setattr(owner, name, marked)
