"""API keys, by which other services (partners) sign in."""

from datetime import timedelta
from typing import Any

from services.accounts import api_keys
from services.accounts.api.base import Base, grants_of
from services.accounts.api_keys import ApiKey
from services.accounts.domain.account import check_may_administer
from services.accounts.schemas import IssuedKey, KeyList, KeyOut, NewKey
from services.chassis.auth import NotFound
from services.chassis.http import Call, Reply, command, query
from services.chassis.unit import Unit


class Keys(Base):
    @command("POST", "/api/v1/accounts/<account_id>/keys", roles=("admin",), body=NewKey, answer=IssuedKey,
             creates=True, tags=("keys",), problems=("too-many-keys", "outside-your-area"))  # fmt: skip
    def issue_key(self, unit: Unit, call: Call, account_id: str) -> Reply:
        """Issue an API key. It is shown in this answer and never again."""
        self._check_wields(unit, call, account_id)
        key_id, secret = api_keys.new_secret()
        now = unit.system_now
        key = ApiKey(key_id, account_id, call.body["name"], api_keys.digest(secret), now,
                     now + timedelta(days=call.body["days"]))  # fmt: skip
        store = self.kept(unit)
        store.add_key(key, now)
        store.record(call.principal.person_id, "key-issued", account_id, {"key_id": key_id})
        return Reply({**_shown(key), "api_key": api_keys.written(key_id, secret)})

    @query("GET", "/api/v1/accounts/<account_id>/keys", roles=("admin",), answer=KeyList, tags=("keys",))
    def list_keys(self, unit: Unit, call: Call, account_id: str) -> Reply:
        """The API keys of an account, without their secrets."""
        self.administered(unit, call.principal, account_id)
        return Reply({"items": [_shown(key) for key in self.kept(unit).keys_of(account_id)]})

    @command("DELETE", "/api/v1/accounts/<account_id>/keys/<key_id>", roles=("admin",), answer=KeyOut, tags=("keys",))
    def revoke_key(self, unit: Unit, call: Call, account_id: str, key_id: str) -> Reply:
        """Revoke an API key. Revoking it again changes nothing."""
        self.administered(unit, call.principal, account_id)
        store = self.kept(unit)
        key = store.find_key(key_id)
        if key is None or key.account_id != account_id:
            raise NotFound
        if key.revoked_at is None:
            key = store.revoke_key(key, unit.system_now)
            store.record(call.principal.person_id, "key-revoked", account_id, {"key_id": key_id})
        return Reply(_shown(key))

    def _check_wields(self, unit: Unit, call: Call, account_id: str) -> None:
        """A key wields all roles of its account, so only who could have given them all may issue one."""
        account = self.administered(unit, call.principal, account_id).account
        administrator = self.administrator(unit, call.principal)
        check_may_administer(grants_of(administrator), [grant.area_path for grant in account.grants])


def _shown(key: ApiKey) -> dict[str, Any]:
    return {
        "key_id": key.key_id,
        "name": key.name,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
    }
