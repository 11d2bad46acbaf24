"""A login that was kept as +86 138… is found by the mobile's one spelling after the migration."""

from services.accounts.domain.secrets import normal_login
from services.accounts.storage_migrations import MIGRATIONS
from services.chassis import mongo
from services.chassis.migrations import migrate
from tests.support.namespaces import Namespace
from tests.support.processes import sealer_of

BEFORE = ("+8613812340001", "13812340002", "138-1234-0002", "0311-81234567", "zhao")


def test_who_signed_in_by_another_spelling_still_does(namespace: Namespace) -> None:
    sealer = sealer_of("accounts")
    db = mongo.database(namespace.mongo, f"{namespace.prefix}_accounts")
    migrate(db, MIGRATIONS[:2], sealer)
    for number, login in enumerate(BEFORE):
        db["accounts"].insert_one({
            "_id": str(number), "person_id": f"p{number}", "login": sealer.seal(login),
            "login_lookup": sealer.lookup("login", login),
        })  # fmt: skip
    migrate(db, MIGRATIONS[:3], sealer)

    def account(login: str) -> str | None:
        row = db["accounts"].find_one({"login_lookup": sealer.lookup("login", normal_login(login))})
        return str(row["_id"]) if row else None

    assert [account(login) for login in BEFORE] == ["0", "1", "1", "3", "4"]
    other = db["accounts"].find_one({"_id": "2"})
    assert other is not None
    assert sealer.unseal(other["login"]) == "138-1234-0002", "the other spelling of another's login stays as it was"
