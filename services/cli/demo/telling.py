"""What the people of one story can do, each a call or two of the public API."""

import random
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from services.chassis.clock import BusinessClock
from services.cli.demo.cast import SKILLS, Cast
from services.cli.demo.edge import Body, Caller, Edge, Refused
from services.cli.demo.photos import photo
from services.cli.demo.plan import Story
from services.cli.demo.stage import Tally
from services.contracts.tickets import LEVELS

_MATTERS = (
    ("lighting", "三单元楼道灯不亮了，晚上老人上下楼不方便。"),
    ("water", "厨房下水管漏水，已经流到楼下。"),
    ("noise", "楼上夜里装修，吵得孩子睡不着。"),
    ("parking", "消防通道被车堵住了。"),
    ("litter", "垃圾桶满了两天没有人清。"),
    ("lift", "电梯按键失灵，停在四楼不动。"),
    ("heating", "家里暖气不热，只有十五度。"),
    ("errand", "老人行动不便，需要帮忙办理社保认证。"),
)
UPLOAD = "/api/v1/attachments"
MOST_BY_SECRET = 28
"""Strangers at one address may come back 60 times an hour; who filed at the desk mostly stays silent."""
BAD = (1, 2)
"""The lowest two of five grades."""
_SEEN_SECONDS = 20.0
"""How long to wait, in real time, until one service has heard of another's event."""


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


@dataclass(frozen=True, slots=True)
class Town:
    """What all stories share."""

    edge: Edge
    cast: Cast
    clock: BusinessClock
    zone: ZoneInfo
    tally: Tally


class Telling:
    """One story while it is told: its ticket, and who has it in hand."""

    def __init__(self, town: Town, story: Story) -> None:
        self.town = town
        self.grid = story.grid
        self._urgent = story.urgent
        self._rng = random.Random(story.seed)  # noqa: S311 - a play, no secrets
        self._ticket_id = ""
        self._number = ""
        self._secret: str | None = None
        self._at_desk = False
        self._external_id = f"{self._rng.randrange(10**9):09d}"
        self.hands: Caller = town.cast.workers[story.grid.id]
        self._reporter: Caller | None = town.cast.residents[story.grid.id]
        self._claim_id = ""
        self._member_id = ""
        self._gave_back: Caller | None = None

    @property
    def ticket_id(self) -> str:
        return self._ticket_id

    # Chance

    def between(self, least: int, most: int) -> int:
        return self._rng.randint(least, most)

    def likely(self, share: float) -> bool:
        return self._rng.random() < share

    def rating(self) -> int:
        return self._rng.choices((1, 2, 3, 4, 5), (3, 5, 12, 35, 45))[0]

    def when_open(self, after: float) -> timedelta:
        """So many minutes after now, or after the station's next opening; what is urgent does not wait for it."""
        now = self.town.clock.now()
        start = now if self._urgent else self.grid.next_open(now, self.town.zone)
        return start - now + minutes(after)

    # Filing

    def file_online(self, *, urgent: bool = False) -> None:
        self._urgent = self._urgent or urgent
        self._filed(self._by(self._reporter, "/api/v1/tickets", self._matter(grid_id=self.grid.id)))

    def file_somehow(self) -> None:
        """Mostly by the residents themselves, at times at the desk."""
        if self.likely(0.65):
            self.file_online()
        else:
            self.file_at_desk()

    def file_at_desk(self) -> None:
        desk = self.town.cast.station_heads[self.grid.id]
        body = self._matter(station_id=self.grid.station_id, reporter=self._somebody(), summary="居民到站反映问题")
        self._filed(self._by(desk, "/api/v1/tickets", body))
        self._reporter, self._at_desk = None, True
        self.print_slip()

    def print_slip(self) -> None:
        """Who came to the desk takes number and secret home on paper."""
        slip = self._do(self._head, "follow-up-slip")
        self._secret = slip["follow_up_secret"]
        self.town.tally.count("slips")

    def file_after_the_fact(self, hours: int) -> None:
        occurred_at = self.town.clock.now() - timedelta(hours=hours)
        body = self._matter(
            grid_id=self.grid.id, reporter=self._somebody(), occurred_at=occurred_at.isoformat(),
            late_reason="驿站停电，事后补录。",
        )  # fmt: skip
        self._filed(self._by(self._head, "/api/v1/tickets", body))
        self._reporter = None

    def file_anonymously(self) -> None:
        self._reporter = None
        self._filed(self._by(None, "/api/v1/tickets", self._matter(compound_id=self.grid.compounds[0])))

    def file_by_hotline(self) -> None:
        self._filed(self._by(self.town.cast.hotline, "/api/v1/tickets", self._hotline_matter()))
        self._reporter = None

    def file_by_hotline_again(self) -> None:
        self._expect("external-ref-taken", self.town.cast.hotline, "/api/v1/tickets", self._hotline_matter())

    def file_twice(self) -> None:
        """The same POST twice, with one Idempotency-Key: one ticket."""
        key, body = uuid4().hex, self._matter(grid_id=self.grid.id)
        first = self._by(self._reporter, "/api/v1/tickets", body, key)
        second = self._by(self._reporter, "/api/v1/tickets", body, key)
        self._filed(first)
        if first != second:
            self.town.tally.surprise("a repeated POST was answered otherwise than the first")
        self.town.tally.count("repeated")

    def file_kind(self, kind: str, **more: Any) -> None:
        self._filed(self._by(self._reporter, "/api/v1/tickets", self._matter(grid_id=self.grid.id, kind=kind, **more)))

    def file_hazard(self) -> None:
        """With a photo, and where it was taken."""
        taken = self._by(self._reporter, UPLOAD, photo(self._rng))
        where = {"latitude": round(39.38 + self._rng.random() / 100, 4), "longitude": 111.14}
        self.file_kind("hazard", position=where, attachments=[taken["attachment_id"]])

    def file_kind_at_desk(self, kind: str, days: int | None = None) -> None:
        """By the station for itself: nobody reported it."""
        body = self._matter(station_id=self.grid.station_id, kind=kind, summary="驿站登记事项")
        body |= {"promised_for": self._in(days)} if days else {}
        self._filed(self._by(self._head, "/api/v1/tickets", body))
        self._reporter = None

    # Work

    def verify(self) -> None:
        self._do(self._head, "verify")

    def tick(self, item: str) -> None:
        self._do(self.hands, "tick", {"item": item})

    def hold_session(self) -> None:
        self._do(self.hands, "hold-session", {"text": "双方到驿站面谈。"})

    def pause(self, reason_code: str) -> None:
        self._do_at_its_level(self.hands, "pause", {"reason_code": reason_code})

    def resume(self) -> None:
        self._do(self.hands, "resume")

    def transfer(self) -> None:
        """To another grid of the county, by the station's head."""
        others = [grid for grid in self.town.cast.workers if grid != self.grid.id]
        body = {"grid_id": self._rng.choice(others), "reason": "不在本网格。"}
        self._do_at_its_level(self._head, "transfer", body)

    def merge_into(self, first: str) -> None:
        self._do_at_its_level(self._head, "merge", {"into": first})

    def accept(self) -> None:
        self._do(self.hands, "accept")

    def assign(self) -> None:
        self._do(self.hands, "assign", {"assignee_id": self.hands.person_id})

    def arrive(self, severity: str) -> None:
        self._do(self.hands, "arrive", {"severity": severity})

    def reclassify(self, severity: str) -> None:
        self._do(self.hands, "reclassify", {"severity": severity})

    def plan(self, days: int) -> None:
        self._do_at_its_level(self.hands, "plan", {"planned_for": self._in(days), "text": "联系维修单位，备料后施工。"})

    def move_plan(self, days: int) -> None:
        office = self.town.cast.communities[self.grid.community]
        body = {"planned_for": self._in(days), "reason": "材料晚到。"}
        if self._is_refused(office, "move-plan", body, "beneath-its-level"):
            self._is_refused(self.town.cast.district, "move-plan", body, "plan-needs-another")

    def resolve(self, outcome: str | None = None) -> None:
        named = {"outcome": outcome} if outcome else {}
        self._do(self.hands, "resolve", {"text": "已现场处理完毕。", **named})

    def reject(self) -> None:
        self._do_at_its_level(self._head, "reject", {"reason": "不属于本驿站受理范围。"})

    def escalate(self) -> None:
        """Nothing is left to do where the clocks have lifted it meanwhile."""
        self._is_refused(self.hands, "escalate", {"reason": "需要社区协调物业。"}, "beneath-its-level")

    def de_escalate(self) -> None:
        """By the office that has it. Where the clocks have lifted it meanwhile, a level that has used up its time does
        not get it back."""
        cast = self.town.cast
        offices = {
            "community": cast.communities[self.grid.community],
            "street": cast.streets[self.grid.street],
            "district": cast.district,
        }
        body = {"reason": "物业已到场，交回网格。"}
        self._is_refused(offices[self.level()], "de-escalate", body, "level-used-up", "not-allowed")

    @property
    def _head(self) -> Caller:
        return self.town.cast.station_heads[self.grid.id]

    def level(self) -> str:
        """Who has the ticket by now."""
        return str(self.town.cast.district.get(f"/api/v1/tickets/{self._ticket_id}")["level"])

    # The reporter's part

    def confirm(self, rating: int) -> None:
        """Some who filed at the desk do not answer."""
        if self._at_desk and self.town.tally.count("by secret") > MOST_BY_SECRET:
            return
        if rating in BAD:  # files a callback
            self.town.tally.count("filed")
        self._as_reporter("confirm", {"rating": rating})
        self.town.tally.count("confirmed")

    def reopen(self) -> None:
        """By a slip only while it stands at the grid: else one calls the station, and its level writes it down."""
        body = {"reason": "问题又出现了。"}
        if self._at_desk and self.level() != LEVELS[0]:
            self._do_at_its_level(self._head, "reopen", {**body, "on_behalf": "telephone"})
        else:
            self._as_reporter("reopen", body)
        self.town.tally.count("reopened")
        self.hands = self.town.cast.workers[self.grid.id]

    def cancel(self) -> None:
        self._as_reporter("cancel", {"reason": "已经自己解决。"})

    def follow_up(self) -> None:
        body = {"number": self._number, "follow_up_secret": self._secret}
        self.town.edge.ask("POST", "/api/v1/tickets/follow-up", body)

    # Volunteers

    def offer(self) -> None:
        self._do(self.hands, "offer", {"skills": [self._rng.choice(SKILLS)]})

    def race(self) -> None:
        """All members of the community reach for it at once. Exactly one wins, the others are told 409."""
        members = self.members
        offer_id = self._offer_seen_by(members[0])
        with ThreadPoolExecutor(len(members)) as hands:
            claims = list(hands.map(lambda member: self._claim(member, offer_id), members))
        won = [(member, claim) for member, claim in zip(members, claims, strict=True) if claim is not None]
        if len(won) != 1:
            self.town.tally.surprise(f"{len(won)} of {len(members)} members won offer {offer_id}")
            raise Refused(0, "no-single-winner", "POST /api/v1/offers/…/claims")
        self.hands, self._claim_id = won[0]
        self._wait_for("assigned to the winner", lambda: self._ticket()["assignee_id"] == self.hands.person_id)

    def give_back(self) -> None:
        """Who won it cannot come after all; it is offered to the others."""
        self.hands.post(f"/api/v1/claims/{self._claim_id}/withdraw")
        self.town.tally.count("claims given back")
        self._others_may_have_it()

    def claim_by_newcomer(self) -> None:
        """By somebody who has just become a volunteer, and whom no other story knows."""
        self.hands = self._newcomer()
        claim = self._claim(self.hands, self._offer_seen_by(self.hands))
        if claim is None:
            raise Refused(0, "no-claim", "POST /api/v1/offers/…/claims")
        self._wait_for("assigned to the newcomer", lambda: self._ticket()["assignee_id"] == self.hands.person_id)

    def _newcomer(self) -> Caller:
        community, cast = self.grid.community, self.town.cast
        name, password = f"newcomer-{self._external_id}", secrets.token_urlsafe(15)
        newcomer = Caller(self.town.edge, f"{name} of {community}", name, password)
        account = {
            "login": name, "password": password, "area_path": community,
            "grants": [{"role": "member", "area_path": community}],
        }  # fmt: skip
        newcomer.person_id = self._ask(cast.administrator, "/api/v1/accounts", account)["person_id"]
        asked = {"area_path": community, "skills": list(SKILLS), "consent": True}
        self._member_id = self._ask(newcomer, "/api/v1/members", asked)["member_id"]
        self._ask(cast.communities[community], f"/api/v1/members/{self._member_id}/approve", {})
        return newcomer

    def suspend(self) -> None:
        """The community does, him who has it in hand."""
        office = self.town.cast.communities[self.grid.community]
        self._ask(office, f"/api/v1/members/{self._member_id}/suspend", {"reason_code": "long_inactive"})
        self.town.tally.count("claims given back")
        self._nobody_has_it()

    def _nobody_has_it(self) -> None:
        self._wait_for("taken from who is suspended", lambda: self._ticket()["assignee_id"] is None)
        self.hands = self.town.cast.workers[self.grid.id]

    def _others_may_have_it(self) -> None:
        self._wait_for("offered again", lambda: self._ticket()["state"] == "offered")
        self._gave_back = self.hands
        self.hands = self.town.cast.workers[self.grid.id]

    @property
    def members(self) -> list[Caller]:
        """Of the community, but for him who gave it back."""
        return [member for member in self.town.cast.members[self.grid.community] if member is not self._gave_back]

    def _claim(self, member: Caller, offer_id: str) -> str | None:
        try:
            claim = member.post(f"/api/v1/offers/{offer_id}/claims").data
        except Refused as refused:
            if refused.status != 409:
                raise
            self.town.tally.refused(refused.slug)
            return None
        self.town.tally.count("claims won")
        return str(claim["claim_id"])

    def _offer_seen_by(self, member: Caller) -> str:
        found: list[str] = []

        def seen() -> bool:
            offers = member.get("/api/v1/offers", limit="100")["items"]
            found.extend(offer["offer_id"] for offer in offers if offer["ticket_id"] == self._ticket_id)
            return bool(found)

        self._wait_for("offered to members", seen)
        return found[0]

    # How it is done

    def _ticket(self) -> dict[str, Any]:
        return self.town.cast.workers[self.grid.id].get(f"/api/v1/tickets/{self._ticket_id}")

    def _wait_for(self, what: str, check: Any) -> None:
        deadline = time.monotonic() + _SEEN_SECONDS
        while not check():
            if time.monotonic() > deadline:
                raise Refused(0, "not-in-time", f"ticket {self._number} {what}")
            time.sleep(0.15)

    def _filed(self, ticket: dict[str, Any]) -> None:
        self._ticket_id, self._number = ticket["id"], ticket["number"]
        self._secret = ticket["follow_up_secret"]
        self.town.tally.count("filed")

    def _matter(self, **more: Any) -> dict[str, Any]:
        category, description = self._rng.choice(_MATTERS)
        return {"kind": "request", "category": category, "description": description, "urgent": self._urgent, **more}

    def _hotline_matter(self) -> dict[str, Any]:
        return self._matter(
            grid_id=self.grid.id, reporter=self._somebody(), origin="hotline-12345", channel="hotline",
            external_refs=[{"system": "12345", "id": self._external_id}], external_due_at=self._in(3),
        )  # fmt: skip

    def _somebody(self) -> dict[str, str]:
        """A person without an account; some can be reached by mail."""
        number = self._rng.randrange(5000, 9999)
        known = {"name": f"来访{number}", "telephone": f"1900000{number}"}
        return {**known, "email": f"visitor-{number}@example.org"} if number % 2 else known

    def _in(self, days: int) -> str:
        moment: datetime = self.town.clock.now() + timedelta(days=days)
        return moment.replace(microsecond=0).isoformat()

    def _do(self, caller: Caller, deed: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        return self._by(caller, f"/api/v1/tickets/{self._ticket_id}/{deed}", body or {})

    def _do_at_its_level(self, caller: Caller, deed: str, body: dict[str, Any]) -> None:
        """What has been lifted meanwhile, on a machine slower than the clock, is for its level, or one above."""
        if self._is_refused(caller, deed, body, "beneath-its-level"):
            self._do(self.town.cast.district, deed, body)

    def _is_refused(self, caller: Caller, deed: str, body: dict[str, Any], *slugs: str) -> bool:
        """Whether it is refused with one of these, as the play expects on a machine slower than the clock."""
        try:
            self._do(caller, deed, body)
        except Refused as refused:
            if refused.slug not in slugs:
                raise
            self.town.tally.refused(refused.slug)
            return True
        return False

    def _as_reporter(self, deed: str, body: dict[str, Any]) -> None:
        """By one's account, else with the secret of filing or of the slip, else by calling the station, which did not
        solve it and writes down what it is told."""
        path = f"/api/v1/tickets/{self._ticket_id}/{deed}"
        if self._reporter is not None or self._secret:
            secret = {} if self._reporter is not None else {"follow_up_secret": self._secret}
            self._by(self._reporter, path, {**body, **secret})
        else:
            self._do_at_its_level(self._head, deed, {**body, "on_behalf": "telephone"})

    def _by(self, caller: Caller | None, path: str, body: Body, key: str | None = None) -> dict[str, Any]:
        if caller is None:
            return self.town.edge.ask("POST", path, body, key=key).data
        return caller.post(path, body, key).data

    def _ask(self, caller: Caller, path: str, body: Body) -> dict[str, Any]:
        """What is about no ticket."""
        return caller.post(path, body).data

    def _expect(self, slug: str, caller: Caller, path: str, body: dict[str, Any]) -> None:
        """The system must refuse this."""
        try:
            self._by(caller, path, body)
        except Refused as refused:
            if refused.slug != slug:
                raise
            self.town.tally.refused(slug)
        else:
            self.town.tally.surprise(f"{path} was not refused with {slug}")
