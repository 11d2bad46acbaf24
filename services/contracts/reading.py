"""Reading an event's data by its schema, without marshmallow's cost where the data is plainly as the schema says.

A reader is made once per schema, from the schema itself. It takes only what needs no interpretation: strings that are
strings, whole numbers that are whole numbers, times with a zone. Whatever is not so plain is left to marshmallow, which
alone can refuse an event, so the two cannot disagree about what is accepted. What a reader takes it returns as
marshmallow would; `tests/contract/test_reading.py` holds them against each other.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, missing

from services.contracts.registry import EVENT_TYPES

Read = Callable[[Any], Any]
"""Returns the loaded value. Raises NotPlain when marshmallow is to be asked."""


class NotPlain(Exception):
    """The value may be right or wrong; it needs marshmallow to say so."""


class NotReadable(Exception):
    """No reader can be made of this schema or field: it does more than readers know of."""


def load(event_type: str, data: Any) -> dict[str, Any]:
    """The data of an event as its schema loads it. Raises marshmallow's ValidationError."""
    schema, read = _READERS[event_type]
    if read is not None:
        try:
            loaded: dict[str, Any] = read(data)
            return loaded
        except NotPlain:
            pass
    checked: dict[str, Any] = schema.load(data)
    return checked


def reader(schema: Schema) -> Read:
    """What reads data that is plainly as `schema` says. Raises NotReadable."""
    if schema.unknown != EXCLUDE or schema.many or schema.partial or any(schema._hooks.values()):
        raise NotReadable(type(schema).__name__)
    parts = [(name, _default(field), _value(field)) for name, field in schema.load_fields.items()]

    def read(data: Any) -> dict[str, Any]:
        if data.__class__ is not dict:
            raise NotPlain
        loaded = {}
        for name, default, value in parts:
            found = data.get(name, missing)
            if found is not missing:
                loaded[name] = value(found)
            elif default is not None:
                loaded[name] = default()
            else:
                raise NotPlain
        return loaded

    return read


def _default(field: fields.Field[Any]) -> Callable[[], Any] | None:
    """Makes what stands for a missing value; None where there is nothing such."""
    default = field.load_default
    if field.required or default is missing:
        return None
    return default if callable(default) else lambda: default


def _value(field: fields.Field[Any]) -> Read:
    if type(field) not in _KINDS or field.data_key or field.attribute or field.pre_load or field.post_load:
        raise NotReadable(type(field).__name__)
    read = _KINDS[type(field)](field)
    if field.validators:
        read = _validated(read, field.validators)
    return _nullable(read) if field.allow_none else read


def _nullable(read: Read) -> Read:
    return lambda value: None if value is None else read(value)


def _validated(read: Read, validators: Sequence[Callable[[Any], Any]]) -> Read:
    def checked(value: Any) -> Any:
        loaded = read(value)
        try:
            for validate in validators:
                validate(loaded)
        except ValidationError:
            raise NotPlain from None
        return loaded

    return checked


def _exactly(kind: type) -> Callable[[fields.Field[Any]], Read]:
    def read(value: Any) -> Any:
        if value.__class__ is not kind:
            raise NotPlain
        return value

    return lambda field: read


def _moment(field: fields.Field[Any]) -> Read:
    if not isinstance(field, fields.AwareDateTime) or field.format != "iso" or field.default_timezone is not None:
        raise NotReadable("AwareDateTime")
    parse = datetime.fromisoformat

    def read(value: Any) -> datetime:
        try:
            moment = parse(value)
        except (TypeError, ValueError):
            raise NotPlain from None
        if moment.tzinfo is None:
            raise NotPlain
        return moment

    return read


def _list(field: fields.Field[Any]) -> Read:
    inner = _value(field.inner) if isinstance(field, fields.List) else None
    if inner is None:
        raise NotReadable("List")

    def read(value: Any) -> list[Any]:
        if value.__class__ is not list:
            raise NotPlain
        return [inner(each) for each in value]

    return read


def _nested(field: fields.Field[Any]) -> Read:
    if not isinstance(field, fields.Nested) or field.many or field.unknown not in (None, EXCLUDE):
        raise NotReadable("Nested")
    return reader(field.schema)


_KINDS: dict[type, Callable[[fields.Field[Any]], Read]] = {
    fields.String: _exactly(str),
    fields.Integer: _exactly(int),
    fields.Boolean: _exactly(bool),
    fields.AwareDateTime: _moment,
    fields.List: _list,
    fields.Nested: _nested,
}


def _reader_or_none(schema: Schema) -> Read | None:
    try:
        return reader(schema)
    except NotReadable:
        return None


_READERS = {
    name: (schema, _reader_or_none(schema))
    for name, schema in ((name, event_type.schema()) for name, event_type in EVENT_TYPES.items())
}
