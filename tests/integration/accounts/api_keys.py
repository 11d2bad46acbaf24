"""A program with an API key, and the administrator who issued it."""

from typing import Any

from tests.integration.accounts.conftest import XIKOU, Accounts
from tests.integration.accounts.payloads import claims, slug

Document = dict[str, Any]


class Desk:
    """A program with an account of Xikou street, and the street's administrator who issued its key."""

    def __init__(self, accounts: Accounts, *roles: str) -> None:
        self.accounts = accounts
        self.issuer = accounts.open(XIKOU, "admin")
        self.account = accounts.open(XIKOU, *(roles or ("partner",)), kind="service", password=None)
        self.path = f"/api/v1/accounts/{self.account['account_id']}"
        issued = accounts.post(f"{self.path}/keys", {"name": "desk"}, accounts.token(self.issuer["login"]))
        assert issued.status_code == 201, issued.text
        self.key: Document = issued.json()

    def exchange(self) -> Any:
        return self.accounts.process.http.post("/api/v1/tokens", json={"api_key": self.key["api_key"]})

    def grants(self) -> Any:
        answer = self.exchange()
        return claims(self.accounts, answer.json()["token"])["grants"] if answer.is_success else slug(answer)

    def change(self, of: Document, body: Document) -> None:
        path = f"/api/v1/accounts/{of['account_id']}"
        answer = self.accounts.patch(path, body, self.accounts.token(), "*")
        assert answer.status_code == 200, answer.text

    def adopt(self, token: str) -> Any:
        return self.accounts.post(f"{self.path}/keys/{self.key['key_id']}/adopt", {}, token)

    def trail(self) -> list[str]:
        """Acts; what is counted by the hour is left out."""
        acts = {"account_id": self.account["account_id"], "hour": {"$exists": False}}
        rows = self.accounts.db["audit"].find(acts).sort("_id")
        return [row["action"] for row in rows]
