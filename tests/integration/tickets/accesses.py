"""What administrators read of who had personal data shown."""

from collections import Counter

from tests.integration.tickets.conftest import COMMUNITY, House, done


def read(house: House, person: str, area: str = COMMUNITY) -> Counter[tuple[str, str]]:
    """How often somebody did what, over which area; an hour may have passed in between."""
    admin = house.tokens.headers(("admin", area))
    found = done(house.api.http.get("/api/v1/tickets/accesses", params={"person_id": person}, headers=admin))["items"]
    sums: Counter[tuple[str, str]] = Counter()
    for row in found:
        sums[row["action"], next(one for one in row["areas"] if one.startswith(area))] += row["times"]
    return sums
