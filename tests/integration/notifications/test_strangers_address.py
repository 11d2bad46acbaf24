"""An address that anybody may have named is not flooded, be it that of an account; who serves gets all his mails."""

import pytest

from services.notifications.handlers.deliver import MOST_MAILS_A_DAY
from tests.integration.notifications.conftest import Post
from tests.support.eventually import eventually


@pytest.mark.parametrize("role", ["resident", "grid_worker"])
def test_the_address_of_an_account_is_bounded_where_nobody_administers_it(open_post: Post, role: str) -> None:
    """However the day of UTC changes meanwhile: what waits is less by as many as the new day takes."""
    person = open_post.person(f"stranger-{role}@example.org")
    grants = [{"role": role, "area_path": "/hequ/xikou/binhe/"}]
    told = open_post.publishing.write("account.opened", person, account={
        "account_id": person, "person_id": person, "kind": "person", "state": "active", "grants": grants,
    })  # fmt: skip
    open_post.publishing.send([told])
    eventually(lambda: open_post.db["accounts"].find_one({"person_id": person}))
    for _ in range(2 * MOST_MAILS_A_DAY + 1):
        open_post.filed(person)
    mails = {"person_id": person, "channel": "email"}

    def ended() -> bool:
        under_way = {**mails, "state": "waiting", "reason": None}
        every = open_post.db["notices"].count_documents(mails) == 2 * MOST_MAILS_A_DAY + 1
        return every and not open_post.db["notices"].count_documents(under_way)

    eventually(ended)
    put_off = open_post.db["notices"].count_documents({**mails, "state": "waiting", "reason": "too-many-mails"})
    assert (put_off > 0) == (role == "resident")
