"""The oracle: after the faults, was anything lost, done twice, or dated wrong? An index of its questions."""

from collections.abc import Callable, Mapping, Sequence

from tests.faults.evidence import Evidence, Finding, Findings
from tests.faults.questions import clocks, commands, effects, events, notices, parts

Question = Callable[[Evidence], Findings]
QUESTIONS: Mapping[str, Question] = {
    question.__name__: question
    for question in (
        commands.every_filing_is_there_once,
        commands.every_bad_rating_is_called_back_once,
        commands.every_deed_is_there_as_often_as_answered,
        commands.every_deed_has_its_time,
        commands.every_claim_is_there_and_answered,
        commands.who_is_suspended_has_nothing_in_hand,
        commands.no_answer_was_a_surprise,
        events.every_event_was_published,
        events.every_step_was_told,
        events.every_event_took_effect_once_in_each_consumer,
        events.nothing_is_under_way,
        events.only_the_poison_is_parked,
        effects.metrics_equal_a_recount,
        effects.metrics_show_what_happened,
        effects.the_ledger_is_sound,
        effects.balances_are_what_was_earned,
        effects.read_models_equal_their_owners,
        clocks.every_threshold_fired_once_and_is_dated_right,
        clocks.simple_thresholds_are_right_by_plain_arithmetic,
        clocks.the_ladder_was_climbed_step_by_step,
        clocks.every_mark_was_told_once,
        notices.everybody_was_told_once,
        notices.no_mail_was_sent_twice_unseen,
        notices.every_notice_that_failed_has_a_reason,
        parts.no_process_ended_by_itself,
        parts.no_query_reads_a_whole_collection,
    )
}


def ask(evidence: Evidence) -> Mapping[str, Sequence[Finding]]:
    """Every question with what it found; all empty: nothing was lost, nothing done twice."""
    return {name: tuple(question(evidence)) for name, question in QUESTIONS.items()}
