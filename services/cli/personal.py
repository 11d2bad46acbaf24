"""`doorstep personal`: personal data of tickets, erased after their time or at the person's wish."""

import json
import sys
from collections.abc import Sequence
from typing import Any

import click

from services.accounts.erasing import forget_contact as forget_in_accounts
from services.chassis import deferred, outbox
from services.chassis.clock_watch import ClockWatch
from services.chassis.context import Context
from services.chassis.journal import Note, note
from services.chassis.seal import Unsealable
from services.cli.installation import context_of
from services.cli.refusals import EXIT_REFUSED, explained, refuse
from services.tickets import erasing_bookings as appointments
from services.tickets.domain.appointments import Booking
from services.tickets.erasing import Found, counts, erase_found, found_in_ticket, found_of_person, overdue_absences
from services.tickets.handlers.erasing import Erased
from services.tickets.problems import PROBLEMS
from services.tickets.settings import personal_data_kept
from services.volunteers.erasing import forget_contact as forget_in_volunteers

_CONTACT = "recipient.upserted"
ERASED = "erased"
"""In the journal: a person or a ticket was erased at somebody's wish."""


@click.group()
def personal() -> None:
    """Names, telephones, texts and photos: how long they are kept, and how they are erased."""


@personal.command()
@explained()
def status() -> None:
    """Say how many ended tickets still hold personal data; status 1 when some are kept longer than they should be.

    The worker of tickets erases them by itself, once an hour, DOORSTEP_PERSONAL_DATA_DAYS after their end.
    """
    context = context_of("tickets")
    kept, overdue = counts(context)
    past, past_overdue = appointments.counts(context)
    click.echo(f"{kept} ended ticket(s) hold personal data; kept for {personal_data_kept().days} days after the end")
    click.echo(f"{overdue} of them have had their time and wait for the worker of tickets")
    click.echo(f"{past} past appointment(s) hold personal data, {past_overdue} of them have had their time")
    absences = overdue_absences(context)
    click.echo(f"{absences} past absence(s) have had their time")
    if ClockWatch(context.db).leap():
        click.echo("Nothing is erased now: the machine's clock has leapt (`doorstep clock accept`)")
    if overdue or past_overdue or absences:
        sys.exit(EXIT_REFUSED)


@personal.command()
@click.option("--person", metavar="ID", help="A person_id: all that they reported, and how they can be reached.")
@click.option("--ticket", metavar="NUMBER", help="What one ticket holds, whoever said it.")
@click.option("--reason", help="Who asked for it and why; kept, sealed, with the record of the erasure.")
@click.option("--also-open", is_flag=True, help="Also tickets that somebody still works on, who then reaches nobody.")
@click.option("--dry-run", is_flag=True, help="Say what would be erased, change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@explained(PROBLEMS)
def erase(
    person: str | None, ticket: str | None, reason: str | None, also_open: bool, dry_run: bool, yes: bool
) -> None:
    """Erase personal data for good, at the wish of whom they concern. Begin with --dry-run.

    What counts stays: the ticket, its times and clocks, who did what by identity. Said again it does no harm, and goes
    on where it was interrupted. An account and its login stay: disable it, and say so to the person.
    """
    if (person is None) == (ticket is None):
        raise click.UsageError("say either --person ID or --ticket NUMBER")
    context = context_of("tickets")
    found = _found(context, person, ticket)
    booked = appointments.found_of_person(context, person) if person else []
    still_open = [*found.still_open, *appointments.still_open(context, booked)]
    if still_open and not also_open:
        refuse(f"still worked on: {', '.join(still_open)}; cancel or close them first, or say --also-open")
    elsewhere = _elsewhere(person, dry_run=True) if person else []
    _tell(found, elsewhere)
    if booked:
        click.echo(f"{len(booked)} appointment(s) with a name or telephone")
    if dry_run:
        return
    if not reason:
        raise click.UsageError("say with --reason who asked for it and why")
    if not yes:
        click.confirm("Erase this for good?", abort=True)
    asked = {"person_id": person} if person else {"ticket": found.tickets[0].number if found.tickets else ticket}
    if found.tickets or booked or elsewhere:  # else whatever was typed may be anything, and is kept nowhere
        context.units.run(lambda unit: note(unit, ERASED, **asked))
    erased = _erase(context, found, booked, person, f"person {person}" if person else f"ticket {ticket}", reason)
    click.echo(f"erased: {erased.tickets} ticket(s), {erased.photos} photo(s), {erased.people} person(s) forgotten")


def erase_again(context: Context, noted: Note) -> Erased:
    """What was erased at somebody's wish and came back with a back-up; not what was said since then. Repeatable."""
    person, ticket = noted.about.get("person_id"), noted.about.get("ticket")
    found = found_of_person(context, person) if person else found_in_ticket(context, ticket or "") or Found([])
    earlier = Found([one for one in found.tickets if one.recorded_at <= noted.at])
    booked = appointments.found_of_person(context, person) if person else []
    booked = [one for one in booked if one.booked_at <= noted.at]
    asked = f"person {person}" if person else f"ticket {ticket}"
    return _erase(context, earlier, booked, person, asked, "erased again after a restore")


def _erase(
    context: Context, found: Found, booked: Sequence[Booking], person: str | None, asked: str, reason: str
) -> Erased:
    erased = erase_found(context, found, asked, reason)
    if person:
        appointments.erase_found(context, booked, asked, reason)
        _elsewhere(person, dry_run=False)
        _forget_published(person)
    return erased


def _found(context: Context, person: str | None, ticket: str | None) -> Found:
    if person is not None:
        return found_of_person(context, person)
    found = found_in_ticket(context, ticket or "")
    if found is None:
        refuse(f"there is no ticket {ticket}")
    return found


def _tell(found: Found, elsewhere: list[str]) -> None:
    for one in found.tickets:
        click.echo(f"{one.number}  {one.state}")
    click.echo(f"{len(found.tickets)} ticket(s) with what was said in them, {found.photos} photo(s)")
    for where in elsewhere:
        click.echo(f"contact data in {where}")


def _elsewhere(person_id: str, *, dry_run: bool) -> list[str]:
    """Forget, or only look for, contact data in the other services. Notifications learns of it by events."""
    forget = {"accounts": forget_in_accounts, "volunteers": forget_in_volunteers}
    return [service for service, run in forget.items() if run(context_of(service), person_id, dry_run=dry_run)]


def _forget_published(person_id: str) -> None:
    """Blank contact data in the event logs before their grace is over, and drop what was put aside undelivered."""
    stated = {"subject": outbox.subject(_CONTACT, person_id), "sealed": True}
    for service in ("accounts", "volunteers"):
        context_of(service).db[outbox.COLLECTION].update_many(
            stated, {"$set": {"data": None}, "$unset": {"sealed": ""}}
        )
    notifications = context_of("notifications")
    for row in notifications.db[deferred.COLLECTION].find({"type": _CONTACT}):
        if _concerns(notifications, row, person_id):
            notifications.db[deferred.COLLECTION].delete_one({"_id": row["_id"]})


def _concerns(context: Context, row: dict[str, Any], person_id: str) -> bool:
    try:
        body = json.loads(context.sealer.unseal_bytes(row["body"]))
    except (Unsealable, ValueError):
        return False
    return isinstance(body, dict) and body.get("person_id") == person_id
