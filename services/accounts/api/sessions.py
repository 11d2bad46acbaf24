"""Signing in with a password or an API key, and the public keys by which everybody verifies the tokens."""

from dataclasses import replace

from services.accounts import api_keys, passwords, signing
from services.accounts.api.attempts import SIGNING_IN, Attempt
from services.accounts.api.base import HASHING, SIGN_IN_LIMIT, Base
from services.accounts.api_keys import ApiKey
from services.accounts.domain.account import Account
from services.accounts.domain.secrets import normal_login, normal_password
from services.accounts.domain.wielding import wielded
from services.accounts.handlers.signing_in import judge
from services.accounts.schemas import Jwks, KeyExchange, SignIn, TokenOut
from services.chassis.http import ANYONE, Call, Problem, Reply, command, query
from services.chassis.unit import Unit


class Sessions(Base):
    @command("POST", "/api/v1/sessions", roles=ANYONE, body=SignIn, answer=TokenOut, limit=SIGN_IN_LIMIT,
             at_once=HASHING, tags=("sessions",), afresh=True,
             problems=("sign-in-failed", "wait-before-retry", "malformed-login"))  # fmt: skip
    def sign_in(self, unit: Unit, call: Call) -> Reply:
        """Sign in with login and password.

        An unknown login, a wrong password and a disabled account get the same answer after the same time. After five
        failures a login has to wait at this address, each time twice as long, at most five minutes; where it signed in
        within 90 days it has twenty and waits at most half a minute, whatever happens elsewhere.
        """
        login, password = normal_login(call.body["login"]), normal_password(call.body["password"])
        store = self.kept(unit)
        stored = store.find_by_login(login)
        attempt = Attempt(self, unit, call, login, stored.account if stored else None, SIGNING_IN)
        too_soon = attempt.too_soon()
        if too_soon is not None:
            return too_soon
        right = passwords.is_right(password, stored.password_hash if stored else None)
        account = judge(stored.account if stored else None, right)
        if account is None:
            return attempt.failed("sign-in-failed")
        attempt.succeeded()
        if stored is not None and stored.password_hash and passwords.is_outdated(stored.password_hash):
            store.set_password(account.account_id, passwords.hashed(password))
        return self._token(unit, account)

    @command("POST", "/api/v1/tokens", roles=ANYONE, body=KeyExchange, answer=TokenOut, limit=SIGN_IN_LIMIT,
             tags=("sessions",), problems=("sign-in-failed", "key-suspended"), afresh=True)  # fmt: skip
    def exchange(self, unit: Unit, call: Call) -> Reply:
        """Exchange an API key for a token.

        It has those roles of the account that who issued the key, or adopted it, could give now. While he could give
        none, or is disabled, the key is suspended: another administrator may adopt it.
        """
        written = api_keys.read(call.body["api_key"])
        if written is None:
            raise Problem("sign-in-failed")
        key_id, secret = written
        keys = self.stored_keys(unit)
        key = keys.find(key_id)
        if key is None:
            raise Problem("sign-in-failed")
        stored, trail = self.kept(unit).find(key.account_id), self.trail(unit, self.chassis.sealer)
        about = {"key_id": key_id}
        if not key.opens(secret, unit.system_now) or stored is None or stored.account.state != "active":
            trail.count("key-refused", call.client, key.account_id, None, **about)
            return Reply(problem=Problem("sign-in-failed"))
        grants = wielded(stored.account, keys.issuer(key))
        if grants is None:
            trail.count("key-refused", call.client, key.account_id, None, **about)
            return Reply(problem=Problem("key-suspended"))
        trail.count("key-exchanged", call.client, key.account_id, stored.account.person_id, **about)
        return self._token(unit, replace(stored.account, grants=grants), key)

    @query("GET", "/api/v1/jwks.json", roles=ANYONE, answer=Jwks, tags=("sessions",))
    def jwks(self, unit: Unit, call: Call) -> Reply:
        """The public keys of the tokens (RFC 7517)."""
        keys = signing.jwks(self.kept(unit).signing_keys(), unit.system_now)
        return Reply(keys, headers={"Cache-Control": "public, max-age=30"})

    def _token(self, unit: Unit, account: Account, api_key: ApiKey | None = None) -> Reply:
        settings = self.chassis.settings
        key = signing.current(self.kept(unit).signing_keys(), unit.system_now)
        token = signing.mint(key, account, settings.jwt_issuer, settings.jwt_audience, unit.system_now, api_key)
        return Reply(token)
