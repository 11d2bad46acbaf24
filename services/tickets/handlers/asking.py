"""What a kind asks of whoever files it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from services.tickets.domain.policy import Offered, Policy
from services.tickets.domain.refused import Refused

NOTICE = timedelta(hours=1)
"""How far ahead a date is that somebody asks for who is not staff *(ours)*: nobody keeps one in two seconds, and what
is broken is lifted and counted."""
FARTHEST = timedelta(days=3 * 366)
"""How far ahead a date may lie *(ours)*, as that of a plan: nobody has anything kept open for good."""
_DATES = ("promised_for", "external_due_at")
_GIVEN_AS = {"photo": "attachments"}


def asked(policy: Policy, said: Mapping[str, Any], now: datetime) -> Offered | None:
    """The service of the catalogue that is meant, once all is given that the kind asks for, and nothing that it lacks.

    Raises Refused: field-asked, field-not-in-this-kind, no-such-service, promised-in-the-past, date-too-far.
    """
    wanted = (_GIVEN_AS.get(name, name) for name in policy.life.asks)
    missing = sorted(name for name in wanted if not said.get(name))
    if missing:
        raise Refused("field-asked", field=missing[0], kind=policy.kind)
    date, code = said.get("promised_for"), said.get("service")
    if (date and not policy.takes_date) or (code and not policy.services):
        field = "promised_for" if date and not policy.takes_date else "service"
        raise Refused("field-not-in-this-kind", field=field, kind=policy.kind)
    if said.get("external_due_at") and not any(rule.until_external for rule in policy.clocks):
        raise Refused("field-not-in-this-kind", field="external_due_at", kind=policy.kind)  # no clock would watch it
    if date and date <= now:
        raise Refused("promised-in-the-past")
    far = next((name for name in _DATES if said.get(name) and said[name] - now > FARTHEST), None)
    if far is not None:
        raise Refused("date-too-far", field=far)
    if code and code not in policy.services:
        raise Refused("no-such-service", service=code, services=sorted(policy.services))
    return policy.services[code] if code else None


def check_notice(said: Mapping[str, Any], now: datetime, *, is_staff: bool) -> None:
    """Staff and partners promise any date in the future. Raises Refused("promised-too-soon")."""
    date = said.get("promised_for")
    if date and not is_staff and date < now + NOTICE:
        raise Refused("promised-too-soon", minutes=int(NOTICE.total_seconds()) // 60)
