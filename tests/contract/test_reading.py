"""What reads events quickly says the same as marshmallow, of whatever may come."""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import Schema, ValidationError, fields, post_load, validate

from services.contracts import reading
from services.contracts.registry import EVENT_TYPES
from services.contracts.types import EventData, EventType

every_type = pytest.mark.parametrize("event_type", EVENT_TYPES.values(), ids=lambda t: t.name)

_SCHEMAS = {name: event_type.schema() for name, event_type in EVENT_TYPES.items()}
_TRICKY: list[Any] = [
    None, True, False, 0, 1, -1, 6, 10**400, 1.0, 5.5, float("nan"), float("inf"), "", " ", "1", "1.0", "true", "no",
    "community", "ordinary", "running", "active", "member", "\ud800", "a" * 5_000, [], {}, [[]], [None], ["x", 1],
    {"x": 1}, "null",
    "2026-11-22", "2026-11-22T01:00:00", "2026-11-22T01:00:00Z", "20261122T010000+0800", "2026-W47-7T01:00+08:00",
    "2026-11-22T01:00:00.123456789+00:00", "2026-11-22 01:00:00+23:59", "2026-11-22T24:00:00+00:00",
    "0001-01-01T00:00:00+14:00",
    "2026-02-30T00:00:00+00:00", "1700000000", 1_700_000_000,
]  # fmt: skip
_anything = st.one_of(
    st.sampled_from(_TRICKY).map(copy.deepcopy),  # it may be changed further
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
        max_leaves=6,
    ),
    st.datetimes(timezones=st.none() | st.timezones()).map(lambda moment: moment.isoformat()),
)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each (container, key) of a JSON value."""
    for key, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
        yield value, key
        if isinstance(inner, dict | list):
            yield from _places(inner)


@st.composite
def _mutated(draw: st.DrawFn) -> tuple[EventType, Any]:
    """An event type and its example, changed in up to four places."""
    event_type = draw(st.sampled_from(list(EVENT_TYPES.values())))
    data = copy.deepcopy(event_type.example())
    for _ in range(draw(st.integers(0, 4))):
        if not data:
            data["invented"] = None
        container, key = draw(st.sampled_from(list(_places(data))))
        change = draw(st.sampled_from(["replace", "remove", "add", "text", "wrap", "swap"]))
        _change(draw, container, key, change)
    return event_type, draw(st.sampled_from([data, data, data, data, [data], None]))


def _change(draw: st.DrawFn, container: Any, key: Any, change: str) -> None:
    if change == "remove":
        del container[key]
    elif change == "add" and isinstance(container, dict):
        container[draw(st.text(min_size=1, max_size=10))] = draw(_anything)
    elif change == "text":
        container[key] = str(container[key])
    elif change == "wrap":
        container[key] = [container[key], container[key]]
    elif change == "swap" and isinstance(container, dict):
        other = draw(st.sampled_from(list(container)))
        container[key], container[other] = container[other], container[key]
    else:
        container[key] = draw(_anything)


def _verdict(load: Callable[[], Any]) -> str:
    """What was loaded, with the type of every value, or that it was refused."""
    try:
        return repr(load())
    except ValidationError:
        return "refused"


@settings(max_examples=1_500, deadline=None)
@given(_mutated())
def test_an_event_is_read_as_marshmallow_reads_it_whatever_was_done_to_it(case: tuple[EventType, Any]) -> None:
    event_type, data = case
    told = _verdict(lambda: reading.load(event_type.name, data))
    assert told == _verdict(lambda: _SCHEMAS[event_type.name].load(data))


@every_type
def test_every_single_field_of_every_type_may_be_missing_null_or_odd(event_type: EventType) -> None:
    """What a reader does not take goes to marshmallow, so that the two can differ in what it takes alone."""
    schema, data = _SCHEMAS[event_type.name], event_type.example()
    read = reading.reader(schema)
    for container, key in list(_places(data)):
        for _ in _odd(container, key):
            try:
                told = repr(read(data))
            except reading.NotPlain:
                continue
            assert told == _verdict(lambda: schema.load(data))
    assert data == event_type.example()


def _odd(container: Any, key: Any) -> Iterator[None]:
    """Puts one odd value after the other there, takes it away, and leaves it as it was."""
    was = container[key]
    for value in _TRICKY:
        container[key] = value
        yield
    del container[key]
    yield
    if isinstance(container, list):
        container.insert(key, was)
    else:
        container[key] = was


@every_type
def test_every_type_is_plain_enough_to_be_read_without_marshmallow(event_type: EventType) -> None:
    example = json.loads(json.dumps(event_type.example()))
    assert reading.reader(event_type.schema())(example) == event_type.schema().load(example)


class _Hooked(EventData):
    @post_load
    def change(self, data: Any, **kwargs: Any) -> Any:
        return data


@pytest.mark.parametrize(
    "schema",
    [
        EventData.from_dict({"at": fields.NaiveDateTime()})(),
        EventData.from_dict({"at": fields.AwareDateTime(format="timestamp")})(),
        EventData.from_dict({"text": fields.String(data_key="other")})(),
        EventData.from_dict({"address": fields.Email()})(),
        EventData.from_dict({"inner": fields.Nested(EventData, many=True)})(),
        EventData.from_dict({"inner": fields.List(fields.Nested(Schema))})(),
        Schema.from_dict({"text": fields.String()})(),
        _Hooked(),
    ],
    ids=lambda schema: repr(schema),
)
def test_what_a_reader_does_not_know_of_is_left_to_marshmallow(schema: Schema) -> None:
    with pytest.raises(reading.NotReadable):
        reading.reader(schema)


def test_what_is_missing_gets_its_default_and_never_a_shared_one() -> None:
    read = reading.reader(EventData.from_dict({"late": fields.Boolean(load_default=False),
                                               "refs": fields.List(fields.String(), load_default=list)})())  # fmt: skip
    first, second = read({}), read({"late": True})
    assert (first, second) == ({"late": False, "refs": []}, {"late": True, "refs": []})
    assert first["refs"] is not second["refs"]


def test_what_is_missing_and_has_no_default_is_left_to_marshmallow() -> None:
    with pytest.raises(reading.NotPlain):
        reading.reader(EventData.from_dict({"n": fields.Integer()})())({})


def test_a_validator_of_ones_own_is_asked() -> None:
    schema = EventData.from_dict({"n": fields.Integer(required=True, validate=validate.Range(1, 5))})()
    read = reading.reader(schema)
    assert read({"n": 5}) == {"n": 5}
    with pytest.raises(reading.NotPlain):
        read({"n": 6})
