"""API keys, by which other services (partners) sign in."""

from datetime import timedelta
from typing import Any

from services.accounts import api_keys
from services.accounts.api.base import Base, grants_of
from services.accounts.api_keys import ApiKey
from services.accounts.domain.account import Account, Refused, check_may_administer
from services.accounts.domain.wielding import answering, check_ends_key, check_has_keys, wielded
from services.accounts.ending import end_tokens
from services.accounts.schemas import IssuedKey, KeyList, KeyOut, NewKey
from services.chassis.auth import NotFound, Principal
from services.chassis.http import Call, Reply, command, query
from services.chassis.unit import Unit

_ISSUING = ("keys-are-for-services", "only-people-issue-keys", "outside-your-area")


class Keys(Base):
    @command("POST", "/api/v1/accounts/<account_id>/keys", roles=("admin",), body=NewKey, answer=IssuedKey,
             creates=True, tags=("keys",), problems=("too-many-keys", *_ISSUING))  # fmt: skip
    def issue_key(self, unit: Unit, call: Call, account_id: str) -> Reply:
        """Issue an API key. It is shown in this answer, and to who repeats that with its Idempotency-Key; nowhere else.

        At each use it has those roles of the account that who issued it could give at that moment.
        """
        account, issuer = self._issuing(unit, call, account_id)
        key_id, secret = api_keys.new_secret()
        now = unit.system_now
        key = ApiKey(key_id, account_id, call.body["name"], api_keys.digest(secret), now,
                     now + timedelta(days=call.body["days"]), issued_by=issuer.person_id)  # fmt: skip
        self.stored_keys(unit).add(key, now)
        self.kept(unit).record(issuer.person_id, "key-issued", account_id, {"key_id": key_id})
        return Reply({**_shown(key, account, issuer), "api_key": api_keys.written(key_id, secret)})

    @query("GET", "/api/v1/accounts/<account_id>/keys", roles=("admin",), answer=KeyList, tags=("keys",))
    def list_keys(self, unit: Unit, call: Call, account_id: str) -> Reply:
        """The API keys of an account, without their secrets, and what each may do now."""
        account = self.administered(unit, call.principal, account_id).account
        keys = self.stored_keys(unit)
        return Reply({"items": [_shown(key, account, keys.issuer(key)) for key in keys.of_account(account_id)]})

    @command("DELETE", "/api/v1/accounts/<account_id>/keys/<key_id>", roles=("admin",), answer=KeyOut,
             tags=("keys",), problems=("outside-your-area", "only-people-end-keys"))  # fmt: skip
    def revoke_key(self, unit: Unit, call: Call, account_id: str, key_id: str) -> Reply:
        """Revoke an API key, as who could issue it or answers for it may. Revoking it again changes nothing.

        A program revokes the key by which it came, and no other: have a person do it, or disable the account. All
        tokens of the account end with it: who has another key of it exchanges that again.
        """
        account = self.administered(unit, call.principal, account_id).account
        key, keys = self._key(unit, account_id, key_id), self.stored_keys(unit)
        check_ends_key(self.caller(unit, call.principal), call.principal.api_key, key_id)
        if key.issued_by != call.principal.person_id:
            _check_could_give(self.administrator(unit, call.principal), account)
        if key.revoked_at is None:
            key = keys.revoke(key, unit.system_now)
            self.kept(unit).record(call.principal.person_id, "key-revoked", account_id, {"key_id": key_id})
            account = end_tokens(unit, self.kept(unit), account)
        return Reply(_shown(key, account, keys.issuer(key)))

    @command("POST", "/api/v1/accounts/<account_id>/keys/<key_id>/adopt", roles=("admin",), answer=KeyOut,
             tags=("keys",), problems=("key-is-over", *_ISSUING))  # fmt: skip
    def adopt_key(self, unit: Unit, call: Call, account_id: str, key_id: str) -> Reply:
        """Answer for a key from now on, as if one had issued it: it works on when its issuer leaves, or again.

        Tokens of before, which name who answered for it then, end. Adopting one's own changes nothing.
        """
        account, issuer = self._issuing(unit, call, account_id)
        key = self._key(unit, account_id, key_id)
        if not key.is_live(unit.system_now):
            raise Refused("key-is-over")
        if key.issued_by != issuer.person_id:
            detail = {"key_id": key_id, "before": key.issued_by}
            key = self.stored_keys(unit).adopt(key, issuer.person_id)
            self.kept(unit).record(issuer.person_id, "key-adopted", account_id, detail)
            account = end_tokens(unit, self.kept(unit), account)
        return Reply(_shown(key, account, issuer))

    def _key(self, unit: Unit, account_id: str, key_id: str) -> ApiKey:
        key = self.stored_keys(unit).find(key_id)
        if key is None or key.account_id != account_id:
            raise NotFound
        return key

    def _issuing(self, unit: Unit, call: Call, account_id: str) -> tuple[Account, Account]:
        """The account and who issues or adopts a key of it: a person who could give the account all its roles.

        Both stay as they are until the key is kept: neither is disabled, nor gets another role, in between.
        """
        account = self.administered(unit, call.principal, account_id).account
        administrator = self.administrator(unit, call.principal)
        check_has_keys(account)
        _check_could_give(administrator, account)
        issuer = answering(self.caller(unit, administrator))
        self.kept(unit).hold(account.account_id, issuer.account_id)
        return account, issuer


def _check_could_give(administrator: Principal, account: Account) -> None:
    """Who could not give the account all its roles neither makes a key of it nor ends one. Raises Refused."""
    check_may_administer(grants_of(administrator), [grant.area_path for grant in account.grants])


def _shown(key: ApiKey, account: Account, issuer: Account | None) -> dict[str, Any]:
    grants = wielded(account, issuer)
    return {
        "key_id": key.key_id,
        "name": key.name,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "issued_by": key.issued_by,
        "suspended": grants is None,
        "grants": [{"role": grant.role, "area_path": grant.area_path} for grant in grants or ()],
    }
