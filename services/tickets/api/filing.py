"""Filing a ticket, following it up without an account, and revealing who reported it."""

from datetime import timedelta

from services.chassis.auth.principal import NotFound
from services.chassis.http import ANYONE, SIGNED_IN, Call, Limit, Reply, command
from services.chassis.unit import Unit
from services.tickets import schemas
from services.tickets.api.access import (
    FOLLOWING_UP,
    NUMBERS,
    ON_DUTY,
    TAGS,
    actor,
    etag,
    find,
    settle_first,
    stranger,
)
from services.tickets.api.accesses import FILED_FOR_TELEPHONE, REVEAL, Recording
from services.tickets.api.answers import ticket_answer
from services.tickets.domain.standing_in import print_slip
from services.tickets.domain.transitions import AUTHOR, REPORTER, STAFF, Actor
from services.tickets.handlers.filing import Filer, file_ticket, secret_digest
from services.tickets.handlers.life import do
from services.tickets.handlers.placing import PLACED_BY, placing
from services.tickets.handlers.revealing import reveal
from services.tickets.schemas import answers
from services.tickets.settings import filings_of_resident


def _resident(call: Call) -> str | None:
    """Who speaks for himself alone: neither staff, who file for everybody, nor another system."""
    own = call.caller is not None and not call.caller.has_role(*STAFF, "partner")
    return call.principal.person_id if own else None


FILING = (
    Limit("filing-resident", filings_of_resident, timedelta(hours=1), _resident),
    Limit("filing-anonymous", 30, timedelta(hours=1), stranger),
    Limit("filing", 3000, timedelta(hours=1), lambda call: call.caller.person_id if call.caller else None),
)
REVEALING = Limit("reveal-volunteer", 20, timedelta(hours=1), _resident)
"""An hour and person without an office *(ours)*: a volunteer calls or visits whom he helps, and reads no list."""
PRINTING = Limit("follow-up-slip", 120, timedelta(hours=1), lambda call: call.principal.person_id)


class Filing(Recording):
    """Where a ticket begins, and how its reporter comes back to it."""

    @command(
        "POST", "/api/v1/tickets", roles=ANYONE, body=schemas.FileTicket, answer=answers.TicketFiled, creates=True,
        limit=FILING, tags=TAGS, grouped=True,
        problems=("unknown-kind", "kind-not-filed-by-you", "only-people", "place-required",
                  "no-such-place", "compound-without-station", "places-do-not-match",
                  "staff-only-field", "unknown-category",
                  "occurred-in-future", "late-entry-needs-reason", "late-entry-too-old",
                  "telephone-malformed", "external-ref-taken", "external-ref-twice", "field-asked",
                  "field-not-in-this-kind", "no-such-service", "promised-in-the-past", "promised-too-soon",
                  "date-too-far", "no-such-attachment", "attachment-twice"),
    )  # fmt: skip
    def file(self, unit: Unit, call: Call) -> Reply:
        """File a ticket.

        Placed by grid or building, only by compound (it then goes to its station's grid), or by station.
        Who is neither staff nor a partner chooses the category: `GET /kinds` lists those of the place.
        A reporter without an account gets a follow-up secret, once, by which the ticket can be seen, confirmed,
        reopened and taken back. Who files for somebody else gets none: the reporter is to have it alone.
        """
        store, said = self.store(unit), call.body
        where = placing(store, *(said.get(name) for name in PLACED_BY))
        filer = _filer(call, where[0].paths)
        filed = file_ticket(store, self.house, filer, where, said, unit.now)
        if filer.is_staff and (said.get("reporter") or {}).get("telephone"):
            self.record_deed(unit, call, FILED_FOR_TELEPHONE, where[0].paths)
        own = not call.caller or call.caller.person_id == filed.ticket.reporter_id
        who = Actor(filed.ticket.reporter_id, REPORTER | AUTHOR, filed.ticket.reporter_id) if own else None
        answer = ticket_answer(self.house, store, filed.ticket, who, unit.now, filed.personal)
        return Reply(
            {**answer, "follow_up_secret": filed.follow_up_secret},
            etag=etag(filed.ticket),
            location=f"/api/v1/tickets/{filed.ticket.id}",
        )

    @command("POST", "/api/v1/tickets/<ticket_id>/follow-up-slip", roles=ON_DUTY, body=schemas.PrintSlip,
             answer=answers.Slip, before=settle_first, limit=PRINTING, tags=TAGS, afresh=True,
             problems=("transition-not-allowed", "own-work", "no-reporter", "only-people", "rated-oneself",
                       *NUMBERS))  # fmt: skip
    def print_slip(self, unit: Unit, call: Call, ticket_id: str) -> Reply:
        """A slip for the reporter at the desk: a fresh follow-up secret; the slip before it ends.

        Who printed it stands in the history, and the reporter is told. What is confirmed with it counts apart and earns
        nobody points; who has the ticket in hand or solved it prints none.
        """
        store = self.store(unit)
        ticket, secret = find(store, ticket_id), self.house.new_secret()
        who, digest = actor(self.house, call, ticket), secret_digest(self.house, secret)
        after = do(
            store, self.house, ticket, unit.now, lambda course, rules: print_slip(course, who, digest), who.answerable
        )
        printed = after.history[-1].at.isoformat()
        return Reply({"number": after.number, "follow_up_secret": secret, "printed_at": printed}, etag=etag(after))

    @command("POST", "/api/v1/tickets/<ticket_id>/reveal", roles=SIGNED_IN, body=schemas.WithReason,
             answer=answers.Revealed, limit=REVEALING, tags=TAGS, problems=NUMBERS, afresh=True)  # fmt: skip
    def reveal(self, unit: Unit, call: Call, ticket_id: str) -> Reply:
        """What the reporter said and how to reach them, in clear, for who works on the ticket; recorded.

        See `GET /tickets/accesses`.
        """
        store = self.store(unit)
        ticket = find(store, ticket_id)
        who = actor(self.house, call, ticket)
        reason = self.house.seal.seal(call.body["reason"])
        shown = reveal(store, self.house, ticket, who, reason, unit.now)
        self.record_deed(unit, call, REVEAL, ticket.placing.paths)
        return Reply(shown)

    @command("POST", "/api/v1/tickets/follow-up", roles=ANYONE, body=schemas.FollowUp, answer=answers.TicketOut,
             limit=FOLLOWING_UP, tags=TAGS, afresh=True,
             problems=("not-found", "secret-not-for-staff", "slip-ended", *NUMBERS))  # fmt: skip
    def follow_up(self, unit: Unit, call: Call) -> Reply:
        """Look at one's ticket by number and follow-up secret; both travel in the body, never in an address."""
        store = self.store(unit)
        ticket = find(store, call.body["number"])
        who = actor(self.house, call, ticket, call.body["follow_up_secret"], store)
        if who.reports_as is None:
            raise NotFound
        return Reply(ticket_answer(self.house, store, ticket, who, unit.now), etag=etag(ticket))


def _filer(call: Call, paths: tuple[str, ...]) -> Filer:
    caller = call.caller
    if caller is None:
        return Filer(None, False)
    is_staff = any(caller.may(path, *ON_DUTY, "partner") for path in paths)
    if not is_staff:
        caller.require_person()  # a program files for others where it has a role, and reports nothing of its own
    return Filer(caller.person_id, is_staff, caller.answerable)
