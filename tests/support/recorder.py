"""A service that records what reaches it, for tests of the chassis: `python -m tests.support.recorder SERVICE ROLE`.

It consumes metrics' queue of ticket events, one more effect for each event, or relays what the named service wrote.
What it does with an event is told by the event's area: `/kill/` ends the process in the middle, `/raise/` fails for
good, `/raise-once/` fails the first time, `/contend/` never gets through. Its timers and effects record their key, and
fail or kill by their `ref`.
"""

import eventlet

eventlet.monkey_patch()

import os  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402
from collections.abc import Sequence  # noqa: E402
from datetime import timedelta  # noqa: E402

from services.chassis.config import load_settings  # noqa: E402
from services.chassis.consumers import consume  # noqa: E402
from services.chassis.context import Service  # noqa: E402
from services.chassis.dead_letters import DeadLetters  # noqa: E402
from services.chassis.dependencies import Chassis  # noqa: E402
from services.chassis.http.probes import Probes  # noqa: E402
from services.chassis.launch import run  # noqa: E402
from services.chassis.observability import configure_logging  # noqa: E402
from services.chassis.relay import Relay  # noqa: E402
from services.chassis.timer_rows import Timer  # noqa: E402
from services.chassis.timers import effects, timers  # noqa: E402
from services.chassis.unit import Unit  # noqa: E402
from services.contracts.queues import QUEUES  # noqa: E402
from services.contracts.types import Event  # noqa: E402


class Recorder(Probes):
    """Counts each event once in `effects`, each firing in `firings`."""

    name = "metrics"
    chassis = Chassis()
    relay = Relay()
    dead_letters = DeadLetters()

    @consume(QUEUES["metrics.tickets"])
    def on_ticket_event(self, unit: Unit, event: Event) -> None:
        count(unit, "effects", event.id)
        if event.area_path == "/kill/":
            os.kill(os.getpid(), signal.SIGKILL)
        if event.area_path == "/raise/":
            raise ValueError("personal: 13800000000")
        if event.area_path == "/raise-once/" and self.first_time(event.id):
            raise ValueError("only once")
        if event.area_path == "/contend/":
            self.contend(unit, "tried")

    @timers
    def on_timers(self, unit: Unit, due: Sequence[Timer]) -> None:
        for timer in due:
            self.fire(unit, timer)

    def fire(self, unit: Unit, timer: Timer) -> None:
        count(unit, "firings", timer.key)
        if timer.ref.get("raise"):
            raise ValueError("this timer always fails")
        if timer.ref.get("again"):
            unit.timers.set(timer.key, timer.kind, unit.now + timedelta(hours=1), timer.ref)
        if timer.ref.get("contend"):
            self.contend(unit, "firings")

    @effects
    def on_effect(self, timer: Timer) -> None:
        if timer.ref.get("time-out"):
            raise eventlet.Timeout(1)
        if timer.ref.get("hang"):
            eventlet.sleep(3600)
        if timer.ref.get("kill-once") and self.first_time(timer.key):
            os.kill(os.getpid(), signal.SIGKILL)
        self.chassis.units.run(lambda unit: count(unit, "firings", timer.key))

    def contend(self, unit: Unit, collection: str) -> None:
        """Write what somebody else has just written: a conflict, each time."""
        self.chassis.db[collection].update_one({"_id": "contended"}, {"$inc": {"tries": 1}}, upsert=True)
        count(unit, collection, "contended")

    def first_time(self, key: str) -> bool:
        """Remembered outside of the transaction that is about to fail."""
        before = self.chassis.db["tried"].find_one_and_update({"_id": key}, {"$inc": {"n": 1}}, upsert=True)
        return before is None


def count(unit: Unit, collection: str, key: str) -> None:
    unit.db[collection].update_one({"_id": key}, {"$inc": {"n": 1}}, upsert=True, session=unit.session)


def main() -> int:
    name, role = sys.argv[1:]
    configure_logging(name, role, "INFO")
    service = Service(name=name, api=Recorder, worker=Recorder, migrations=(), collections=())
    return run(load_settings(name, role), service)


if __name__ == "__main__":
    sys.exit(main())
