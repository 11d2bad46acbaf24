"""Policies, routing rules, sheets, quotas: given in versions, compared, activated for an area, let go there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from services.tickets.domain.refused import Refused
from services.tickets.handlers.ports import Activation, PolicyStore, Store

Differs = Sequence[tuple[str, str, str]]
"""(field, before, after) of what two versions say differently."""


class Version(Protocol):
    """Something in versions."""

    @property
    def pin(self) -> str: ...


V = TypeVar("V", bound=Version)


@dataclass(frozen=True, slots=True)
class Given:
    """An operator's file: its data and its text, as the operator wrote it."""

    data: Mapping[str, Any]
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """What an activation changes for one kind in the area."""

    kind: str
    before: str | None
    """The pin that holds there now; None: the kind is new there."""
    after: str
    differs: Differs


@dataclass(frozen=True, slots=True)
class Versions(Generic[V]):
    """What is to hold, what holds in the area now, and what is known already under the pin."""

    after: V
    before: V | None
    known: V | None
    differences: Callable[[V, V], Differs]


def check_area(store: Store, area_path: str) -> None:
    """The area exists, so that a slip does not activate something for nobody. Raises Refused("no-such-place")."""
    place = store.place(area_path.rstrip("/").rpartition("/")[2])
    if place is None or place.area_path != area_path:
        raise Refused("no-such-place", field="area", id=area_path)


def hold(kept: PolicyStore, versions: Versions[V], given: Given, activation: Activation, dry_run: bool) -> Change:
    """Have a version hold from now on. What is judged by a version never changes under its feet: another content needs
    another version. Raises Refused("policy-changed-under-its-version")."""
    after, before, known = versions.after, versions.before, versions.known
    if known is not None and known != after:
        first = versions.differences(known, after)
        raise Refused("policy-changed-under-its-version", pin=after.pin, field=first[0][0] if first else "?")
    if not dry_run:
        if known is None:
            kept.put(after.pin, given.data, given.text)
        kept.activate(activation)
    differs = versions.differences(before, after) if before is not None else []
    return Change(activation.kind, before.pin if before is not None else None, after.pin, differs)


def let_go(kept: PolicyStore, kind: str, area_path: str) -> None:
    """Let what holds above an area hold in it again. Raises Refused("not-activated-there")."""
    if not kept.deactivate(area_path, kind):
        raise Refused("not-activated-there", kind=kind, area=area_path)


def differing(old: Mapping[str, str], new: Mapping[str, str], but: frozenset[str] = frozenset()) -> Differs:
    """Of the fields of two versions those that differ, by name; what is not there is empty."""
    names = sorted({*old, *new} - but)
    return [(name, old.get(name, ""), new.get(name, "")) for name in names if old.get(name) != new.get(name)]
