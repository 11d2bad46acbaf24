"""A claim of a volunteer, as volunteers publishes it."""

from typing import Any

from services.chassis.ids import new_id
from tests.integration.tickets.conftest import VOLUNTEER, House


def claim_won(house: House, ticket: dict[str, Any], offer_id: str) -> dict[str, Any]:
    claim_id = new_id()
    return house.publishing.write(
        "claim.won", claim_id, claim_id=claim_id, offer_id=offer_id, ticket_id=ticket["id"], round=1,
        member_id=VOLUNTEER, person_id=VOLUNTEER,
    )  # fmt: skip
