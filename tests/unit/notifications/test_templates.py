import re
from zoneinfo import ZoneInfo

import pytest

from services.contracts.registry import EVENT_TYPES
from services.contracts.tickets import CLOCK_STATES, LEVELS, STATES
from services.contracts.volunteers import SUSPENSION_REASONS
from services.notifications.domain.facts import facts_of, fields_of
from services.notifications.domain.notice import Channel
from services.notifications.domain.routing import ROUTES, template_name
from services.notifications.domain.templates import LOCALES, TemplateFault, best_locale, load
from services.notifications.texts import catalogues
from tests.unit.notifications.examples import arrived

SHANGHAI = ZoneInfo("Asia/Shanghai")
ALL = [
    (locale, event_type, template_name(event_type, route.audience), channel)
    for locale in LOCALES
    for event_type, routes in ROUTES.items()
    for route in routes
    for channel in route.channels
]


def _source(locale: str = "en") -> str:
    from importlib.resources import files

    return (files("services.notifications") / "templates" / f"{locale}.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(("locale", "event_type", "template", "channel"), ALL)
def test_every_event_audience_channel_and_language_has_a_text_that_fills_whole(
    locale: str, event_type: str, template: str, channel: Channel
) -> None:
    facts = facts_of(event_type, arrived(event_type).data)
    message = catalogues()[locale].render(template, channel, facts, SHANGHAI)
    assert message.subject
    assert message.text
    assert not re.search(r"[{}]", message.subject + message.text)


def test_the_chinese_texts_are_chinese_and_the_english_ones_are_not() -> None:
    for locale, _, template, channel in ALL:
        text = catalogues()[locale].texts[template, channel].text
        assert bool(re.search(r"[\u4e00-\u9fff]", text)) is (locale == "zh-CN"), (locale, template)


def test_both_languages_have_a_word_for_every_state_level_and_reason() -> None:
    clocks = {"arrival", "solution", "plan", "planned_date", "external"}
    known = {*STATES, *LEVELS, *clocks, *SUSPENSION_REASONS, "breach", "manual", "unanswered"}
    assert not known & set(CLOCK_STATES)
    for catalogue in catalogues().values():
        assert known - set(catalogue.words) == set()


def test_times_are_told_in_the_local_time_zone() -> None:
    facts = facts_of("ticket.clock_breached", arrived("ticket.clock_breached").data)
    chinese = catalogues()["zh-CN"].render("ticket.clock_breached.owner", Channel.INBOX, facts, SHANGHAI)
    assert chinese.text == "您负责的事项 261122-482-1390 已超过到场时限（2026-11-22 09:10）。"


def test_a_date_that_is_not_there_yet_is_said_so() -> None:
    facts = facts_of("ticket.planned", arrived("ticket.planned", ticket={"planned_for": None}).data)
    assert "待定" in catalogues()["zh-CN"].render("ticket.planned.reporter", Channel.INBOX, facts, SHANGHAI).text


def test_a_code_without_a_word_is_shown_as_it_is_rather_than_losing_the_notice() -> None:
    facts = facts_of("claim.released", arrived("claim.released", reason="new-reason").data)
    assert "new-reason" in catalogues()["en"].render("claim.released.person", Channel.INBOX, facts, SHANGHAI).text


@pytest.mark.parametrize(("locale", "words", "turn_to"), [("en", "inactive for a long time", "talk to the community"),
                                                          ("zh-CN", "长期未参与服务", "请联系社区或街道")])  # fmt: skip
def test_who_is_suspended_reads_why_and_where_to_turn(locale: str, words: str, turn_to: str) -> None:
    facts = facts_of(
        "member.suspension_told", {**arrived("member.suspension_told").data, "reason_code": "long_inactive"}
    )
    for channel in Channel:
        text = catalogues()[locale].render("member.suspension_told.person", channel, facts, SHANGHAI).text
        assert words in text
        assert turn_to in text


@pytest.mark.parametrize("clock", ["plan-2", "community-3"])
def test_a_clock_that_came_again_is_called_as_it_was_the_first_time(clock: str) -> None:
    breached = arrived("ticket.clock_breached").data
    for catalogue in catalogues().values():
        again, first = (
            catalogue.render("ticket.clock_breached.owner", Channel.EMAIL,
                             {**facts_of("ticket.clock_breached", breached), "clock": name}, SHANGHAI)
            for name in (clock, clock.split("-")[0])
        )  # fmt: skip
        assert again == first


def test_a_text_that_names_an_unknown_field_is_refused_with_its_place() -> None:
    broken = _source().replace("Your matter was filed at {filed_at}", "Dear {reporter_name}, filed at {filed_at}")
    with pytest.raises(TemplateFault, match=r"en: ticket\.filed\.reporter/inbox: unknown field reporter_name"):
        load("en", broken)


def test_a_text_cannot_reach_into_a_field() -> None:
    with pytest.raises(TemplateFault, match="unknown field"):
        load("en", _source().replace('subject = "Filed: {number}"', 'subject = "Filed: {number.__class__}"'))


def test_a_missing_text_is_refused_by_name() -> None:
    broken = _source().replace('["points.reversed.person".email]', '["points.reversed.nobody".email]')
    with pytest.raises(TemplateFault, match=r"no text for points\.reversed\.person/email"):
        load("en", broken)


def test_no_field_that_a_text_may_name_tells_of_a_person() -> None:
    for event_type in ROUTES:
        personal = {name for name in fields_of(event_type) if name.endswith("_id") or "name" in name}
        assert personal == set()
        assert not [value for value in facts_of(event_type, arrived(event_type).data).values() if _is_person(value)]


def _is_person(value: object) -> bool:
    return isinstance(value, str) and value.startswith("01920c5e-0000-7000-8000-0000000000")


@pytest.mark.parametrize(
    ("wanted", "given"), [("en", "en"), ("en-GB", "en"), ("zh", "zh-CN"), ("fr", "zh-CN"), (None, "zh-CN")]
)
def test_the_nearest_language_is_chosen(wanted: str | None, given: str) -> None:
    assert best_locale(wanted) == given


def test_every_fact_of_a_ticket_comes_from_its_event() -> None:
    facts = facts_of("ticket.escalated", arrived("ticket.escalated").data)
    assert facts["number"] == "261122-482-1390"
    assert (facts["from_level"], facts["to_level"], facts["cause"]) == ("grid", "community", "breach")
    assert facts["due_at"] == "2026-11-22T01:10:00+00:00"
    assert set(facts) == set(fields_of("ticket.escalated"))
    assert set(ROUTES) <= set(EVENT_TYPES)
