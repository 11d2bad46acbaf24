"""An address that anybody may have named is not flooded, be it that of an account; who serves gets all his mails."""

from collections import Counter

import pytest

from services.chassis.clock import system_now
from services.notifications.domain.precedence import MOST_MAILS_A_DAY, SHARES, Rank
from tests.integration.notifications.bounded_mails import a_new_day, in_line, looked_at, states, told
from tests.integration.notifications.conftest import Post
from tests.support.eventually import eventually
from tests.support.smtp import SmtpSink


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


def test_lesser_news_crowds_out_nothing_and_what_waits_goes_out_once_by_rank(post: Post, smtp_sink: SmtpSink) -> None:
    """Two workers look at the same mails. A day has as much room after its change as the one before."""
    for _ in range(2):
        post.worker(smtp_sink.url)
    person = post.person("silenced@example.org")
    eventually(lambda: post.db["recipients"].find_one({"_id": person}))
    told(post, person, "ticket.assigned", times=30)
    eventually(lambda: looked_at(post, 30))
    said = told(post, person, "ticket.cancelled", times=3)
    eventually(lambda: states(post, said) == ["sent"] * 3)
    closed = told(post, person, "ticket.closed", times=20)
    eventually(lambda: looked_at(post, 53))
    assert "waiting" in states(post, closed), "some room is left to words"
    told(post, person, "ticket.cancelled", times=10)
    eventually(lambda: looked_at(post, 63))
    eventually(lambda: in_line(post, "mails_waiting") == in_line(post, "notices", state="waiting"))

    line = list(post.db["mails_waiting"].find().sort([("rank", 1), ("recorded_at", 1), ("_id", 1)]))
    a_new_day(post)
    first = [row["_id"] for place, row in enumerate(line) if place < SHARES[Rank(row["rank"])]]
    assert len(first) >= SHARES[Rank.STEP]
    eventually(lambda: states(post, first) == ["sent"] * len(first))
    eventually(lambda: post.db["timers"].count_documents({"due_at": {"$lte": system_now()}}) == 0)
    counted = [row["mails"] for row in post.db["mails_counted"].find()]
    assert max(counted) <= MOST_MAILS_A_DAY
    mails = Counter(mail["Message-ID"] for mail in smtp_sink.mails)
    assert set(mails.values()) == {1}
    assert len(mails) == post.db["notices"].count_documents({"channel": "email", "state": "sent"})
