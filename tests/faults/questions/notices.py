"""Was everybody told of what concerns him, through each channel, and nobody twice?"""

from collections import Counter, defaultdict

from services.chassis.clock import system_now
from services.notifications.domain.notice import TOO_MANY, Channel, notice_id
from services.notifications.domain.routing import ROUTES, told
from tests.faults.evidence import Document, Evidence, Finding, Findings, few


def everybody_was_told_once(evidence: Evidence) -> Findings:
    """The notices are those that the events give rise to by the routing, no less and no more, and each is settled."""
    expected = _expected(evidence)
    notices = evidence.notices
    for identity in sorted(set(notices) - set(expected)):
        yield Finding(f"a notice without cause: {_name(notices[identity])}", (identity,))
    untold = [identity for identity in expected if identity not in notices]
    if untold:
        kinds = Counter(expected[identity]["type"] for identity in untold)
        yield Finding(f"nobody was told of {dict(kinds)}", few(untold))
    for identity, notice in notices.items():
        if notice["state"] == "waiting" and notice["reason"] != TOO_MANY:
            yield Finding(f"a notice still waits: {_name(notice)}", (identity,))


def no_mail_was_sent_twice_unseen(evidence: Evidence) -> Findings:
    """The mail server has each mail once. One that it has twice must be of a notice that says so: an attempt whose
    answer nobody could record stands there as uncertain."""
    notices = evidence.notices
    taken: defaultdict[str, list[str]] = defaultdict(list)
    for mail in evidence.mails:
        taken[mail.notice_id].append(mail.recipient)
    for identity, recipients in taken.items():
        notice = notices.get(identity)
        if notice is None:
            yield Finding("a mail without a notice", (identity,))
            continue
        if len(set(recipients)) > 1:
            yield Finding(f"one notice went to {len(set(recipients))} addresses", (identity,))
        uncertain = sum(attempt["result"] == "uncertain" for attempt in notice["attempts"])
        if len(recipients) > 1 + uncertain:
            yield Finding(f"mailed {len(recipients)} times, {uncertain} attempts are uncertain", (identity,))
    for identity, notice in notices.items():
        if notice["channel"] == Channel.EMAIL and notice["state"] == "sent" and identity not in taken:
            yield Finding(f"said to be sent, the mail server has not got it: {_name(notice)}", (identity,))


_REASONS = {"undeliverable": ("no-address", "account-disabled"), "failed": ("uncertain",)}


def every_notice_that_failed_has_a_reason(evidence: Evidence) -> Findings:
    """Undeliverable is only who has no address or may not sign in, and what found no room on the day after; failed is
    only what may have arrived after all."""
    today = system_now().date()
    for identity, notice in evidence.notices.items():
        allowed = _REASONS.get(notice["state"])
        is_old = notice["reason"] == TOO_MANY and notice["recorded_at"].date() < today
        if allowed is not None and notice["reason"] not in allowed and not is_old:
            yield Finding(f"{_name(notice)} is {notice['state']}: {notice['reason']}", (identity,))


def uncertain_mails(evidence: Evidence) -> dict[str, int]:
    """Notices with an attempt whose answer is not known, by how often the mail server has them."""
    taken = Counter(mail.notice_id for mail in evidence.mails)
    return {
        identity: taken[identity]
        for identity, notice in evidence.notices.items()
        if any(attempt["result"] == "uncertain" for attempt in notice["attempts"])
    }


def _expected(evidence: Evidence) -> dict[str, Document]:
    """Identity of each notice that must be there, with its event."""
    found: dict[str, Document] = {}
    for event in evidence.events:
        if event["type"] not in ROUTES:
            continue
        for person in told(event["type"], event.get("data") or {}):
            for channel in person.channels:
                found[notice_id(event["_id"], person.person_id, person.template, channel)] = event
    return found


def _name(notice: Document) -> str:
    return f"{notice['template']} by {notice['channel']}"
