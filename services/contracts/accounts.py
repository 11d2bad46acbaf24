"""What accounts publishes: who may sign in with which role, never a name or a login."""

from typing import Any

from marshmallow import fields, validate

from services.contracts.types import EventData, EventType


class Grant(EventData):
    role = fields.String(required=True)
    area_path = fields.String(required=True)


class Account(EventData):
    account_id = fields.String(required=True)
    person_id = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(("person", "service")))
    state = fields.String(required=True, validate=validate.OneOf(("active", "disabled")))
    grants = fields.List(fields.Nested(Grant), required=True)
    tokens_from = fields.Integer(
        strict=True,
        load_default=0,
        metadata={"description": "the lowest revision of the account (`sequence`) whose tokens are good; 0: all are"},
    )


class AccountEvent(EventData):
    account = fields.Nested(Account, required=True)


def _account(state: str = "active") -> Any:
    return lambda: {
        "account": {
            "account_id": "01920c5e-0000-7000-8000-0000000000a1",
            "person_id": "01920c5e-0000-7000-8000-0000000000bb",
            "kind": "person",
            "state": state,
            "grants": [{"role": "grid_worker", "area_path": "/hequ/xikou/binhe/grid-012/"}],
            "tokens_from": 0 if state == "active" else 3,
        }
    }


_A = ("accounts",)

EVENTS = (
    EventType("account.opened", _A, "Somebody may sign in.", AccountEvent, _account(), version="1.1"),
    EventType("account.changed", _A, "Roles or areas of an account changed, or its tokens ended.", AccountEvent,
              _account(), version="1.1"),
    EventType("account.disabled", _A, "An account may no longer sign in.", AccountEvent, _account("disabled"),
              version="1.1"),
)  # fmt: skip
"""1.1: tokens_from."""
