"""The six-party register of a compound (1+6+N, 六方, report 003): who fills each party, and which is missing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from services.tickets.domain.policy import Text

PARTIES: Mapping[str, Text] = {
    "community_committee": Text("社区大党委", "the community's party committee"),
    "compound_branch": Text("小区党支部", "the compound's party branch"),
    "owners_committee": Text("业委会", "the owners' committee"),
    "property_company": Text("物业企业", "the property company"),
    "partner_units": Text("驻区单位", "partner units"),
    "member_volunteers": Text("党员志愿者", "member volunteers"),
}
"""The six, as the report names them."""
OTHERS = "others"
"""The N: whoever else takes part; nobody misses them."""
MOST_ORGANISATIONS = 50
"""Of one party in one compound."""


@dataclass(frozen=True, slots=True)
class Organisation:
    """A unit that fills a party, by its public name, and the identity of who speaks for it."""

    name: str
    contact_id: str | None = None


@dataclass(frozen=True, slots=True)
class Register:
    """Who fills which party in a compound."""

    compound_id: str
    parties: Mapping[str, tuple[Organisation, ...]] = field(default_factory=dict)
    revision: int = 0
    """0: nobody has defined it."""
    at: datetime | None = None
    by: str | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        """The parties that nobody fills."""
        return missing(self.parties)


@dataclass(frozen=True, slots=True)
class Overview:
    """How many organisations fill each party of a compound, without their names: what a list needs of a register."""

    compound_id: str
    numbers: Mapping[str, int] = field(default_factory=dict)
    at: datetime | None = None
    by: str | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        """The parties that nobody fills."""
        return missing(self.numbers)


def missing(filled: Mapping[str, object]) -> tuple[str, ...]:
    """Which of the six have nobody, or none, in `filled`."""
    return tuple(party for party in PARTIES if not filled.get(party))
