"""Notifications as it runs, with its events sent as their publishers would send them."""

from dataclasses import dataclass
from typing import Any

import pytest
from pymongo.database import Database

from services.chassis import mongo
from services.chassis.ids import new_id
from services.chassis.migrations import migrate
from services.chassis.prepare import create_chassis_indexes, prepare_broker
from services.contracts.tickets import example_ticket
from services.notifications.storage import MIGRATIONS
from tests.support.namespaces import Namespace
from tests.support.processes import Processes, ServiceProcess, sealer_of
from tests.support.publishing import GRID, Publishing
from tests.support.smtp import SmtpSink

Document = dict[str, Any]
QUICK = {"MAIL_RETRY_SECONDS": "1,1,1,1", "MAIL_GRACE_SECONDS": "1", "MAIL_FROM": "station@doorstep.test"}


@dataclass
class Post:
    """The database, the publishers and the processes of one test."""

    namespace: Namespace
    processes: Processes
    publishing: Publishing
    db: Database[Document]

    def worker(self, smtp_url: str, **settings: str) -> ServiceProcess:
        chosen: dict[str, Any] = {**QUICK, **settings}
        return self.processes.start("notifications", "worker", SMTP_URL=smtp_url, **chosen)

    def person(self, email: str | None = None, locale: str = "zh-CN") -> str:
        """Somebody of whom accounts has told how to reach him."""
        person_id = new_id()
        self.reach(person_id, email, locale)
        return person_id

    def reach(self, person_id: str, email: str | None, locale: str = "zh-CN", sequence: int = 1) -> None:
        contact = {"name": None, "telephone": None, "email": email, "locale": locale}
        sealed = sealer_of("accounts").exchange.seal(contact)
        row = self.publishing.write(
            "recipient.upserted", person_id, sequence, publisher="accounts", person_id=person_id, sealed=sealed
        )
        self.publishing.send([row])

    def filed(self, reporter_id: str, area_path: str = GRID) -> Document:
        """A ticket is filed whose owner nobody has named. Returns the event's row, sent."""
        ticket_id = new_id()
        ticket = {**example_ticket(), "ticket_id": ticket_id, "reporter_id": reporter_id, "owner_id": None,
                  "area_path": area_path}  # fmt: skip
        row = self.publishing.write("ticket.filed", ticket_id, area_path=area_path, ticket=ticket)
        self.publishing.send([row])
        return row

    def mail_to(self, person_id: str) -> Document:
        """The mail notice of a person; an empty document while there is none."""
        return self.db["notices"].find_one({"person_id": person_id, "channel": "email"}) or {}

    def told(self, notice_id: str) -> list[str]:
        """What was published of a notice, in order."""
        rows = self.db["outbox"].find({"aggregate_id": notice_id}).sort("sequence", 1)
        return [row["type"] for row in rows]


def _post(namespace: Namespace, processes: Processes) -> Post:
    db = mongo.database(namespace.mongo, f"{namespace.prefix}_notifications")
    create_chassis_indexes(db)
    migrate(db, MIGRATIONS)
    prepare_broker(namespace.amqp_url, 0)
    processes.mark_prepared()
    return Post(namespace, processes, Publishing(namespace), db)


@pytest.fixture(scope="session")
def prepared_as() -> str:
    """Only a part of the schema is made here, and parts of documents are written."""
    return "notifications"


@pytest.fixture
def post(namespace: Namespace, processes: Processes) -> Post:
    return _post(namespace, processes)


@pytest.fixture(scope="module")
def open_post(module_namespace: Namespace, module_processes: Processes, module_smtp_sink: SmtpSink) -> Post:
    """A post office with a worker and a mail server that run for the whole file."""
    post = _post(module_namespace, module_processes)
    post.worker(module_smtp_sink.url)
    return post
