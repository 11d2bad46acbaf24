"""Which policy holds where: operators give versions, activate them for an area, and are told first what changes."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from services.tickets.domain.policy import Policy
from services.tickets.domain.policy_file import parse_policy
from services.tickets.domain.refused import Refused
from services.tickets.handlers.ports import Activation, House, Store
from services.tickets.handlers.versions import Change, Differs, Given, Versions, check_area, differing, hold, let_go


def activate(
    store: Store, house: House, given: Sequence[Given], area_path: str, by: str, now: datetime, dry_run: bool = False
) -> list[Change]:
    """Have these policies hold in the area and beneath it, for what is filed from now on.

    Raises BadPolicy, and Refused: policy-changed-under-its-version, kind-twice, no-such-place.
    """
    policies = [parse_policy(one.data) for one in given]
    check_area(store, area_path)
    names = [policy.kind for policy in policies]
    if twice := sorted({kind for kind in names if names.count(kind) > 1}):
        raise Refused("kind-twice", kind=twice[0])
    return [
        hold(
            store.policies, _versions(store, house, policy, area_path), one,
            Activation(area_path, policy.kind, policy.pin, now, by), dry_run,
        )
        for policy, one in zip(policies, given, strict=True)
    ]  # fmt: skip


def deactivate(store: Store, house: House, kind: str, area_path: str) -> str | None:
    """Let what holds above hold again; its pin, None where the kind is not known there any more.

    Raises Refused("not-activated-there").
    """
    let_go(store.policies, kind, area_path)
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


def differences(before: Policy, after: Policy) -> Differs:
    """What two policies promise differently."""
    return differing(dict(_flat("", _plain(before))), dict(_flat("", _plain(after))))


def _versions(store: Store, house: House, policy: Policy, area_path: str) -> Versions[Policy]:
    pin = holding(store, house, policy.kind, area_path)
    known = house.policies.get(policy.pin)
    data = store.policies.data(policy.pin) if known is None else None
    known = parse_policy(data) if data is not None else known
    return Versions(policy, house.policy(store, pin) if pin else None, known, differences)


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
