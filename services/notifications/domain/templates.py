"""Texts in zh-CN and en: loaded from TOML, checked when loaded, filled with facts.

A text that names an unknown field, a missing text and an unknown word are errors at loading, not at three in the
morning.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from string import Formatter

from services.notifications.domain.facts import Form, fields_of
from services.notifications.domain.notice import Channel, Facts
from services.notifications.domain.routing import ROUTES, template_name

LOCALES = ("zh-CN", "en")
"""The first one is for whoever has said nothing."""


class TemplateFault(ValueError):
    """A template file is wrong; the message names file, template and field."""


@dataclass(frozen=True, slots=True)
class Message:
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Private:
    """What a mail tells its one reader."""

    secret: str | None = None
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All texts of one language, with its words for codes and its way to write a time."""

    locale: str
    texts: Mapping[tuple[str, Channel], Message]
    words: Mapping[str, str]
    time_format: str
    unset: str
    signature: str
    """What stands beneath every mail."""

    with_secret: str
    """What stands beneath a mail that tells a follow-up secret."""
    with_link: str
    """What stands beneath a mail to an address that nobody has confirmed."""

    def render(
        self, template: str, channel: Channel, facts: Facts, zone: tzinfo, private: Private = Private()
    ) -> Message:
        """The finished text; times in `zone`. What is private is told beneath it, and kept nowhere."""
        event_type = template.rpartition(".")[0]
        values = {name: self._write(form, facts.get(name), zone) for name, form in fields_of(event_type).items()}
        text = self.texts[template, channel]
        beneath = self.signature if channel is Channel.EMAIL else ""
        if private.link is not None:
            beneath = self.with_link.format(link=private.link) + beneath
        if private.secret is not None:
            beneath = self.with_secret.format(secret=private.secret) + beneath
        return Message(text.subject.format_map(values), text.text.format_map(values) + beneath)

    def _write(self, form: Form, value: str | int | None, zone: tzinfo) -> str:
        if value is None:
            return self.unset
        if form is Form.TIME:
            return datetime.fromisoformat(str(value)).astimezone(zone).strftime(self.time_format)
        return self._word(str(value)) if form is Form.WORD else str(value)

    def _word(self, code: str) -> str:
        """The word for a code; a clock that came a second time (`plan-2`) is called as it was the first time."""
        name, _, stay = code.rpartition("-")
        # A code that a later version of a publisher brings has no word yet: showing the code beats losing the notice.
        return self.words.get(code) or (self.words.get(name) if stay.isdecimal() else None) or code


def load(locale: str, source: str) -> Catalogue:
    """Read one language's file and refuse it if a text is missing or names something unknown."""
    document = tomllib.loads(source)
    texts = {
        (name, channel): Message(**document[name][channel])
        for name, channel in _required()
        if channel in document.get(name, {})
    }
    missing = sorted(f"{name}/{channel}" for name, channel in _required() if (name, channel) not in texts)
    if missing:
        raise TemplateFault(f"{locale}: no text for {', '.join(missing)}")
    for (name, channel), message in texts.items():
        _check(f"{locale}: {name}/{channel}", name.rpartition(".")[0], message)
    plain = {
        name: document[name] for name in ("words", "time_format", "unset", "signature", "with_secret", "with_link")
    }
    return Catalogue(locale, texts, **plain)


def best_locale(wanted: str | None) -> str:
    """The language we have that comes nearest: `en-GB` is en, everything unknown is zh-CN."""
    return "en" if (wanted or "").lower().startswith("en") else LOCALES[0]


def _required() -> Iterable[tuple[str, Channel]]:
    for event_type, routes in ROUTES.items():
        for route in routes:
            for channel in route.channels:
                yield template_name(event_type, route.audience), channel


def _check(where: str, event_type: str, message: Message) -> None:
    known = set(fields_of(event_type))
    for text in (message.subject, message.text):
        named = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
        if unknown := sorted(named - known):
            raise TemplateFault(f"{where}: unknown field {', '.join(unknown)}")
    if not message.subject.strip() or "\n" in message.subject or not message.text.strip():
        raise TemplateFault(f"{where}: a text needs a subject of one line and a body")
