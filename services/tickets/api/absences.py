"""Absences: who is away; the ladder skips them while they are."""

from typing import Any

from services.chassis.auth.principal import NotAllowed, NotFound
from services.chassis.http import Call, Reply, command, query
from services.chassis.unit import Unit
from services.tickets.api.access import ON_DUTY
from services.tickets.api.acts import Keeping
from services.tickets.domain.absences import Absence, check_may_end, check_open, check_period, end, is_above
from services.tickets.domain.acts import absence_act
from services.tickets.domain.refused import Refused
from services.tickets.schemas import posts as shapes

TAGS = ("absences",)
RECORDERS = (*ON_DUTY, "admin")
_PERIOD = ("absence-ends-before-it-begins", "absence-is-past", "absence-too-long")


class Absences(Keeping):
    """Absences."""

    @query("GET", "/api/v1/absences", roles=RECORDERS, params=shapes.AbsenceFilter, answer=shapes.AbsencePage,
           tags=TAGS)  # fmt: skip
    def list_absences(self, unit: Unit, call: Call) -> Reply:
        """One's own absences, or those of somebody whom one is above; in the order in which they were recorded."""
        store, person_id = self.store(unit), call.params.get("person_id", call.principal.person_id)
        _require_over(store, call, person_id)
        after = call.page.after[0] if call.page.after else None
        found = store.absences_of(person_id, after, call.page.fetch)
        page = call.page.answer(found, lambda absence: (absence.id,))
        page["items"] = [_shown(absence) for absence in page["items"]]
        return Reply(page)

    @query("GET", "/api/v1/absences/<absence_id>", roles=RECORDERS, answer=shapes.AbsenceOut, tags=TAGS)
    def get_absence(self, unit: Unit, call: Call, absence_id: str) -> Reply:
        """One absence."""
        return Reply(_shown(_found(self.store(unit), call, absence_id)))

    @command("POST", "/api/v1/absences", roles=RECORDERS, body=shapes.RecordAbsence, answer=shapes.AbsenceOut,
             creates=True, tags=TAGS, problems=("only-people", *_PERIOD, "too-many-absences"))  # fmt: skip
    def record_absence(self, unit: Unit, call: Call) -> Reply:
        """Say that one is away, or that somebody is whom one is above.

        While it lasts, the ladder skips the person, and the ticket's history says so. Tickets that the person answers
        for already stay theirs until the next step: `tickets` of the answer says where they are listed.
        """
        store, said = self.store(unit), call.body
        person_id = said.get("person_id", call.principal.person_id)
        _require_over(store, call, person_id)
        if person_id == call.principal.person_id:
            call.principal.require_person()
        elif store.is_program(person_id):
            raise Refused("only-people")
        since = said.get("since", unit.now)
        check_period(since, said["until"], unit.now)
        check_open(store.open_absences(person_id, unit.now))
        areas = tuple(sorted({path for _, path in store.grants_of(person_id)}))
        absence = Absence(
            self.house.new_id(),
            person_id,
            since,
            said["until"],
            said["reason"],
            call.principal.person_id,
            areas,
            recorded_at=unit.now,
        )
        store.add_absence(absence)
        self._record(unit, call, "absence-recorded", absence)
        return Reply(_shown(absence), location=f"/api/v1/absences/{absence.id}")

    @command("POST", "/api/v1/absences/<absence_id>/end", roles=RECORDERS, answer=shapes.AbsenceOut, tags=TAGS,
             problems=("absence-is-past", "absence-is-his-own"))  # fmt: skip
    def end_absence(self, unit: Unit, call: Call, absence_id: str) -> Reply:
        """Back sooner; one that has not begun never counts. What somebody said of himself, he or an administrator."""
        store = self.store(unit)
        absence, by = _found(store, call, absence_id), call.principal.person_id
        check_may_end(absence, by, is_administrator=_is_over(store, call, absence.person_id, "admin"))
        after = end(absence, by, unit.now)
        store.put_absence(after)
        self._record(unit, call, "absence-ended", after)
        return Reply(_shown(after))

    def _record(self, unit: Unit, call: Call, action: str, absence: Absence) -> None:
        """What somebody says of himself is no act of an administrator."""
        if absence.person_id != call.principal.person_id:
            self.record_act(unit, call, absence_act(action, absence))


def _found(store: Any, call: Call, absence_id: str) -> Absence:
    absence: Absence | None = store.absence(absence_id)
    if absence is None:
        raise NotFound
    _require_over(store, call, absence.person_id)
    return absence


def _require_over(store: Any, call: Call, person_id: str) -> None:
    """The person, or who is above all that the person is: 404 to who has nothing to do with where the person works."""
    principal = call.principal
    if person_id == principal.person_id:
        return
    theirs = store.grants_of(person_id)
    if _is_over(store, call, person_id):
        return
    raise NotAllowed if any(principal.may(path, *RECORDERS) for _, path in theirs) else NotFound


def _is_over(store: Any, call: Call, person_id: str, *roles: str) -> bool:
    """Whether the caller is above all that the person is, by one of these roles if any are named."""
    own = [(grant.role, grant.area_path) for grant in call.principal.grants if not roles or grant.role in roles]
    return is_above(own, store.grants_of(person_id))


def _shown(absence: Absence) -> dict[str, Any]:
    return {
        "id": absence.id, "person_id": absence.person_id, "since": absence.since.isoformat(),
        "until": absence.until.isoformat(), "reason": absence.reason, "by": absence.by,
        "recorded_at": absence.recorded_at.isoformat() if absence.recorded_at else None, "ended_by": absence.ended_by,
        "tickets": f"/api/v1/tickets?owner={absence.person_id}",
    }  # fmt: skip
