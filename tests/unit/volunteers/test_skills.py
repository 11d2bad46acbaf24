"""Skills that a member may name: what the catalogues of the program ask for, and what a setting adds."""

from collections.abc import Iterator
from typing import Any

import pytest
from marshmallow import ValidationError

from services.chassis.config import SettingsError
from services.cli.demo.cast import SKILLS as OF_DEMO
from services.tickets.policies import FOLDER, load_policies, pack_files, packs
from services.volunteers.domain.skills import SKILLS
from services.volunteers.schemas import RegisterMember
from services.volunteers.settings import skills


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    skills.cache_clear()
    yield
    skills.cache_clear()


def registered(*named: str) -> dict[str, Any]:
    body = {"area_path": "/hequ/xikou/binhe/", "skills": list(named), "consent": True}
    loaded: dict[str, Any] = RegisterMember().load(body)
    return loaded


def test_every_skill_that_a_catalogue_or_the_demonstration_asks_for_can_be_named() -> None:
    folders = [FOLDER, *(pack_files(name)[0].parent for name in packs())]
    asked = {
        skill for folder in folders for policy in load_policies(folder).values()
        for service in policy.services.values() for skill in service.skills
    }  # fmt: skip
    assert asked
    assert asked | set(OF_DEMO) <= SKILLS
    assert registered(*sorted(asked))["skills"] == sorted(asked)


@pytest.mark.parametrize("written", ["13900001111", "zhang-san-3-dong-201", "zhangsan", "call-me", "Electric"])
def test_what_a_member_writes_himself_is_refused_with_the_list(written: str) -> None:
    with pytest.raises(ValidationError) as refused:
        registered("electric", written)
    ((message,),) = refused.value.messages_dict["skills"].values()
    assert "electric" in message
    assert "请从以下技能中选择" in message.zh
    assert written not in message


def test_a_county_names_skills_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOORSTEP_SKILLS", "boat_repair, tea")
    assert registered("boat_repair", "tea", "law")["skills"] == ["boat_repair", "tea", "law"]


@pytest.mark.parametrize("named", ["tea,Not A Code", "tea,wang-13900001111"])
def test_a_wrong_one_is_refused_at_the_start(monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    monkeypatch.setenv("DOORSTEP_SKILLS", named)
    with pytest.raises(SettingsError, match="DOORSTEP_SKILLS"):
        skills()
