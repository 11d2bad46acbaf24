"""The e-mail channel: one message over SMTP, every wait bounded, every ending named by a code of ours.

What counts as final: the server refuses the recipient (5xx after RCPT) or the message (5xx after DATA). A refusal of
ourselves (greeting, TLS, password, sender) is the operator's to mend, so the mail is tried again. When the connection
breaks after the message went out and before the server's answer, nobody knows: `uncertain`.
"""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import parse_qs, unquote, urlsplit

from prometheus_client import Counter

from services.chassis.addresses import Sender, smtp_address, tidy_address
from services.chassis.addresses import sender as read_sender
from services.chassis.clock import system_now
from services.notifications.domain.notice import Outcome, Result
from services.notifications.domain.precedence import Rank
from services.notifications.domain.templates import Message

ATTEMPTS = Counter("doorstep_mail_attempts", "Attempts to send mail, by how they ended", ["result", "code"])
KNOWN_ENDINGS = (
    (Result.SENT, "accepted"),
    (Result.PERMANENT, "bad-address"),
    *((Result.PERMANENT, f"smtp-{code}") for code in (550, 551, 552, 553, 554)),
    *((Result.TEMPORARY, f"smtp-{code}") for code in (421, 450, 451, 452, 454, 530, 535, 550, 554)),
    *((Result.TEMPORARY, code) for code in ("tls", "timeout", "unreachable", "smtp-unsupported")),
    *((Result.UNCERTAIN, code) for code in ("no-result", "no-answer")),
)
"""Those of ours and the usual ones of servers (RFC 5321, 4954), counted from 0 on."""
for _ending in KNOWN_ENDINGS:
    ATTEMPTS.labels(*_ending)
PUT_OFF = Counter(
    "doorstep_mails_put_off",
    "Mails that had to wait, or were given up, since an address that nobody confirmed had too many on that day",
    ["rank"],
)
for _rank in Rank:
    PUT_OFF.labels(_rank.name.lower())
TIMEOUT_SECONDS = 10.0
"""For each single answer of the server."""


def count_uncertain(attempts: int) -> None:
    """Count attempts whose process died before it could record the answer."""
    ATTEMPTS.labels(Result.UNCERTAIN, "no-result").inc(attempts)


def count_put_off(rank: Rank | None) -> None:
    """Count a mail that found no room on its day; None: there was none."""
    if rank is not None:
        PUT_OFF.labels(rank.name.lower()).inc()


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed over.

    `smtps://` is TLS from the first byte. `smtp://` speaks STARTTLS when the server offers it and never gives a
    password away without it; `?starttls=always` insists, `?starttls=never` does without (a server on this machine).
    Certificates are verified; an own authority is named by SSL_CERT_FILE.
    """

    host: str
    port: int
    tls: bool
    starttls: str
    user: str | None
    password: str | None
    sender: Sender

    @classmethod
    def of(cls, url: str, sender: str) -> "MailServer":
        """Read DOORSTEP_SMTP_URL and DOORSTEP_MAIL_FROM. Raises ValueError when one cannot be understood."""
        parts = urlsplit(url)
        tls = parts.scheme == "smtps"
        starttls = parse_qs(parts.query).get("starttls", ["offered"])[0]
        if starttls not in ("offered", "always", "never"):
            raise ValueError("starttls is offered, always or never")
        return cls(
            host=parts.hostname or "localhost",
            port=parts.port or (465 if tls else 25),
            tls=tls,
            starttls=starttls,
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            sender=read_sender(sender),
        )

    def send(self, message_key: str, address: str, locale: str, message: Message) -> Outcome:
        """Hand one mail over and say how that ended; never raises for what a server does."""
        outcome = self._send(message_key, address, locale, message)
        ATTEMPTS.labels(outcome.result, outcome.code).inc()
        return outcome

    def _send(self, message_key: str, address: str, locale: str, message: Message) -> Outcome:
        try:
            recipient = smtp_address(tidy_address(address))
        except ValueError:  # taken before forms asked
            return Outcome(Result.PERMANENT, "bad-address")
        try:
            with self._session() as session:
                letter = self._letter(message_key, recipient, locale, message)
                return _transfer(session, self.sender.address, recipient, letter)
        except smtplib.SMTPResponseException as refusal:
            return Outcome(Result.TEMPORARY, f"smtp-{refusal.smtp_code}")
        except ssl.SSLError:
            return Outcome(Result.TEMPORARY, "tls")
        except TimeoutError:
            return Outcome(Result.TEMPORARY, "timeout")
        except smtplib.SMTPNotSupportedError:
            return Outcome(Result.TEMPORARY, "smtp-unsupported")
        except (OSError, smtplib.SMTPException):
            return Outcome(Result.TEMPORARY, "unreachable")

    @contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        session = self._connect()
        try:
            session.ehlo()
            if self._wants_starttls(session):
                session.starttls(context=ssl.create_default_context())
                session.ehlo()
            if self.user:
                session.login(self.user, self.password or "")
            yield session
        finally:
            # QUIT is a courtesy; the answer to DATA is what counts, and waiting for another could lose it.
            session.close()

    def _wants_starttls(self, session: smtplib.SMTP) -> bool:
        if self.tls or self.starttls == "never":
            return False
        return self.starttls == "always" or bool(self.password) or session.has_extn("starttls")

    def _connect(self) -> smtplib.SMTP:
        if self.tls:
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_SECONDS, context=context)
        return smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_SECONDS)

    def _letter(self, message_key: str, recipient: str, locale: str, message: Message) -> bytes:
        letter = EmailMessage()
        letter["From"] = Address(self.sender.name, addr_spec=self.sender.address)
        letter["To"] = recipient
        letter["Subject"] = message.subject
        letter["Date"] = format_datetime(system_now())
        letter["Message-ID"] = f"<{message_key}@{self.sender.domain}>"
        letter["Auto-Submitted"] = "auto-generated"
        letter["Content-Language"] = locale
        letter.set_content(message.text, cte="base64")
        return letter.as_bytes(policy=letter.policy.clone(linesep="\r\n"))


def _transfer(session: smtplib.SMTP, sender: str, recipient: str, letter: bytes) -> Outcome:
    """MAIL, RCPT, DATA: the step at which a refusal comes decides what it means."""
    _expect(session.mail(sender))
    code, _ = session.rcpt(recipient)
    if code not in (250, 251):
        return _refused(code)
    try:
        code, _ = session.data(letter)
    except smtplib.SMTPDataError as refusal:  # refused before the text was sent
        return _refused(refusal.smtp_code)
    except (OSError, smtplib.SMTPServerDisconnected):
        return Outcome(Result.UNCERTAIN, "no-answer")
    return Outcome(Result.SENT, "accepted") if code == 250 else _refused(code)


def _expect(answer: tuple[int, bytes]) -> None:
    if answer[0] != 250:
        raise smtplib.SMTPResponseException(answer[0], "")


def _refused(code: int) -> Outcome:
    return Outcome(Result.PERMANENT if 500 <= code < 600 else Result.TEMPORARY, f"smtp-{code}")
