"""What people do to a ticket, step by step."""

from collections.abc import Callable
from typing import Any, TypeVar

from marshmallow import Schema

from services.chassis.http import ANYONE, SIGNED_IN, Call, Reply, command
from services.chassis.http.routes import Roles
from services.chassis.unit import Unit
from services.tickets import schemas
from services.tickets.api.access import (
    FOLLOWING_UP,
    NUMBERS,
    ON_DUTY,
    TAGS,
    Base,
    actor,
    etag,
    find,
    goes_on,
    settle_first,
    unchanged,
)
from services.tickets.api.answers import ticket_answer
from services.tickets.domain import actions, kinds, pausing, planning, transferring, withdrawing
from services.tickets.domain.refused import Refused
from services.tickets.domain.settle import Rules
from services.tickets.domain.standing_in import stand_in
from services.tickets.domain.ticket import Course, Ticket
from services.tickets.domain.transitions import HOWEVER_LONG, TRANSITIONS, Actor
from services.tickets.handlers.callbacks import check_callback, check_looked_into, follow_up
from services.tickets.handlers.life import do
from services.tickets.handlers.merging import merge_into
from services.tickets.handlers.placing import PLACED_BY, hours_now, placing
from services.tickets.handlers.routing import decide_again
from services.tickets.schemas import answers

Deed = Callable[[Course, Rules, Actor], None]


_WORD = ("own-work", "no-reporter", "secret-not-for-staff", "slip-ended", "slip-of-the-solver", "word-of-another")
"""What a reporter's word may be refused for."""
_PUT_AWAY = ("beneath-its-level", "solved-it-before")
"""What staff who reject a ticket or merge it away may be refused for."""
_DATES = ("plan-in-the-past", "plan-too-far", "plan-needs-one-date", "plan-calendar-unknown")
F = TypeVar("F", bound=Callable[..., Reply])


def deed(name: str, roles: Roles, body: type[Schema] | None = None, *problems: str) -> Callable[[F], F]:
    """The route of a deed: what was due before is settled first; where strangers may call, a secret has its bound."""
    return command(
        "POST", f"/api/v1/tickets/<ticket_id>/{name}", roles=roles, body=body, answer=answers.TicketOut,
        before=settle_first, limit=FOLLOWING_UP if roles is ANYONE else (), tags=TAGS,
        problems=("transition-not-allowed", "rated-oneself", "only-people", *NUMBERS, *problems,
                  *(("ticket-merged",) if roles is ANYONE else ()),
                  *(() if name.replace("-", "_") in HOWEVER_LONG else ("too-many-steps", "too-many-own-steps"))),
    )  # fmt: skip


class Deeds(Base):
    """Commands on tickets.

    Where somebody may have the ticket in hand who has no role, a volunteer, the route asks for a token only; the table
    of transitions judges what the caller is to this ticket.
    """

    @deed("verify", ON_DUTY, schemas.Verify, "not-in-this-kind", "own-report")
    def verify(self, unit: Unit, call: Call, ticket_id: str) -> Reply:
        """It is as reported (核实), says somebody who did not report it; what is not there is rejected."""
        return self._do(unit, call, ticket_id, lambda course, rules, who: kinds.verify(course, who))

    @deed("accept", ON_DUTY, schemas.Accept, "summary-stands")
    def accept(self, unit: Unit, call: Call, ticket_id: str) -> Reply:
        """Take the ticket in (受理), and put it into a few words for the lists, where nobody else has."""
        summary = call.body.get("summary")
        return self._do(unit, call, ticket_id, lambda course, rules, who: actions.accept(course, who, summary))

    @deed("assign", ON_DUTY, schemas.Assign, "no-such-assignee", "beneath-its-level", "assign-needs-another",
          "assignee-reported-it")  # fmt: skip
    def assign(self, unit: Unit, call: Call, ticket_id: str) -> Reply:
        """Give the ticket to a member of staff (派单), or take it oneself. A program has nothing in hand."""
        store = self.store(unit)
        chosen = call.body.get("assignee_id", call.principal.person_id)

        def step(course: Course, rules: Rules, who: Actor) -> None:
            paths = course.ticket.placing.paths
            himself = chosen == who.person_id  # with a role that may be younger than what is known of him here
            if himself:
                call.principal.require_person()
            if store.gone(chosen, paths, "staff") if himself else not store.is_staff(chosen, paths):
                raise Refused("no-such-assignee")
            actions.assign(course, who, chosen, None if himself else store.office_of(chosen, paths))

        return self._do(unit, call, ticket_id, step)

    @deed("offer", ON_DUTY, schemas.OfferTicket, "not-in-this-kind", "volunteer-has-it", "beneath-its-level")
    def offer(self, unit: Unit, call: Call, ticket_id: str) -> Reply:
        """Open the ticket to volunteers with these skills; without any, with those that its service takes."""
        offer_id, skills = self.house.new_id(), tuple(call.body["skills"])

        def step(course: Course, rules: Rules, who: Actor) -> None:
            service = rules.policy.services.get(course.ticket.service or "")
            actions.offer(course, who, offer_id, skills or (service.skills if service else ()))

        return self._do(unit, call, ticket_id, step)

    @deed("tick", SIGNED_IN, schemas.Tick, "no-such-item", "item-done")
    def tick(self, unit: Unit, call: Call, ticket_id: str) -> Reply:
        """An item of the checklist (材料) is there."""
        item = call.body["item"]
        return self._do(unit, call, ticket_id, lambda course, rules, who: kinds.tick(course, who, item))

    @deed("hold-session", SIGNED_IN, schemas.HoldSession, "not-in-this-kind")
    def hold_session(self, unit: Unit, call: Call, ticket_id: str) -> Reply:
        """The parties met (调解一次)."""
        text = self._sealed(call.body.get("text"))
        return self._do(unit, call, ticket_id, lambda course, rules, who: kinds.hold_session(course, who, text))

    @deed("pause", SIGNED_IN, schemas.Pause, "pause-not-for-this", "papers-complete", "pause-used-up",
          "too-many-pauses", "ticket-waits", "beneath-its-level")  # fmt: skip
    def pause(self, unit: Unit, call: Call, ticket_id: str) -> Reply:
        """Let the ticket wait, for a reason that its policy knows; its promised times stand still."""
        code, reason = call.body["reason_code"], self._sealed(call.body.get("reason"))
        return self._do(
            unit, call, ticket_id, lambda course, rules, who: pausing.pause(course, who, rules.policy, code, reason)
        )

    @deed("resume", SIGNED_IN, schemas.Resume, "ticket-waits-not")
    def resume(self, unit: Unit, call: Call, ticket_id: str) -> Reply:
        """Its promised times run again."""
        return self._do(unit, call, ticket_id, lambda course, rules, who: pausing.resume(course, who))

    @deed("transfer", ON_DUTY, schemas.Transfer, "same-place", "other-county", "place-required", "no-such-place",
          "compound-without-station", "places-do-not-match", "ticket-waits",
          "solved-it-before")  # fmt: skip
    def transfer(self, unit: Unit, call: Call, ticket_id: str) -> Reply:
        """Hand the ticket to another place (转办), before anybody is on site; its clocks go on."""
        store, body = self.store(unit), call.body
        reason = self._must_seal(body["reason"])

        def step(course: Course, rules: Rules, who: Actor) -> None:
            to, _ = placing(store, *(body.get(name) for name in PLACED_BY))
            transferring.transfer(course, who, rules, to, reason)

        return self._do(unit, call, ticket_id, step)

    @deed("merge", ON_DUTY, schemas.Merge, "merge-into-itself", "merge-into-ended", "other-county",
          "merge-into-later", "merge-into-waiting", "merge-into-planned", "merge-into-grave", "merge-needs-another",
          "merge-into-younger", "merge-into-lower-level", "merge-of-another-matter", "too-many-merged",
          *_PUT_AWAY)  # fmt: skip
    def merge(self, unit: Unit, call: Call, ticket_id: str) -> Reply:
        """The ticket tells of the same as another (并案), which goes on; its reporters hear the outcome.

        What goes on has promised each thing no later and stands no lower: the younger is merged into the older.
        Of another category or place an office says that it is the same; what was ordered is so for the same person.
        """
        store = self.store(unit)
        ticket, into = find(store, ticket_id), find(store, call.body["into"])
        who = actor(self.house, call, ticket)
        if not actor(self.house, call, into).is_any(TRANSITIONS["merge"].who):
            raise Refused("not-allowed")  # who works on the one only would leave others his work
        unchanged(call, ticket, who)
        check_looked_into(store, ticket, who)
        after = merge_into(store, self.house, ticket, into, who, unit.now)
        return Reply(ticket_answer(self.house, store, after, who, unit.now), etag=etag(after))

    @deed("arrive", SIGNED_IN, schemas.Arrive, "severity-required", "severity-not-in-this-kind", "not-in-this-kind",
          "graver-needs-staff", "graver-needs-office")  # fmt: skip
    def arrive(self, unit: Unit, call: Call, ticket_id: str) -> Reply:
        """On site (到达现场): who has the ticket in hand sets the severity, in kinds that tell severities apart."""
        store, severity = self.store(unit), call.body.get("severity")

        def step(course: Course, rules: Rules, who: Actor) -> None:
            actions.arrive(course, who, severity)
            decide_again(store, self.house, course)

        return self._do(unit, call, ticket_id, step)

    @deed(
        "reclassify",
        SIGNED_IN,
        schemas.Reclassify,
        "severity-unchanged",
        "lowering-needs-station-head", "dropping-needs-community",
        "reason-required",
        "graver-needs-staff",
        "graver-needs-office",
        "plan-needs-another",
        "beneath-its-level",
    )  # fmt: skip
    def reclassify(self, unit: Unit, call: Call, ticket_id: str) -> Reply:
        """Change the severity; lowering it needs the station head and a reason."""
        store, severity, reason = self.store(unit), call.body["severity"], call.body.get("reason")

        def step(course: Course, rules: Rules, who: Actor) -> None:
            planning.reclassify(course, who, severity, self._sealed(reason), bool(reason))
            decide_again(store, self.house, course)

        return self._do(unit, call, ticket_id, step)

    @deed("plan", SIGNED_IN, schemas.PlanTicket, "plan-needs-grave-matter", "graver-needs-staff", "plan-needs-office",
          "plan-needs-another", "beneath-its-level", *_DATES)  # fmt: skip
    def plan(self, unit: Unit, call: Call, ticket_id: str) -> Reply:
        """File the plan of a special or major matter, with its date."""
        store, body = self.store(unit), call.body

        def step(course: Course, rules: Rules, who: Actor) -> None:
            planning.plan(course, who, self._date(store, body, course), self._sealed(body.get("text")))

        return self._do(unit, call, ticket_id, step)

    @deed("move-plan", ("community", "street", "district"), schemas.MovePlan, "beneath-its-level",
          "plan-needs-another", *_DATES)  # fmt: skip
    def move_plan(self, unit: Unit, call: Call, ticket_id: str) -> Reply:
        """Move the planned date; the community or an office above does, not beneath its level, and it is counted."""
        store, body = self.store(unit), call.body

        def step(course: Course, rules: Rules, who: Actor) -> None:
            planning.move_plan(course, who, self._date(store, body, course), self._must_seal(body["reason"]))

        return self._do(unit, call, ticket_id, step)

    @deed("resolve", SIGNED_IN, schemas.Resolve, "outcome-required", "outcome-not-in-this-kind", "items-open",
          "session-required", "beneath-its-level")  # fmt: skip
    def resolve(self, unit: Unit, call: Call, ticket_id: str) -> Reply:
        """Say that it is solved (办结), and with which outcome in kinds that tell them apart."""
        text, outcome = self._sealed(call.body.get("text")), call.body.get("outcome")
        return self._do(unit, call, ticket_id, lambda course, rules, who: actions.resolve(course, who, text, outcome))

    @deed("confirm", ANYONE, schemas.Confirm, "confirmed-himself", *_WORD)
    def confirm(self, unit: Unit, call: Call, ticket_id: str) -> Reply:
        """The reporter confirms and rates from 1 to 5 (评单), by account or by follow-up secret.

        Staff who did not solve it write down what they were told at the desk or by telephone (`on_behalf`). The lowest
        two grades are bad: a callback is filed one level up.
        """
        store, rating, said_at = self.store(unit), call.body["rating"], call.body.get("on_behalf")

        def step(course: Course, rules: Rules, who: Actor) -> None:
            speaker = self._speaker(call, course, who)
            actions.confirm(course, speaker, rating, said_at)
            follow_up(store, self.house, course, unit.now, speaker.reports_as)

        return self._do(unit, call, ticket_id, step)

    @deed("reopen", ANYONE, schemas.Reopen, "reopen-window-over", "confirmed-himself", "beneath-its-level",
          "confirmed-by-account", "staff-rounds-used-up", "merged-rounds-used-up", "slip-cannot-reopen",
          *_WORD)  # fmt: skip
    def reopen(self, unit: Unit, call: Call, ticket_id: str) -> Reply:
        """Not content: the ticket goes back to its grid, with a new round of clocks; staff say it for who told them.

        Nobody reopens their own work, and staff, or a slip, nothing that its reporter has confirmed himself; but the
        community, or an office above, in its own right what was confirmed by account and rated 3 or better while
        somebody else reported it too. Staff open 5 rounds of a ticket at most, each reporter of a merged one 3; the own
        reporter is free.
        """
        said_at, store, reason = call.body.get("on_behalf"), self.store(unit), self._sealed(call.body["reason"])

        def step(course: Course, rules: Rules, who: Actor) -> None:
            speaker, hours = self._speaker(call, course, who), hours_now(store, course.ticket.placing)
            actions.reopen(course, speaker, rules, hours, reason, said_at)

        return self._do(unit, call, ticket_id, step)

    @deed("reject", ON_DUTY, schemas.WithReason, *_PUT_AWAY)
    def reject(self, unit: Unit, call: Call, ticket_id: str) -> Reply:
        """Do not take the ticket; the reporter is told why."""
        reason, store = self._must_seal(call.body["reason"]), self.store(unit)

        def step(course: Course, rules: Rules, who: Actor) -> None:
            check_looked_into(store, course.ticket, who)
            actions.reject(course, who, reason)

        return self._do(unit, call, ticket_id, step)

    @deed("cancel", ANYONE, schemas.Cancel, *_WORD, "answers-for-it", "beneath-its-level", "taken-back-above",
          "reopened-it", "slip-cannot-cancel", "solved-it-before")  # fmt: skip
    def cancel(self, unit: Unit, call: Call, ticket_id: str) -> Reply:
        """A reporter takes it back, before anybody is on site; if others reported it too, it goes on for them.

        Staff who neither answer for it nor have it in hand do it for its own reporter; what stands at a level, an
        office above.
        """
        reason, said_at, store = self._sealed(call.body.get("reason")), call.body.get("on_behalf"), self.store(unit)

        def step(course: Course, rules: Rules, who: Actor) -> None:
            if said_at is not None:
                check_looked_into(store, course.ticket, who)
            withdrawing.cancel(course, self._speaker(call, course, who), reason, said_at)

        return self._do(unit, call, ticket_id, step)

    @deed("escalate", ON_DUTY, schemas.WithReason, "top-of-ladder", "beneath-its-level")
    def escalate(self, unit: Unit, call: Call, ticket_id: str) -> Reply:
        """Lift the ticket one level by hand."""
        reason = self._must_seal(call.body["reason"])
        return self._do(unit, call, ticket_id, lambda course, rules, who: actions.escalate(course, who, rules, reason))

    @deed("de-escalate", ("community", "street", "district"), schemas.WithReason, "foot-of-ladder", "level-used-up")
    def de_escalate(self, unit: Unit, call: Call, ticket_id: str) -> Reply:
        """Hand the ticket back down one level."""
        reason = self._must_seal(call.body["reason"])
        return self._do(
            unit, call, ticket_id, lambda course, rules, who: actions.de_escalate(course, who, rules, reason)
        )

    def _speaker(self, call: Call, course: Course, who: Actor) -> Actor:
        """The reporter, or staff on whose word it is written down that the reporter said so. A program heard nobody."""
        if "on_behalf" not in call.body:
            return who
        if call.caller is not None:
            call.caller.require_person()
        return stand_in(course.ticket, who)

    def _do(self, unit: Unit, call: Call, ticket_id: str, what: Deed) -> Reply:
        store = self.store(unit)
        ticket: Ticket = find(store, ticket_id)
        who = actor(self.house, call, ticket, call.body.get("follow_up_secret"), store)
        goes_on(ticket, who)
        unchanged(call, ticket, who)
        check_callback(store, ticket, who)
        after = do(store, self.house, ticket, unit.now, lambda course, rules: what(course, rules, who), who.answerable)
        return Reply(ticket_answer(self.house, store, after, who, unit.now), etag=etag(after))

    def _date(self, store: Any, body: dict[str, Any], course: Course) -> Any:
        if ("planned_for" in body) == ("working_days" in body):
            raise Refused("plan-needs-one-date")
        days = self.house.working_days(store)
        try:
            return planning.planned_date(course.now, body.get("planned_for"), body.get("working_days"), days)
        except Refused as refused:
            # The same fact as at /calendars, but here it is the input that cannot be used.
            raise Refused("plan-calendar-unknown", **refused.params) from None

    def _sealed(self, text: str | None) -> str | None:
        return self.house.seal.seal(text) if text else None

    def _must_seal(self, text: str) -> str:
        return self.house.seal.seal(text)
