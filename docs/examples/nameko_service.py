"""A stock nameko service that keeps each escalated ticket once.

    pip install nameko "setuptools<82"
    AMQP_URL=amqp://… SOURCE=outside.hotline DATABASE=escalations.db python nameko_service.py

`doorstep consumer add hotline --types ticket.escalated` gives the URL. nameko makes the durable queue
`evt-outside.hotline-ticket.escalated--hotline.on_escalated` and binds it to `outside.hotline.events`.
It acknowledges a message even when the handler raised: a failing event is logged and gone. So the handler does one
thing that seldom fails; what must not be lost at all takes the way of `kombu_consumer.py` or `feed_reader.py`.
"""

import eventlet

eventlet.monkey_patch()

import os  # noqa: E402
import sqlite3  # noqa: E402
from typing import Any  # noqa: E402

from nameko.events import event_handler  # noqa: E402
from nameko.runners import ServiceRunner  # noqa: E402

DATABASE = os.environ["DATABASE"]
SOURCE = os.environ["SOURCE"]


class Hotline:
    """`name` and the handler's name make the queue's name: change either, and the old queue fills for nobody."""

    name = "hotline"

    @event_handler(SOURCE, "ticket.escalated")
    def on_escalated(self, body: dict[str, Any]) -> None:
        """nameko hands over the body only; which event it is stands under `event`."""
        row = (body["event"]["id"], body["ticket"]["number"], body["to_level"])
        with sqlite3.connect(DATABASE) as db:  # one transaction; the event's id makes a repetition harmless
            db.execute("INSERT OR IGNORE INTO escalations VALUES (?, ?, ?)", row)


if __name__ == "__main__":
    with sqlite3.connect(DATABASE) as db:
        db.execute("CREATE TABLE IF NOT EXISTS escalations (event_id TEXT PRIMARY KEY, number TEXT, level TEXT)")
    runner = ServiceRunner({"AMQP_URI": os.environ["AMQP_URL"]})
    runner.add_service(Hotline)
    runner.start()
    try:
        runner.wait()
    except KeyboardInterrupt:
        runner.stop()
