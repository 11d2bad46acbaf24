"""Which rule set holds where: operators give versions, activate them for an area, and are told first what changes."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from services.tickets.domain.policy import Policy
from services.tickets.domain.refused import Refused
from services.tickets.domain.routing import RuleSet
from services.tickets.domain.routing_file import parse_rule_set
from services.tickets.handlers.ports import ROUTING, Activation, House, PolicyMissing, Store
from services.tickets.handlers.versions import Change, Differs, Given, Versions, check_area, differing, hold, let_go


def activate_rules(
    store: Store, house: House, given: Given, area_path: str, by: str, now: datetime, dry_run: bool = False
) -> Change:
    """Have the rules hold in the area and beneath it, for what is filed from now on.

    Raises BadPolicy, and Refused: policy-changed-under-its-version, no-such-place, unknown-kind, no-such-service,
    kind-cannot-be-opened.
    """
    rules = parse_rule_set(given.data)
    check_area(store, area_path)
    for problem in _impossible(store, house, rules, area_path):
        raise problem
    before, known = house.rule_set_for(store, area_path), _known(store, house, rules.pin)
    return hold(
        store.routings, Versions(rules, before, known, rule_differences), given,
        Activation(area_path, ROUTING, rules.pin, now, by), dry_run,
    )  # fmt: skip


def deactivate_rules(store: Store, house: House, area_path: str) -> str | None:
    """Let what holds above hold again; its pin. Raises Refused("not-activated-there")."""
    let_go(store.routings, ROUTING, area_path)
    rules = house.rule_set_for(store, area_path)
    return rules.pin if rules else None


def rule_differences(before: RuleSet, after: RuleSet) -> Differs:
    """What two rule sets do differently; rules by their id, with their place in the order."""
    return differing(dict(_flat("", _plain(before))), dict(_flat("", _plain(after))))


def _plain(rules: RuleSet) -> dict[str, Any]:
    by_id = {rule.id: {"order": i, **asdict(rule)} for i, rule in enumerate(rules.rules, 1)}
    return {"title": asdict(rules.title), "source": rules.source, "rules": by_id}


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key in value:
            yield from _flat(f"{prefix}.{key}".lstrip("."), value[key])
    elif value not in (None, False):
        yield prefix, ", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)


def _known(store: Store, house: House, pin: str) -> RuleSet | None:
    try:
        return house.rule_set(store, pin)
    except PolicyMissing:
        return None


def _impossible(store: Store, house: House, rules: RuleSet, area_path: str) -> Iterator[Refused]:
    """What rules name must be there in the area: kinds, services of their catalogues."""
    for rule in rules.rules:
        for kind in (*rule.when.get("kind", ()), *((rule.file_as.kind,) if rule.file_as else ())):
            house.policy_for(store, kind, area_path)
        if rule.file_as is not None:
            policy = house.policy_for(store, rule.file_as.kind, area_path)
            if rule.file_as.service not in (None, *policy.services):
                yield Refused("no-such-service", service=rule.file_as.service, services=sorted(policy.services))
            if policy.life.filed_by == "system":
                yield Refused("kind-cannot-be-opened", rule=rule.id, kind=policy.kind)
        if rule.opens is not None:
            policy = house.policy_for(store, rule.opens.kind, area_path)
            if not _opens(policy):
                yield Refused("kind-cannot-be-opened", rule=rule.id, kind=policy.kind)


def _opens(policy: Policy) -> bool:
    """Whether a rule alone knows enough to file it: a date at most."""
    return policy.life.filed_by != "system" and policy.life.asks <= {"promised_for"}
