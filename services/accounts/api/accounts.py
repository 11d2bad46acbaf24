"""Opening, seeing and changing accounts."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from services.accounts import passwords
from services.accounts.api.base import HASHING, REGISTRATION_LIMIT, TAKEN_LIMIT, Base, grants_of, read_grants, shown
from services.accounts.domain.secrets import check_new_password, normal_login, normal_password
from services.accounts.domain.wielding import check_giver, check_new_account
from services.accounts.ending import end_narrowed_keys
from services.accounts.handlers.accounts import Change, Opening, change_account, contact_event, open_account, register
from services.accounts.handlers.places import check_places
from services.accounts.problems import REGISTERED
from services.accounts.schemas import (
    AccountChange,
    AccountFilter,
    AccountOut,
    AccountPage,
    NewAccount,
    Registered,
    Registration,
)
from services.chassis.http import ANYONE, Call, Problem, Reply, command, query
from services.chassis.ids import new_id
from services.chassis.unit import Unit

if TYPE_CHECKING:
    from services.accounts.storage import Stored

_NEW_LOGIN_PROBLEMS = ("malformed-login", "weak-password")
_LOGIN_PROBLEMS = ("login-taken", *_NEW_LOGIN_PROBLEMS)
_OPENING_PROBLEMS = ("services-sign-in-by-key",)
_GRANT_PROBLEMS = (
    "unknown-role", "malformed-area-path", "area-too-narrow", "too-many-grants", "outside-your-area", "unknown-place",
    "only-people-give-roles",
)  # fmt: skip


class Accounts(Base):
    @command("POST", "/api/v1/accounts", roles=("admin",), body=NewAccount, answer=AccountOut, creates=True,
             limit=TAKEN_LIMIT, at_once=HASHING, tags=("accounts",),
             problems=(*_LOGIN_PROBLEMS, *_OPENING_PROBLEMS, *_GRANT_PROBLEMS))  # fmt: skip
    def open_account(self, unit: Unit, call: Call) -> Reply:
        """Open an account within the administrator's own area.

        A program opens one with no role but resident, and without a password. Who finds a login in use stands in the
        audit trail of the account that has it, wherever that is.
        """
        principal, body = self.administrator(unit, call.principal), call.body
        opening = Opening(new_id(), new_id(), body["kind"], body["area_path"], read_grants(body["grants"]))
        check_new_account(opening.kind, body["password"])
        change = open_account(opening, grants_of(principal), unit.now)
        check_giver(self.caller(unit, principal), change.account, password=body["password"] is not None)
        check_places(self.places(unit), change.account)
        account, login = change.account, normal_login(body["login"])
        password_hash = call.once("hash", lambda: _new_hash(body["password"], login))
        there = self.kept(unit).find_by_login(login)
        if there is not None:
            return self._taken(unit, call, there.account.account_id)
        self._keep(unit, change, principal.person_id, login, password_hash, body["contact"])
        place = f"/api/v1/accounts/{account.account_id}"
        return Reply(shown(account, login), etag=account.revision, location=place)

    @command("POST", "/api/v1/accounts/registrations", roles=ANYONE, body=Registration, answer=Registered, status=202,
             creates=True, limit=REGISTRATION_LIMIT, at_once=HASHING, tags=("accounts",),
             problems=(*_NEW_LOGIN_PROBLEMS, "malformed-area-path", "area-too-wide", "unknown-place"))  # fmt: skip
    def register(self, unit: Unit, call: Call) -> Reply:
        """Register oneself as a resident (居民) of a community or a place beneath it, and sign in then.

        The answer is the same whether or not the login has an account already, after the same work, so that it tells
        nobody whose telephone has one. If it has, everything stays as it was, the password too, and the account's audit
        trail says that somebody registered again. Who signs in with what he sent sees at `GET /accounts/me` who he is.
        """
        opening = Opening(new_id(), new_id(), "person", call.body["area_path"], ())
        change, login = register(opening, unit.now), normal_login(call.body["login"])
        check_places(self.places(unit), change.account)
        password_hash = call.once("hash", lambda: _new_hash(call.body["password"], login))
        there = self.kept(unit).find_by_login(login)
        if there is None:
            self._keep(unit, change, change.account.person_id, login, password_hash, call.body["contact"])
        else:
            trail = self.trail(unit, self.chassis.sealer)
            trail.count("registered-again", call.client, there.account.account_id, None)
        return Reply({"message": REGISTERED[call.locale]}, headers={"Content-Language": call.locale})

    @query("GET", "/api/v1/accounts", roles=("admin",), params=AccountFilter, answer=AccountPage, tags=("accounts",))
    def list_accounts(self, unit: Unit, call: Call) -> Reply:
        """The accounts of the administrator's areas, oldest first."""
        found = self.kept(unit).page(
            self.administrator(unit, call.principal).areas("admin"),
            call.params.get("area_path"),
            call.params.get("state"),
            call.page.after[0] if call.page.after else None,
            call.page.fetch,
        )
        return Reply(call.page.answer([_shown(stored) for stored in found], lambda item: (item["account_id"],)))

    @query("GET", "/api/v1/accounts/<account_id>", roles=("admin",), answer=AccountOut, tags=("accounts",))
    def see_account(self, unit: Unit, call: Call, account_id: str) -> Reply:
        """One account of the administrator's areas."""
        stored = self.administered(unit, call.principal, account_id)
        return Reply(_shown(stored), etag=stored.account.revision)

    @command("PATCH", "/api/v1/accounts/<account_id>", roles=("admin",), body=AccountChange, answer=AccountOut,
             tags=("accounts",), problems=("own-account", *_GRANT_PROBLEMS))  # fmt: skip
    def change_account(self, unit: Unit, call: Call, account_id: str) -> Reply:
        """Give or take roles, disable or enable. A program gives no role but resident, also not by enabling.

        Whoever is disabled, or loses a role, is signed out: here at once, elsewhere as soon as a service hears of it.
        So is a program whose key has less now, because who answers for it lost something: it exchanges its key again.
        """
        principal, store = self.administrator(unit, call.principal), self.kept(unit)
        stored = self.administered(unit, principal, account_id)
        call.if_match(stored.account.revision)
        grants = read_grants(call.body["grants"]) if "grants" in call.body else None
        change = change_account(
            stored.account, grants_of(principal), principal.person_id, grants, call.body.get("state")
        )
        if change is None:
            return Reply(_shown(stored), etag=stored.account.revision)
        check_giver(self.caller(unit, principal), change.account, stored.account)
        check_places(self.places(unit), change.account, stored.account)
        store.update(change.account)
        store.record(principal.person_id, change.action, account_id, change.detail)
        unit.emit(*change.events)
        end_narrowed_keys(unit, store, self.stored_keys(unit), stored.account, change.account)
        return Reply(shown(change.account, stored.login), etag=change.account.revision)

    def _taken(self, unit: Unit, call: Call, account_id: str) -> Reply:
        """Refuse, and keep who asked: of a telephone this tells that its owner has an account, in any area."""
        call.once("taken", lambda: call.spend(1))
        trail = self.trail(unit, self.chassis.sealer)
        trail.count("login-taken", call.client, account_id, call.principal.person_id)
        return Reply(problem=Problem("login-taken"))

    def _keep(
        self, unit: Unit, change: Change, actor: str, login: str, password_hash: str | None,
        contact: Mapping[str, Any] | None,
    ) -> None:  # fmt: skip
        account, store = change.account, self.kept(unit)
        store.add(account, login, password_hash)
        store.record(actor, change.action, account.account_id, change.detail)
        unit.emit(*change.events)
        if contact is not None:
            revision, sealed = store.set_contact(account.account_id, contact)
            unit.emit(contact_event(account.person_id, revision, account.area_path, sealed))


def _new_hash(password: str | None, login: str) -> str | None:
    if password is None:
        return None
    password = normal_password(password)
    check_new_password(password, login)
    return passwords.hashed(password)


def _shown(stored: "Stored") -> dict[str, Any]:
    return shown(stored.account, stored.login)
