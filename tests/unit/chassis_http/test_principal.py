"""Role × area decides; default is deny."""

import pytest

from services.chassis.auth import Grant, NotAllowed, NotFound, OnlyPeople, Principal

WORKER = Principal("p1", (Grant("grid_worker", "/hequ/xikou/"), Grant("resident", "/hequ/wenbi/huayuan/")))


def test_a_role_holds_for_its_area_and_beneath_it() -> None:
    assert WORKER.may("/hequ/xikou/", "grid_worker")
    assert WORKER.may("/hequ/xikou/binhe/grid-012/", "street", "grid_worker")


@pytest.mark.parametrize("area_path", ["/hequ/", "/hequ/wenbi/huayuan/", "/hequ/xikouer/", "/fengman/", "/", ""])
def test_and_nowhere_else(area_path: str) -> None:
    assert not WORKER.may(area_path, "grid_worker")


def test_who_has_no_role_there_does_not_learn_that_it_exists() -> None:
    with pytest.raises(NotFound):
        WORKER.require("/fengman/", "grid_worker")


def test_who_has_another_role_there_is_told_that_it_is_the_wrong_one() -> None:
    with pytest.raises(NotAllowed):
        WORKER.require("/hequ/wenbi/huayuan/", "grid_worker")
    WORKER.require("/hequ/xikou/", "grid_worker")


def test_without_grants_nothing_is_allowed() -> None:
    nobody = Principal("p2", ())
    assert not nobody.may("/hequ/")
    assert nobody.areas() == ()


def test_areas_for_lists_are_the_topmost_ones() -> None:
    grants = [Grant("street", path) for path in ("/a/b/c/", "/a/b/", "/a/bc/", "/a/b/d/")]
    assert Principal("p3", (*grants, Grant("resident", "/z/"))).areas("street") == ("/a/b/", "/a/bc/")


@pytest.mark.parametrize("kind", ["person", None])
def test_a_person_does_what_is_for_people(kind: str | None) -> None:
    Principal("p4", (), kind=kind).require_person()


@pytest.mark.parametrize(("kind", "key"), [("service", "k1"), ("service", None), (None, "k1")])
def test_a_program_does_not(kind: str | None, key: str | None) -> None:
    with pytest.raises(OnlyPeople):
        Principal("p5", (), api_key=key, kind=kind).require_person()
