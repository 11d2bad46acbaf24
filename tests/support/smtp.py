"""A real SMTP server that keeps what it was given."""

from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from threading import Lock

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from services.cli.native.ports import LOOPBACK, free_port


class SmtpSink:
    """`mails` in the order of arrival; `refuse_with` makes the server answer a line such as `550 no such user`."""

    def __init__(self, port: int) -> None:
        self.url = f"smtp://{LOOPBACK}:{port}"
        self.refuse_with: str | None = None
        self._mails: list[EmailMessage] = []
        self._lock = Lock()

    @property
    def mails(self) -> list[EmailMessage]:
        with self._lock:
            return list(self._mails)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Called by aiosmtpd for each mail."""
        if self.refuse_with:
            return self.refuse_with
        content = envelope.content
        mail = message_from_bytes(content if isinstance(content, bytes) else b"", policy=policy.default)
        with self._lock:
            self._mails.append(mail)
        return "250 OK"


@contextmanager
def running_smtp_sink() -> Iterator[SmtpSink]:
    """A sink that listens until the block ends."""
    port = free_port()
    sink = SmtpSink(port)
    controller = Controller(sink, hostname=LOOPBACK, port=port)
    controller.start()
    try:
        yield sink
    finally:
        controller.stop()
