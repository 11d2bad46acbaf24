"""When what is personal of ended tickets and past appointments is looked through for its age."""

from tests.integration.tickets.conftest import LONG_AGO, House


def the_hour_comes(house: House) -> None:
    due = {"$set": {"due_at": LONG_AGO, "lease": None, "lease_until": None}}
    assert house.db["timers"].update_one({"_id": "personal"}, due).matched_count == 1
