"""Who had to do with a ticket, in all its rounds.

Who handled it as staff: whoever took a step of it otherwise than as its reporter, or as the volunteer who had
it in hand. What they make of it decides what a volunteer gains by it, so none of them is that volunteer.

Whose part it is: whoever had it in hand, whether or not he passed it on before it was solved; whoever kept a promise
of it; and whoever set, moved, dropped or stopped a promised time, by a merge or by lifting it from his level too. Who
merely accepted or offered it, gave it to somebody, answers for it, or was named by somebody else and took no step
before it was another's, has no part in how it ended. What a program does is also the part of who answers for its key
(ADR 26)."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from services.tickets.domain import steps
from services.tickets.domain.policy import LEVELS, PLANNED_SEVERITIES, Life
from services.tickets.domain.posts import ABSENT
from services.tickets.domain.refused import Refused
from services.tickets.domain.steps import Step
from services.tickets.domain.ticket import GRID, Ticket
from services.tickets.domain.transitions import ACCOUNT, OFFICE, SECRET, SLIP, Actor

_OWN_WORD = frozenset({ACCOUNT, SECRET, SLIP})
_NO_PART = frozenset({steps.FILED, steps.SLIP_PRINTED})
PART = frozenset({
    steps.ASSIGNED, steps.ARRIVED, steps.SESSION_HELD, steps.RESOLVED, steps.RECLASSIFIED, steps.PLANNED,
    steps.PLAN_MOVED, steps.PAUSED, steps.TRANSFERRED, steps.LIFTED, steps.LOWERED, steps.DUPLICATE_ADDED,
    steps.VERIFIED, steps.ITEM_DONE,
})  # fmt: skip
"""Steps that make somebody have a part in it: work, what keeps a promise, and what becomes of a promised time. Merging
brings along those of what was merged, and so of what had been merged into that."""
MERGED_OFFICE = "merged_office"
"""Detail of a merge: the highest office of those who had a part in what was merged, or took it in."""
_NAMED_ONLY = timedelta(hours=1)
"""How long somebody may have been given it, without a step of his own, and still have no part in it *(ours)*: else who
is to be rated names those who would look into it."""
_IN_HIS_HANDS = frozenset({
    steps.ASSIGNED, steps.ARRIVED, steps.RECLASSIFIED, steps.PLANNED, steps.ITEM_DONE, steps.SESSION_HELD, steps.PAUSED,
    steps.RESUMED, steps.RESOLVED,
})  # fmt: skip
"""What a volunteer may do with what he has in hand. Whatever else he does he can as staff alone."""
_MOVED = frozenset({steps.LIFTED, steps.LOWERED, steps.TRANSFERRED})
_BEGUN = PART - {steps.ASSIGNED, steps.PAUSED}
_NAMES_OWNER = steps.ROUND_STARTS | _MOVED | {steps.RELOCATED}


def handled_by(ticket: Ticket) -> tuple[str, ...]:
    """All who ever handled it, or had it in hand, as staff, in the order in which they came to it; over all rounds.
    Also who handled what was merged into it: else he has it merged, and is paid as a volunteer for the same matter."""
    found: dict[str, None] = {}
    volunteer: str | None = None
    for step in ticket.history:
        if steps.leaves_hands(step):
            volunteer = None
        if step.kind == steps.ASSIGNED:
            volunteer = step.detail["assignee_id"] if step.detail["assignee_kind"] == "member" else None
            if volunteer is None:
                found[step.detail["assignee_id"]] = None
        if step.kind == steps.DUPLICATE_ADDED:
            found |= dict.fromkeys(step.detail.get("handlers", ()))
        as_volunteer = step.by == volunteer and step.kind in _IN_HIS_HANDS
        if step.by is not None and not as_volunteer and not _is_reporters(ticket, step):
            found |= dict.fromkeys(hands(step))
    return tuple(found)


def had_part(ticket: Ticket, until: datetime | None = None) -> frozenset[str]:
    """In any round; also in what was merged into it. `until`: when it ends for who has it in hand."""
    return _parts(ticket.history, until)


def had_part_in_round(ticket: Ticket) -> frozenset[str]:
    """In its present round."""
    told = _parts(step for step in ticket.history if step.round == ticket.round)
    return told | {person for person in (ticket.solver_id, ticket.resolved_by) if person is not None}


def worked_in_round(ticket: Ticket) -> frozenset[str]:
    """Who has a part in its present round by what he did himself, or took in hand. Whom others gave it, or named when
    they solved it, is its solver to the record, and has done nothing: who is rated would else name its reporter."""
    return _deeds(step for step in ticket.history if step.round == ticket.round)


def worked(ticket: Ticket) -> frozenset[str]:
    """The same of all its rounds, and of what was merged into it."""
    return _deeds(ticket.history)


def has_begun(ticket: Ticket) -> bool:
    """Whether who has it in hand has done something about it since he got it. To let it wait is nothing."""
    for step in reversed(ticket.history):
        if step.kind == steps.ASSIGNED:
            return False
        if step.by == ticket.assignee_id and step.kind in _BEGUN:
            return True
    return False


def had_in_hand(ticket: Ticket, now: datetime) -> frozenset[str]:
    """Who has it in hand, had it in any round, or came on site, it or what was merged into it; of a program's also who
    answers for its key. Whom another named, and who did nothing about it, did not have it."""
    his = [step for step in _part_steps(ticket.history, now) if step.kind in (steps.ASSIGNED, steps.ARRIVED)]
    took = [step for step in his if step.by == step.detail.get("assignee_id", step.by)]
    given = {ticket.assignee_id, *(step.detail.get("assignee_id") for step in his)}
    merged = (step.detail.get("holders", ()) for step in ticket.history if step.kind == steps.DUPLICATE_ADDED)
    return frozenset(person for person in given if person is not None).union(*map(hands, took), *merged)


def made_grave_by(ticket: Ticket) -> frozenset[str]:
    """Who made it so grave, in its present round, that it is planned; not who came on site and said so."""
    raised = (step for step in _of_round(ticket, steps.RECLASSIFIED) if step.detail["severity"] in PLANNED_SEVERITIES)
    return frozenset(person for step in raised for person in hands(step))


def merged_into_by(ticket: Ticket) -> frozenset[str]:
    """Who merged others into it, in any round, or into what was merged into it."""
    told = [step for step in ticket.history if step.kind == steps.DUPLICATE_ADDED]
    before = {person for step in told for person in step.detail.get("mergers", ())}
    return frozenset(person for step in told for person in hands(step)) | before


def put_off_by(ticket: Ticket) -> frozenset[str]:
    """Who made it so grave, in its present round, that it is planned, or planned it, or moved its plan."""
    planned = _of_round(ticket, steps.PLANNED, steps.PLAN_MOVED)
    return made_grave_by(ticket) | {person for step in planned for person in hands(step)}


def put_far_off_by(ticket: Ticket, life: Life) -> frozenset[str]:
    """Who planned it, in its present round, further ahead than its holder may, or moved its plan to a later date."""
    planned = (step for step in _of_round(ticket, steps.PLANNED) if life.plans_far(step.detail["planned_for"], step.at))
    moved = (step for step in _of_round(ticket, steps.PLAN_MOVED) if _is_later(step))
    return frozenset(person for step in (*planned, *moved) for person in hands(step))


def _is_later(moved: Step) -> bool:
    before = moved.detail["previous"]
    return before is None or moved.detail["planned_for"] > before


def _of_round(ticket: Ticket, *kinds: str) -> Iterator[Step]:
    return (step for step in ticket.history if step.round == ticket.round and step.kind in kinds)


def solved_by(ticket: Ticket) -> frozenset[str]:
    """Who had a part in a round in which it was solved, whoever said so in the end; also of what was merged into it."""
    solved = {step.round for step in ticket.history if step.kind == steps.RESOLVED}
    merged = (step for step in ticket.history if step.kind == steps.DUPLICATE_ADDED)
    theirs = frozenset(person for step in merged for person in step.detail.get("solvers", ()))
    return _parts(step for step in ticket.history if step.round in solved) | theirs


def rated_by(ticket: Ticket) -> tuple[str, ...]:
    """Whose part a rating is about, who therefore do not look into it: who had one in any round, or took the matter in
    in this one; of a callback also those whose part that looked into. In order of their ids."""
    return tuple(sorted({*had_part(ticket), *had_part_in_round(ticket), *took_in(ticket), *ticket.rated}))


def took_in(ticket: Ticket) -> frozenset[str]:
    """Who accepted it in its present round, or what was merged into it in this one."""
    told = [step for step in ticket.history if _took_in(ticket, step)]
    merged = {person for step in told for person in step.detail.get("took_in", ())}
    return frozenset(person for step in told if step.kind == steps.ACCEPTED for person in hands(step)) | merged


def highest_office(ticket: Ticket, until: datetime | None = None) -> str:
    """The highest level at which one of those serves who are rated, as he acted; the grid where none is of an office.
    `until`: as of `had_part`."""
    told = [*_part_steps(ticket.history, until), *(step for step in ticket.history if _took_in(ticket, step))]
    found = [step.detail.get(name) for step in told for name in (OFFICE, MERGED_OFFICE)]
    return max((GRID, *(str(office) for office in found if office)), key=LEVELS.index)


def _took_in(ticket: Ticket, step: Step) -> bool:
    return step.kind in (steps.ACCEPTED, steps.DUPLICATE_ADDED) and step.round == ticket.round


def ended_since(ticket: Ticket, moment: datetime) -> frozenset[str]:
    """Who rejected it, or merged it away, since then."""
    ended = (step for step in ticket.history if step.kind in (steps.REJECTED, steps.MERGED) and step.at >= moment)
    return frozenset(person for step in ended for person in hands(step))


def stood_for(ticket: Ticket) -> frozenset[str]:
    """Whose promise it was: who had a part in it, was given it, or moved it up, down or elsewhere, in any round, and
    who answers for it now, or would but for an absence."""
    given = {step.detail["assignee_id"] for step in ticket.history if step.kind == steps.ASSIGNED}
    moved = {person for step in ticket.history if step.kind in _MOVED for person in hands(step)}
    now = {ticket.owner_id, ticket.assignee_id, *_passed_over(ticket)}
    return had_part(ticket) | solved_by(ticket) | given | moved | {person for person in now if person is not None}


def had_to_do_with(ticket: Ticket) -> frozenset[str]:
    """Whose promise it was, and who took any other step of it as staff; to have entered it for its reporter, printed
    him a slip or added a photo is none."""
    took = {
        person for step in ticket.history
        if step.kind not in _NO_PART and not _is_reporters(ticket, step) for person in hands(step)
    }  # fmt: skip
    return stood_for(ticket) | took


def check_not_solved_before(ticket: Ticket, actor: Actor) -> None:
    """What a reporter had reopened is put away by somebody else than who had a part in it when it was solved; by no
    program.

    Raises Refused: solved-it-before, only-people.
    """
    solved = solved_by(ticket)
    if actor.person_id in solved:
        raise Refused("solved-it-before")
    if solved and actor.is_program:
        raise Refused("only-people")


def _passed_over(ticket: Ticket) -> list[str]:
    """Who was away when it was last looked for who answers for it, whoever said so and also if he is back: whom an
    absence kept from answering may be at work all the same."""
    named = (
        step for step in reversed(ticket.history)
        if step.kind in _NAMES_OWNER or (step.kind == steps.HANDED_BACK and step.detail["former_owner"] is not None)
    )  # fmt: skip
    last = next(named, None)
    duty = last.detail.get("duty") if last is not None else None
    return [one["person_id"] for one in duty["skipped"] if one["why"] == ABSENT] if duty else []


def _part_steps(told: Iterable[Step], until: datetime | None = None) -> Iterator[Step]:
    """The steps that make somebody have a part; of one that gave it to somebody it shows later."""
    given: Step | None = None
    for step in told:
        if given is not None and _is_his(given, step):
            yield given
            given = None
        if step.kind == steps.ASSIGNED and step.by != step.detail["assignee_id"]:
            given = step
            continue
        if step.kind == steps.ASSIGNED or steps.leaves_hands(step):
            given = None
        if step.kind in PART and not _from_grid(step):
            yield step
    if given is not None and (until is None or until - given.at >= _NAMED_ONLY):
        yield given


def _from_grid(step: Step) -> bool:
    """Whether it was lifted from the grid, whose promises run on; from a level that ends the level's time."""
    return step.kind == steps.LIFTED and step.detail["from_level"] == GRID


def _is_his(given: Step, step: Step) -> bool:
    """Whether what somebody was given is his by this step: he took it, it was solved in his hands, or he has had it for
    long."""
    his = given.detail["assignee_id"] in hands(step) or step.kind == steps.RESOLVED
    return his or step.at - given.at >= _NAMED_ONLY


def _parts(told: Iterable[Step], until: datetime | None = None) -> frozenset[str]:
    found: set[str] = set()
    for step in _part_steps(told, until):
        if step.kind == steps.ASSIGNED:
            found.add(step.detail["assignee_id"])
        elif step.kind == steps.DUPLICATE_ADDED:
            found |= {*hands(step), *step.detail.get("workers", ())}
        else:
            found |= {*hands(step), *filter(None, (step.detail.get("solver_id"),))}
    return frozenset(found)


def _deeds(told: Iterable[Step]) -> frozenset[str]:
    """Who took steps that make somebody have a part, or took it in hand, also in what was merged into it. To give it to
    somebody else is none, nor to be given it."""
    found: set[str] = set()
    for step in told:
        if step.kind == steps.DUPLICATE_ADDED:
            found |= set(step.detail.get("worked", ()))
        gave = step.kind == steps.ASSIGNED and step.by != step.detail["assignee_id"]
        if step.kind in PART and not gave and not _from_grid(step):
            found |= set(hands(step))
    return frozenset(found)


def hands(step: Step) -> tuple[str, ...]:
    """Who took the step; of a program's also who answers for its key."""
    return tuple(filter(None, (step.by, step.detail.get(steps.ANSWERABLE))))


def _is_reporters(ticket: Ticket, step: Step) -> bool:
    """Filed for oneself, a reporter's own word, or a photo, of which nothing follows."""
    if step.kind == steps.FILED:
        return step.by == ticket.reporter_id
    return step.kind == steps.ATTACHED or step.detail.get("way") in _OWN_WORD
