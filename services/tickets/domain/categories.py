"""Categories of matters. They stand in clear in events, lists, offers and exports, so nobody writes one of his own who
files for himself: he chooses. Staff and partners bring those of their own registers."""

from collections.abc import Collection

from services.tickets.domain.routing import RuleSet

CATEGORIES = frozenset({
    "lighting", "lamp", "power", "water", "leak", "drain", "heating", "gas", "lift", "stairs", "handrail", "building",
    "old_facilities", "road", "parking", "greening", "litter", "rubbish", "dust", "smoke", "smell", "noise", "pets",
    "neighbours", "safety", "fire", "elderly", "elderly_fall", "child", "care", "health", "social_insurance",
    "employment", "housing", "errand", "other",
})  # fmt: skip
"""What anybody may choose anywhere *(ours)*."""
MOST_NAMED = 50
"""So many a refusal names *(ours)*."""


def choices(rules: RuleSet | None, of_departments: Collection[str]) -> frozenset[str]:
    """Those, what the rules of the place ask for, and what departments there answer for."""
    asked = {
        value for rule in (rules.rules if rules else ()) for name in ("category", "category_words")
        for value in rule.when.get(name, ())
    }  # fmt: skip
    return CATEGORIES | asked | frozenset(of_departments)


def named(known: Collection[str]) -> list[str]:
    """What a refusal names of them: what anybody may choose anywhere first."""
    return sorted(known, key=lambda one: (one not in CATEGORIES, one))[:MOST_NAMED]
