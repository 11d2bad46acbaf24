"""Which policy holds where: operators give versions, activate them for an area, and are told first what changes."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from services.tickets.domain.policy import Policy
from services.tickets.domain.policy_file import parse_policy
from services.tickets.domain.refused import Refused
from services.tickets.handlers.ports import Activation, House, Store


@dataclass(frozen=True, slots=True)
class Given:
    """A policy file: its data and its text, as the operator wrote it."""

    data: Mapping[str, Any]
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """What an activation changes for one kind in the area."""

    kind: str
    before: str | None
    """The pin that holds there now; None: the kind is new there."""
    after: str
    differs: Sequence[tuple[str, str, str]]
    """(field, before, after) of everything that is promised otherwise."""


def activate(
    store: Store, house: House, given: Sequence[Given], area_path: str, by: str, now: datetime, dry_run: bool = False
) -> list[Change]:
    """Have these policies hold in the area and beneath it, for what is filed from now on.

    Raises BadPolicy, and Refused: policy-changed-under-its-version, kind-twice, no-such-place.
    """
    policies = [parse_policy(one.data) for one in given]
    _check_area(store, area_path)
    names = [policy.kind for policy in policies]
    if twice := sorted({kind for kind in names if names.count(kind) > 1}):
        raise Refused("kind-twice", kind=twice[0])
    changes = []
    for policy, one in zip(policies, given, strict=True):
        changes.append(_change(store, house, policy, area_path))
        _keep(store, house, policy, one, dry_run)
        if not dry_run:
            store.policies.activate(Activation(area_path, policy.kind, policy.pin, now, by))
    return changes


def deactivate(store: Store, house: House, kind: str, area_path: str) -> str | None:
    """Let what holds above hold again; its pin, None where the kind is not known there any more.

    Raises Refused("not-activated-there").
    """
    if not store.policies.deactivate(area_path, kind):
        raise Refused("not-activated-there", kind=kind, area=area_path)
    return holding(store, house, kind, area_path)


def holding(store: Store, house: House, kind: str, area_path: str) -> str | None:
    """The pin of what holds for a kind in an area; None: the kind is not known there."""
    try:
        return house.policy_for(store, kind, area_path).pin
    except Refused:
        return None


def kinds_at(store: Store, house: House, area_path: str) -> list[Policy]:
    """What can be filed in an area: one policy for each kind, by name."""
    names = {policy.kind for policy in house.policies.values()}
    names |= {one.kind for one in store.policies.activations() if area_path.startswith(one.area_path)}
    return [house.policy_for(store, kind, area_path) for kind in sorted(names)]


def differences(before: Policy, after: Policy) -> list[tuple[str, str, str]]:
    """(field, before, after) of what two policies promise differently."""
    old, new = dict(_flat("", _plain(before))), dict(_flat("", _plain(after)))
    return [
        (name, old.get(name, ""), new.get(name, ""))
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    ]  # fmt: skip


def _change(store: Store, house: House, policy: Policy, area_path: str) -> Change:
    pin = holding(store, house, policy.kind, area_path)
    before = house.policy(store, pin) if pin else None
    return Change(policy.kind, pin, policy.pin, differences(before, policy) if before else [])


def _keep(store: Store, house: House, policy: Policy, given: Given, dry_run: bool) -> None:
    """What tickets are judged by never changes under their feet: another content needs another version."""
    known = house.policies.get(policy.pin)
    data = store.policies.data(policy.pin) if known is None else None
    known = parse_policy(data) if data is not None else known
    if known is None:
        if not dry_run:
            store.policies.put(policy.pin, given.data, given.text)
    elif known != policy:
        first = differences(known, policy)
        raise Refused("policy-changed-under-its-version", pin=policy.pin, field=first[0][0] if first else "?")


def _check_area(store: Store, area_path: str) -> None:
    """The area exists, so that a slip does not activate a policy for nobody."""
    place = store.place(area_path.rstrip("/").rpartition("/")[2])
    if place is None or place.area_path != area_path:
        raise Refused("no-such-place", field="area", id=area_path)


def _plain(policy: Policy) -> dict[str, Any]:
    """Clocks by name instead of by position, so that one more does not look like a change of all."""
    plain = {name: value for name, value in asdict(policy).items() if name not in ("name", "version", "kind")}
    return {**plain, "clocks": {clock["name"]: clock for clock in plain["clocks"]}}


def _flat(prefix: str, value: Any) -> list[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        return [pair for key in value for pair in _flat(f"{prefix}.{key}".lstrip("."), value[key])]
    if isinstance(value, frozenset):
        value = sorted(value)
    return [(prefix, ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value))]
