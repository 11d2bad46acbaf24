"""HTTP of volunteers: members, offers and claims, points."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from services.chassis import feed
from services.chassis.auth import NotFound
from services.chassis.context import Context
from services.chassis.http import SIGNED_IN, Call, Reply, command, query
from services.chassis.unit import Unit
from services.volunteers import schemas
from services.volunteers.domain.contact import Contact
from services.volunteers.domain.ledger import Transaction, TransactionKind
from services.volunteers.domain.members import Member, Slot, require_active
from services.volunteers.domain.refusals import Refused
from services.volunteers.handlers import claims, members
from services.volunteers.handlers.places import check_place
from services.volunteers.settings import claims_of_member_day

APPROVERS = ("station_head", "community")
"""Who decides on members of his area (双报到: the community or the station takes them in)."""
STAFF = ("grid_head", "station_head", "community", "street", "district")
"""Who sees the members of his area and their points."""

CLAIM_PROBLEMS = ("only-people", "not-a-member", "member-not-active", "offer-taken", "offer-closed",
                  "offer-does-not-fit",
                  "gave-it-back", "too-many-claims", "too-many-claims-today")  # fmt: skip


class Volunteers:
    """Every route states who may call it; where, the handler judges by the member's area."""

    chassis: Context
    store: Callable[[Unit], Any]
    places: Callable[[Unit], Any]
    acts: Callable[[Unit], Any]

    @command("POST", "/api/v1/members", roles=SIGNED_IN, body=schemas.RegisterMember, answer=schemas.MemberOut,
             creates=True, tags=("members",), problems=("only-people", "member-exists", "unknown-place"))  # fmt: skip
    def register(self, unit: Unit, call: Call) -> Reply:
        """Ask to be a member: a person does, no program's account."""
        call.principal.require_person()
        asked = call.body
        check_place(self.places(unit), asked["area_path"])
        contact = Contact(asked["name"], asked["telephone"], asked["email"])
        known = {**asdict(contact), "locale": call.locale} if contact else None
        sealer = self.chassis.sealer
        sealed = members.Sealed(sealer.seal(known), sealer.exchange.seal(known)) if known else None
        slots = [Slot(s["weekday"], _minute(s["from_"]), _minute(s["to"])) for s in asked["availability"]]
        member = members.register(
            self.store(unit), call.principal.person_id, asked["area_path"], asked["skills"], slots, sealed
        )
        return self._member(member, location=f"/api/v1/members/{member.member_id}")

    @query("GET", "/api/v1/members", roles=STAFF, params=schemas.MemberFilter, answer=schemas.MemberPage,
           tags=("members",))  # fmt: skip
    def list_members(self, unit: Unit, call: Call) -> Reply:
        """The members of the caller's areas."""
        found = self.store(unit).members_in(call.principal.areas(*STAFF), call.params["state"], call.page)
        page = call.page.answer(found, lambda member: (member.member_id,))
        return Reply({**page, "items": [self._shown(member) for member in page["items"]]})

    @query("GET", "/api/v1/members/me", roles=SIGNED_IN, answer=schemas.MemberOut, tags=("members",))
    def own_record(self, unit: Unit, call: Call) -> Reply:
        """The caller's own record."""
        member = self.store(unit).member_of(call.principal.person_id)
        if member is None:
            raise Refused("not-found")
        return self._member(member)

    @query("GET", "/api/v1/members/<member_id>", roles=SIGNED_IN, answer=schemas.MemberOut, tags=("members",))
    def show_member(self, unit: Unit, call: Call, member_id: str) -> Reply:
        """One member, for himself and for the staff of his area."""
        return self._member(self._seen(unit, call, member_id))

    @command("POST", "/api/v1/members/<member_id>/approve", roles=APPROVERS, answer=schemas.MemberOut,
             tags=("members",), problems=("own-approval", "only-people", "member-state"))  # fmt: skip
    def approve(self, unit: Unit, call: Call, member_id: str) -> Reply:
        """Let a registered or suspended member help; not oneself."""
        member = self._decidable(unit, call, member_id)
        return self._member(members.approve(self.store(unit), member, call.principal.person_id))

    @command("POST", "/api/v1/members/<member_id>/suspend", roles=APPROVERS, body=schemas.SuspendMember,
             answer=schemas.MemberOut, tags=("members",), problems=("only-people", "member-state"))  # fmt: skip
    def suspend(self, unit: Unit, call: Call, member_id: str) -> Reply:
        """Stop an approved member from claiming, and say why, by `reason_code`; what he has in hand is taken from him.

        The tickets go on for others, whether or not he has begun, and who answers for them is told; what is solved
        stays his. He is told of the suspension, with the reason in words, which no public event has. It stands in
        `GET /volunteers/acts`, as each approval does.
        """
        member, reason_code = self._decidable(unit, call, member_id), call.body["reason_code"]
        sealed = self.chassis.sealer.exchange.seal({"reason_code": reason_code})
        suspended = members.suspend(self.store(unit), member, call.principal.person_id, reason_code, sealed)
        return self._member(suspended)

    @query("GET", "/api/v1/volunteers/acts", roles=("admin",), params=schemas.ActFilter, answer=schemas.ActPage,
           tags=("acts",))  # fmt: skip
    def list_acts(self, unit: Unit, call: Call) -> Reply:
        """Who approved and suspended members of the administrator's areas, newest first.

        Who, when, whom, the state before and after, and for which reason. No names nor other words. Kept for good.
        """
        mine, asked = call.principal.areas("admin"), call.params
        beneath = feed.narrowed(mine, asked.get("area"))
        if not beneath:
            raise NotFound
        found = self.acts(unit).page(
            beneath,
            call.page.after[0] if call.page.after else None,
            call.page.fetch,
            {stored: asked[name] for name, stored in _EQUAL.items() if name in asked},
            asked.get("since"),
            asked.get("until"),
        )
        page = call.page.answer(found, lambda row: (row["_id"],))
        # Of the areas only those that are the reader's, as everywhere.
        page["items"] = [{**row, "areas": [a for a in row["areas"] if a.startswith(mine)]} for row in page["items"]]
        return Reply(page)

    @query("GET", "/api/v1/offers", roles=SIGNED_IN, answer=schemas.OfferPage, tags=("offers",),
           problems=("only-people", "not-a-member", "member-not-active"))  # fmt: skip
    def list_offers(self, unit: Unit, call: Call) -> Reply:
        """The open tickets that fit the calling member's area and skills, without those that he gave back."""
        call.principal.require_person()
        store = self.store(unit)
        member = require_active(store.member_of(call.principal.person_id))
        found = store.offers_for(member, call.page)
        return Reply(call.page.answer(found, lambda offer: (offer.offered_at, offer.offer_id)))

    @command("POST", "/api/v1/offers/<offer_id>/claims", roles=SIGNED_IN, answer=schemas.ClaimOut, creates=True,
             tags=("offers",), problems=CLAIM_PROBLEMS)  # fmt: skip
    def claim(self, unit: Unit, call: Call, offer_id: str) -> Reply:
        """Take the ticket. Of all who try, exactly one wins; the others get `offer-taken`.

        A member has five in hand at most, and claims so many within 24 hours; what he gave back is left to others in
        that round.
        """
        call.principal.require_person()
        claim = claims.claim_offer(self.store(unit), offer_id, call.principal.person_id, claims_of_member_day())
        return Reply(claim, location=f"/api/v1/claims/{claim.claim_id}")

    @query("GET", "/api/v1/claims/<claim_id>", roles=SIGNED_IN, answer=schemas.ClaimOut, tags=("offers",))
    def show_claim(self, unit: Unit, call: Call, claim_id: str) -> Reply:
        """The caller's own claim and what became of it."""
        claim = self.store(unit).claim(claim_id)
        if claim is None or claim.person_id != call.principal.person_id:
            raise Refused("not-found")
        return Reply(claim)

    @command("POST", "/api/v1/claims/<claim_id>/withdraw", roles=SIGNED_IN, answer=schemas.ClaimOut,
             tags=("offers",), problems=("claim-state", "claim-under-way"))  # fmt: skip
    def withdraw(self, unit: Unit, call: Call, claim_id: str) -> Reply:
        """Ask to give a claim back: it is `withdrawing` until tickets has answered, within a moment.

        It ends where he has done nothing about it yet, and the ticket is offered to others; in the same round he does
        not claim it again. Where he has begun with it (on site, a session, a paper) or solved it, it is
        his as before, and he is told so.
        """
        return Reply(claims.withdraw_claim(self.store(unit), claim_id, call.principal.person_id))

    @query("GET", "/api/v1/points/balance", roles=SIGNED_IN, answer=schemas.BalanceOut, tags=("points",))
    def balance(self, unit: Unit, call: Call) -> Reply:
        """The caller's own points (积分), member or not."""
        return Reply(self.store(unit).account(call.principal.person_id))

    @query("GET", "/api/v1/points/statement", roles=SIGNED_IN, params=schemas.StatementFilter,
           answer=schemas.StatementPage, tags=("points",))  # fmt: skip
    def statement(self, unit: Unit, call: Call) -> Reply:
        """The caller's own transactions, the newest first; with `member_id` a member's, for staff of his area."""
        person_id, member_id = call.principal.person_id, call.params["member_id"]
        if member_id is not None:
            person_id = self._seen(unit, call, member_id).person_id
        found = self.store(unit).statement(person_id, call.page)
        page = call.page.answer(found, lambda line: (line[0].sequence,))
        return Reply({**page, "items": [_line(transaction, at) for transaction, at in page["items"]]})

    def _seen(self, unit: Unit, call: Call, member_id: str) -> Member:
        """The member, if the caller is himself or staff of his area."""
        member: Member | None = self.store(unit).member(member_id)
        if member is None:
            raise Refused("not-found")
        if member.person_id != call.principal.person_id:
            call.principal.require(member.area_path, *STAFF)
        return member

    def _decidable(self, unit: Unit, call: Call, member_id: str) -> Member:
        """The member, if the caller, a person, decides on members of that area and has seen the present version."""
        member: Member | None = self.store(unit).member(member_id)
        if member is None:
            raise Refused("not-found")
        call.principal.require(member.area_path, *APPROVERS)
        call.principal.require_person()  # its key may be the member's own
        call.if_match(member.sequence, required=False)
        return member

    def _member(self, member: Member, location: str | None = None) -> Reply:
        return Reply(self._shown(member), etag=member.sequence, location=location)

    def _shown(self, member: Member) -> dict[str, Any]:
        slots = [{"weekday": s.weekday, "from_": _clock(s.from_minute), "to": _clock(s.to_minute)}
                 for s in member.availability]  # fmt: skip
        contact = None
        if member.sealed_contact is not None:
            known = self.chassis.sealer.unseal(member.sealed_contact)
            contact = Contact(known["name"], known["telephone"], known["email"]).masked()
        return {**{name: getattr(member, name) for name in _PLAIN}, "availability": slots, "contact": contact}


_PLAIN = (
    "member_id", "person_id", "state", "area_path", "skills", "registered_at", "decided_at", "decided_by",
    "reason_code",
)  # fmt: skip
_EQUAL = {"person_id": "by", "action": "action", "subject": "subject"}


def _minute(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _line(transaction: Transaction, posted_at: Any) -> dict[str, Any]:
    sign = -1 if transaction.kind is TransactionKind.REVERSAL else 1
    return {**asdict(transaction), "points": sign * transaction.points, "posted_at": posted_at}
