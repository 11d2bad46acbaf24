"""Commands that share a transaction: each caller is answered as if there had been no company."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import uuid4

import eventlet
import httpx
import pytest
from cryptography.fernet import Fernet
from pymongo.errors import DuplicateKeyError

from services.chassis import mongo
from services.chassis.clock import BusinessClock
from services.chassis.correlation import current_traceparent, new_traceparent
from services.chassis.gather import Gatherer
from services.chassis.http.groups import LARGEST, Groups
from services.chassis.http.idempotency import Kept, Once
from services.chassis.prepare import create_chassis_indexes, create_collections
from services.chassis.seal import Sealer
from services.chassis.unit import Contended, Unavailable, Unit, Units
from tests.integration.http.conftest import Specimen, start_specimen
from tests.support.namespaces import Namespace
from tests.support.tokens import Tokens

SEALER = Sealer((Fernet.generate_key().decode(),), "a-lookup-key-for-tests-of-at-least-32-bytes")
Work = Callable[[Unit], str]


class Refused(Exception):
    pass


@dataclass
class Desk:
    """Groups of one process, and what came of the commands that were handed in together."""

    units: Units

    def __post_init__(self) -> None:
        self.groups = Groups[str](self.units, 2.0)

    def hand_in(self, works: Sequence[Work], keys: Sequence[str] | None = None) -> list[str | Exception | None]:
        """All at the same moment; None: to be run alone."""
        outcomes: list[str | Exception | None] = [None] * len(works)

        def one(index: int) -> None:
            once = _once(keys[index] if keys else uuid4().hex)
            try:
                outcomes[index] = self.groups.run(_remembering(works[index], once), once, new_traceparent())
            except Exception as error:
                outcomes[index] = error

        threads = [eventlet.spawn(one, index) for index in range(len(works))]
        for thread in threads:
            thread.wait()
        return outcomes

    def kept(self) -> set[str]:
        return {row["_id"] for row in self.units.db["things"].find()}


@pytest.fixture
def desk(namespace: Namespace) -> Desk:
    db = mongo.database(namespace.mongo, f"{namespace.prefix}_tickets")
    create_chassis_indexes(db)
    create_collections(db, ("things", "hot"))
    clock = BusinessClock(mongo.shared_database(namespace.mongo, namespace.prefix)["clock"])
    return Desk(Units(namespace.mongo, db, "tickets", clock))


def _once(key: str) -> Once:
    return Once(SEALER, "person p", "POST /things", key, {})


def _remembering(work: Work, once: Once) -> Work:
    def remembered(unit: Unit) -> str:
        earlier = once.earlier(unit)
        if earlier is not None:
            return f"again {earlier.body.decode()}"
        result = work(unit)
        once.keep(unit, Kept(201, {}, result.encode()))
        return result

    return remembered


def _keep(name: str) -> Work:
    def work(unit: Unit) -> str:
        unit.insert("things", {"_id": name})
        return name

    return work


def _refuse(unit: Unit) -> str:
    unit.insert("things", {"_id": "refused"})
    unit.db["things"].insert_one({"_id": "refused directly"}, session=unit.session)
    raise Refused


def test_what_is_handed_in_together_is_one_transaction(desk: Desk) -> None:
    names = [f"t{number}" for number in range(LARGEST)]
    before = _transactions(desk)
    assert desk.hand_in([_keep(name) for name in names]) == names
    assert desk.kept() == set(names)
    assert _transactions(desk) - before == 1


def test_a_refused_command_spoils_nothing_for_the_others_and_has_its_say_alone(desk: Desk) -> None:
    outcomes = desk.hand_in([_keep("a"), _refuse, _keep("b")])
    assert outcomes == ["a", None, "b"]
    assert desk.kept() == {"a", "b"}


def test_a_group_of_which_two_are_refused_runs_one_by_one(desk: Desk) -> None:
    assert desk.hand_in([_refuse, _keep("a"), _refuse, _keep("b")]) == [None, None, None, None]
    assert desk.kept() == set()


def test_who_inserts_what_is_there_sends_all_to_run_alone_and_keeps_nothing(desk: Desk) -> None:
    assert desk.hand_in([_keep("a")]) == ["a"]
    assert desk.hand_in([_keep("b"), _keep("a"), _keep("c")]) == [None, None, None]
    assert desk.kept() == {"a"}
    with pytest.raises(DuplicateKeyError):
        desk.units.run(_keep("a"))


def test_one_key_twice_in_a_group_takes_effect_once(desk: Desk) -> None:
    assert desk.hand_in([_keep("first"), _keep("second")], ["k", "k"]) == [None, None]
    assert desk.hand_in([_keep("first")], ["k"]) == ["first"]
    assert desk.hand_in([_keep("other"), _keep("second")], ["l", "k"]) == ["other", "again first"]
    assert desk.kept() == {"first", "other"}


def test_what_a_command_emits_belongs_to_its_own_trace(desk: Desk) -> None:
    traces: list[str | None] = []

    def note(unit: Unit) -> str:
        traces.append(current_traceparent())
        return "noted"

    desk.hand_in([note] * 8)
    assert len(set(traces)) == 8


def test_a_command_that_is_fought_over_does_not_hold_up_its_neighbours(desk: Desk) -> None:
    def touch(unit: Unit) -> str:
        unit.db["hot"].update_one({"_id": 1}, {"$inc": {"n": 1}}, upsert=True, session=unit.session)
        return "touched"

    other = desk.units.run(lambda unit: _while_open(unit, lambda: desk.hand_in([_keep("a"), touch])))
    assert other == [None, None]
    assert desk.kept() == set()


def _while_open(unit: Unit, act: Callable[[], list[Any]]) -> list[Any]:
    unit.db["hot"].update_one({"_id": 1}, {"$inc": {"n": 1}}, upsert=True, session=unit.session)
    return act()


def test_each_gets_the_failure_of_work_that_fails_for_all() -> None:
    def work(items: list[int]) -> list[int]:
        raise Unavailable

    gatherer = Gatherer[int, int](work, 10)
    assert [_raised(gatherer, number) for number in range(3)] == [Unavailable] * 3
    assert not issubclass(Unavailable, Contended)


def test_nobody_waits_for_company_and_late_comers_go_together() -> None:
    sizes: list[int] = []

    def work(items: list[int]) -> list[int]:
        sizes.append(len(items))
        eventlet.sleep(0)  # as long as a request to the database: others come meanwhile
        return [item * 2 for item in items]

    gatherer = Gatherer[int, int](work, 4)
    assert gatherer.do(21) == 42
    pool = eventlet.GreenPool()
    assert list(pool.imap(gatherer.do, range(10))) == [2 * number for number in range(10)]
    assert (sizes[0], sum(sizes), max(sizes)) == (1, 11, 4)


def _raised(gatherer: Gatherer[int, int], item: int) -> type[BaseException] | None:
    try:
        gatherer.do(item)
    except Exception as error:
        return type(error)
    return None


def _transactions(desk: Desk) -> int:
    status = desk.units.db.client.admin.command("serverStatus")
    return int(status["transactions"]["totalCommitted"])


@pytest.fixture
def two_specimens(namespace: Namespace, tokens: Tokens, tmp_path: Path) -> Iterator[tuple[Specimen, Specimen]]:
    started = [start_specimen(namespace, tokens, tmp_path) for _ in range(2)]
    yield started[0], started[1]
    for specimen in started:
        specimen.http.close()
        assert specimen.child.stop() == 0


def test_of_forty_knocks_at_two_replicas_at_once_exactly_three_are_heard(
    two_specimens: tuple[Specimen, Specimen],
) -> None:
    together = Barrier(40)

    def knock(number: int) -> int:
        specimen = two_specimens[number % 2]
        together.wait(20)
        return httpx.post(
            f"http://127.0.0.1:{specimen.port}/api/v1/knock",
            timeout=20,
            trust_env=False,
            verify=False,
        ).status_code

    with ThreadPoolExecutor(40) as pool:
        told = sorted(pool.map(knock, range(40)))
    assert told == [204] * 3 + [429] * 37
