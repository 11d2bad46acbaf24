"""File a ticket: where it belongs, who reported it, its number, its first clocks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.contracts.areas import root_of
from services.contracts.types import NewEvent
from services.tickets.domain.actions import file
from services.tickets.domain.places import Place
from services.tickets.domain.policy import Policy
from services.tickets.domain.refused import Refused
from services.tickets.domain.routing import Matter
from services.tickets.domain.settle import settle
from services.tickets.domain.steps import whole_second
from services.tickets.domain.telephones import normal_telephone
from services.tickets.domain.ticket import ExternalRef, Placing, Ticket
from services.tickets.domain.told_times import happened
from services.tickets.domain.transitions import Actor
from services.tickets.handlers.asking import asked, check_notice
from services.tickets.handlers.attachments import attach
from services.tickets.handlers.categories import check_category
from services.tickets.handlers.life import keep
from services.tickets.handlers.numbering import free_number
from services.tickets.handlers.placing import plain_hours
from services.tickets.handlers.ports import House, Store
from services.tickets.handlers.routing import chosen, decide, route

STAFF_ONLY = ("summary", "external_refs", "origin", "external_due_at", "occurred_at", "late_reason", "channel")


@dataclass(frozen=True, slots=True)
class Filer:
    """Who files: nobody we know (None), a resident for themselves, or staff and partners for somebody else."""

    person_id: str | None
    is_staff: bool
    answerable: str | None = None
    """Who answers for the program that files."""


@dataclass(frozen=True, slots=True)
class Filed:
    ticket: Ticket
    personal: Mapping[str, Any]
    """What was sealed with it."""
    follow_up_secret: str | None
    """Given once to a reporter without an account, if they file themselves: nobody else is to have it."""


def file_ticket(
    store: Store,
    house: House,
    filer: Filer,
    where: tuple[Placing, Place | None],
    said: Mapping[str, Any],
    now: datetime,
) -> Filed:
    """Raises Refused: unknown-kind, kind-not-filed-by-you, staff-only-field, unknown-category,
    external-ref-taken, telephone-malformed, what the kind asks for and does not get, and what `file` does.
    """
    if not filer.is_staff and (field := next((name for name in STAFF_ONLY if said.get(name)), None)):
        raise Refused("staff-only-field", field=field)
    policy = house.policy_for(store, said["kind"], where[0].area_path)
    now = whole_second(now)
    _check_filer(policy, filer)
    if not filer.is_staff:
        check_category(store, house, where[0].area_path, said.get("category"))
    refs = _free_refs(store, said)
    contact = _contact(said)
    routed = route(store, house, policy, said, _matter(filer, where, said, contact), now)
    policy, said = routed.policy, routed.said
    service = asked(policy, said, now)
    check_notice(said, now, is_staff=filer.is_staff)
    reporter_id = _reporter(store, house, filer, contact, where[0].area_path)
    secret = house.new_secret() if filer.person_id is None else None
    mailed = house.new_secret() if filer.is_staff and reporter_id is not None and contact.get("email") else None
    personal = _personal(said, contact)
    ticket = Ticket(
        id=house.new_id(), number=free_number(store, house, now), kind=policy.kind, policy=policy.pin,
        service=said.get("service"), items=dict.fromkeys(service.items) if service else {},
        promised_for=whole_second(said["promised_for"]) if said.get("promised_for") else None,
        channel=_channel(filer, said), category=said.get("category"), level=routed.level,
        placing=where[0], urgent=bool(said.get("urgent")),
        occurred_at=happened(whole_second(said.get("occurred_at") or now), now), recorded_at=now,
        reporter_id=reporter_id,
        origin=said.get("origin"), external_refs=refs, external_due_at=said.get("external_due_at"),
        summary=said.get("summary"), sealed=house.seal.seal(personal),
        secret_hash=secret_digest(house, secret) if secret else None,
        slip_hash=secret_digest(house, mailed) if mailed else None, slip_by=filer.person_id if mailed else None,
        telephone_digest=telephone_digest(house, contact["telephone"]) if contact.get("telephone") else None,
        **chosen(routed.choice),
    )  # fmt: skip
    rules = house.rules(store, policy.pin)
    reason = said.get("late_reason")
    course = file(
        ticket, rules, Actor(filer.person_id, frozenset(), answerable=filer.answerable), now, plain_hours(where[1]),
        house.seal.seal(reason) if reason else None, decide(store, house, ticket, routed.choice, now),
    )  # fmt: skip
    if said.get("attachments"):
        adds = Actor(filer.person_id, frozenset({"reporter"}), answerable=filer.answerable)
        attach(store, course, adds, said["attachments"], filer.person_id)
    settle(course, rules)
    keep(store, course, rules, new=True)
    if contact and reporter_id is not None:
        tell_contact(store, house, reporter_id, {**contact, "follow_up_secret": mailed}, ticket)
    return Filed(course.ticket, personal, secret)


def _check_filer(policy: Policy, filer: Filer) -> None:
    if policy.life.filed_by == "system" or (policy.life.filed_by == "staff" and not filer.is_staff):
        raise Refused("kind-not-filed-by-you", kind=policy.kind)


def _channel(filer: Filer, said: Mapping[str, Any]) -> str:
    return said.get("channel") or ("desk" if filer.is_staff else "online")


def _matter(
    filer: Filer, where: tuple[Placing, Place | None], said: Mapping[str, Any], contact: Mapping[str, Any]
) -> Matter:
    """What rules may ask of it: what staff discover themselves has no reporter."""
    return Matter(
        kind=said["kind"], channel=_channel(filer, said), area=where[0].area_path, category=said.get("category"),
        service=said.get("service"), urgent=bool(said.get("urgent")), reporter=bool(contact) or not filer.is_staff,
        station_type=where[1].station_type if where[1] else None,
    )  # fmt: skip


def secret_digest(house: House, secret: str) -> str:
    return house.seal.lookup("follow-up", secret)


def telephone_digest(house: House, normal: str) -> str:
    """By which tickets are found again in one's own areas; `normal` as `normal_telephone` spells it."""
    return house.seal.lookup("telephone", normal)


def person_digest(house: House, area_path: str, normal: str) -> str:
    """By which a person is found again in one county: what one of them says of a number is nothing to another."""
    return house.seal.lookup("person", person_key(area_path, normal))


def person_key(area_path: str, normal: str) -> str:
    """Of what `person_digest` is made."""
    return f"{root_of(area_path)}|{normal}"


def _free_refs(store: Store, said: Mapping[str, Any]) -> tuple[ExternalRef, ...]:
    refs = tuple(ExternalRef(one["system"], one["id"]) for one in said.get("external_refs") or ())
    for ref in refs:
        taken = store.ticket_by_ref(ref.key)
        if taken is not None:
            raise Refused("external-ref-taken", system=ref.system, number=taken.number)
    if len({ref.key for ref in refs}) != len(refs):
        raise Refused("external-ref-twice")
    return refs


def _contact(said: Mapping[str, Any]) -> dict[str, Any]:
    """Name, telephone, e-mail and language of the reporter, as far as given."""
    contact = dict(said.get("reporter") or {})
    if contact.get("telephone"):
        contact["telephone"] = normal_telephone(contact["telephone"])
    return {name: value for name, value in contact.items() if value}


def _reporter(store: Store, house: House, filer: Filer, contact: Mapping[str, Any], area_path: str) -> str | None:
    """Somebody with an account is known; whom staff speak to is found again by telephone, else gets a fresh identity.

    A number that a stranger types proves nothing: he would become that person, and have their mail sent to himself.
    What staff discover themselves has no reporter.
    """
    if filer.person_id is not None and not filer.is_staff:
        return filer.person_id
    if filer.is_staff and not contact:
        return None
    telephone = contact.get("telephone")
    if telephone is None or not filer.is_staff:
        return house.new_id()
    return store.person_of(person_digest(house, area_path, telephone), house.new_id())


def _personal(said: Mapping[str, Any], contact: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "description": said.get("description"), "address": said.get("address"),
        "name": contact.get("name"), "telephone": contact.get("telephone"), "email": contact.get("email"),
        "locale": contact.get("locale"),
        "position": said.get("position"),
    }  # fmt: skip


def tell_contact(store: Store, house: House, person_id: str, contact: Mapping[str, Any], ticket: Ticket) -> None:
    """How the reporter can be reached about this ticket, and about no other, sealed, for notifications alone.

    An address that somebody typed at filing proves nothing: it may be mistyped, or be a colleague's own.
    """
    reach = {name: contact.get(name) for name in ("name", "telephone", "email", "locale")}
    if contact.get("follow_up_secret"):
        reach["follow_up_secret"] = contact["follow_up_secret"]
    data = {"person_id": person_id, "ticket_id": ticket.id, "sealed": house.seal.exchange.seal(reach)}
    sequence = store.next_contact_sequence(person_id)
    store.publish([NewEvent("recipient.upserted", person_id, sequence, ticket.area_path, data)])
