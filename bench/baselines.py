"""What Doorstep is held against: stock nameko, as its documentation shows it. `python -m bench.baselines ROLE`.

| role | what it does |
|---|---|
| `service` | an HTTP handler with one majority insert, and one that dispatches events in a loop |
| `listener` | an event handler that does nothing, and says how often it was called |
"""
# nameko is not annotated.
# mypy: disallow-subclassing-any=False, disallow-untyped-decorators=False

import warnings

warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")

import eventlet  # noqa: E402

eventlet.monkey_patch()

import json  # noqa: E402
import os  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from typing import Any  # noqa: E402

from nameko.events import EventDispatcher, event_handler  # noqa: E402
from nameko.extensions import DependencyProvider  # noqa: E402
from nameko.runners import ServiceRunner  # noqa: E402
from nameko.web.handlers import http  # noqa: E402
from pymongo import MongoClient, WriteConcern  # noqa: E402


class Rows(DependencyProvider):
    """A collection whose writes are answered once a majority has them."""

    def setup(self) -> None:
        client: MongoClient[dict[str, Any]] = MongoClient(os.environ["DOORSTEP_MONGO_URL"])
        database = client.get_database(f"{os.environ['DOORSTEP_DATABASE_PREFIX']}_bench")
        self._rows = database.get_collection("rows", write_concern=WriteConcern("majority"))

    def get_dependency(self, worker_ctx: Any) -> Any:
        return self._rows


class Bare:
    name = "bench"
    rows = Rows()
    dispatch = EventDispatcher()

    @http("GET", "/readyz")
    def ready(self, request: Any) -> str:
        return "ready"

    @http("POST", "/insert")
    def insert(self, request: Any) -> tuple[int, str]:
        self.rows.insert_one(json.loads(request.get_data(as_text=True)))
        return 201, "{}"

    @http("POST", "/dispatch/<int:count>")
    def tell(self, request: Any, count: int) -> str:
        """Dispatch the body `count` times from one worker; answers the seconds that it took."""
        body = json.loads(request.get_data(as_text=True))
        begun = time.monotonic()
        for _ in range(count):
            self.dispatch("told", body)
        return str(time.monotonic() - begun)


class Listener:
    name = "listener"
    handled = 0

    @http("GET", "/readyz")
    def ready(self, request: Any) -> str:
        return "ready"

    @http("GET", "/handled")
    def count(self, request: Any) -> str:
        return str(Listener.handled)

    @event_handler("bench", "told")
    def on_told(self, body: Any) -> None:
        Listener.handled += 1


def main() -> int:
    runner = ServiceRunner({
        "AMQP_URI": os.environ["DOORSTEP_AMQP_URL"],
        "WEB_SERVER_ADDRESS": f"127.0.0.1:{os.environ['DOORSTEP_HTTP_PORT']}",
        "max_workers": 100 if sys.argv[1] == "service" else 10,
    })  # fmt: skip
    runner.add_service(Bare if sys.argv[1] == "service" else Listener)
    wanted: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: wanted.append(number))
    runner.start()
    while not wanted:
        eventlet.sleep(0.1)
    runner.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
