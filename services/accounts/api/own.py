"""What everybody may do with his own account."""

from services.accounts import passwords
from services.accounts.api.attempts import CHANGING_PASSWORD, Attempt
from services.accounts.api.base import CONTACT_LIMITS, HASHING, PASSWORD_LIMIT, Base, shown
from services.accounts.domain.secrets import check_new_password, normal_password
from services.accounts.ending import end_tokens
from services.accounts.handlers.accounts import contact_event
from services.accounts.handlers.signing_in import judge
from services.accounts.schemas import AccountOut, Contact, PasswordChange
from services.chassis.http import SIGNED_IN, Call, Reply, command, query
from services.chassis.unit import Unit


class Own(Base):
    @query("GET", "/api/v1/accounts/me", roles=SIGNED_IN, answer=AccountOut, tags=("accounts",))
    def see_own(self, unit: Unit, call: Call) -> Reply:
        """One's own account."""
        stored = self.own(unit, call.principal)
        return Reply(shown(stored.account, stored.login, own=True), etag=stored.account.revision)

    @command("POST", "/api/v1/accounts/me/password", roles=SIGNED_IN, body=PasswordChange, tags=("accounts",),
             limit=PASSWORD_LIMIT, at_once=HASHING, signs_out=True,
             problems=("wrong-password", "wait-before-retry", "weak-password"))  # fmt: skip
    def change_password(self, unit: Unit, call: Call) -> Reply:
        """Change one's own password; the present one is asked for, with the same patience as at sign-in.

        Whoever is signed in with this account is signed out, the caller too: sign in again with the new password.
        """
        store, stored = self.kept(unit), self.own(unit, call.principal)
        new = normal_password(call.body["new"])
        check_new_password(new, stored.login)
        attempt = Attempt(self, unit, call, stored.login, stored.account, CHANGING_PASSWORD)
        too_soon = attempt.too_soon()
        if too_soon is not None:
            return too_soon
        right = passwords.is_right(normal_password(call.body["current"]), stored.password_hash)
        account = judge(stored.account, right)
        if account is None:
            return attempt.failed("wrong-password")
        attempt.succeeded()
        store.set_password(account.account_id, call.once("hash", lambda: passwords.hashed(new)))
        store.record(call.principal.person_id, "password-changed", account.account_id, {})
        end_tokens(unit, store, account)
        return Reply()

    @command("PUT", "/api/v1/accounts/me/contact", roles=SIGNED_IN, body=Contact, tags=("accounts",),
             limit=CONTACT_LIMITS)  # fmt: skip
    def change_contact(self, unit: Unit, call: Call) -> Reply:
        """Say how one can be reached; kept sealed and told to notifications alone."""
        store, account = self.kept(unit), self.own(unit, call.principal).account
        revision, sealed = store.set_contact(account.account_id, call.body)
        store.record(call.principal.person_id, "contact-changed", account.account_id, {})
        unit.emit(contact_event(account.person_id, revision, account.area_path, sealed))
        return Reply()
