"""The nameko services of notifications: wiring only."""

from services.chassis.config import Settings
from services.chassis.context import Service
from services.chassis.dead_letters import DeadLetters
from services.chassis.dependencies import Chassis, StoreProvider
from services.chassis.http import Probes, ProblemType
from services.chassis.relay import Relay
from services.chassis.standing import admits_by
from services.notifications import api, consumers
from services.notifications.lines import MAILS_COUNTED, MAILS_WAITING
from services.notifications.settings import check_settings
from services.notifications.storage import ACCOUNTS, DELIVER, MIGRATIONS, NoticeStore
from services.notifications.texts import catalogues

PROBLEMS = (
    ProblemType(
        "inbox-entry-not-found", 404, "没有这条消息", "No such inbox entry",
        "您的消息中没有 {notice_id}。", "There is no entry {notice_id} in your inbox.",
    ),
)  # fmt: skip


class NotificationsApi(api.Notifications, Probes):
    name = "notifications"
    chassis = Chassis()
    store = StoreProvider(NoticeStore)


class NotificationsWorker(consumers.Notifications, Probes):
    name = "notifications"
    chassis = Chassis()
    store = StoreProvider(NoticeStore)
    relay = Relay()
    dead_letters = DeadLetters()


def _check(settings: Settings) -> None:
    """A broken text or setting stops a process at its start, not at the first mail."""
    check_settings(settings)
    catalogues()


SERVICE = Service(
    name="notifications",
    api=NotificationsApi,
    worker=NotificationsWorker,
    admits=admits_by(ACCOUNTS),
    migrations=MIGRATIONS,
    collections=(ACCOUNTS, MAILS_COUNTED, MAILS_WAITING, "notices", "recipients"),
    problems=PROBLEMS,
    timer_kinds=(DELIVER,),
    check=_check,
)
