"""What was kept before telephones and references had one spelling is found by it after the migration."""

from services.chassis import mongo
from services.chassis.migrations import migrate
from services.tickets.storage import MIGRATIONS
from tests.support.many_tickets import many_tickets
from tests.support.namespaces import Namespace
from tests.support.processes import sealer_of

BEFORE, STEP = MIGRATIONS[:13], MIGRATIONS[:14]


def test_a_person_known_by_another_spelling_is_found_by_the_usual_one(namespace: Namespace) -> None:
    sealer = sealer_of("tickets")
    db = mongo.database(namespace.mongo, f"{namespace.prefix}_tickets")
    migrate(db, BEFORE, sealer)
    kept = ("013812340001", "13812340001", "013812340002", "0101234567")
    digests = [sealer.lookup("telephone", telephone) for telephone in kept]
    for row, telephone, digest in zip(many_tickets(4), kept, digests, strict=True):
        lists = [one for one in row["lists"] if not one.startswith("telephone:")]
        db["tickets"].insert_one({
            **row, "sealed": sealer.seal({"telephone": telephone}), "telephone_digest": digest,
            "lists": sorted([*lists, f"telephone:{digest[:32]}"]),
        })  # fmt: skip
        db["people"].insert_one({"_id": digest, "person_id": f"person of {telephone}"})
    before = [row["lists"] for row in db["tickets"].find().sort("_id")]
    migrate(db, STEP, sealer)
    usual, second = (sealer.lookup("telephone", telephone) for telephone in ("13812340001", "13812340002"))
    rows = list(db["tickets"].find().sort("_id"))
    assert [row["telephone_digest"] for row in rows] == [usual, usual, second, digests[3]]
    assert [f"telephone:{digest[:32]}" in row["lists"] for row, digest in zip(rows, [usual, usual, second, digests[3]],
                                                                              strict=True)] == [True] * 4  # fmt: skip
    assert [len(row["lists"]) for row in rows] == [len(lists) for lists in before]
    assert [db["people"].find_one({"_id": digest})["person_id"] for digest in (usual, second)] == [  # type: ignore[index]
        "person of 13812340001", "person of 013812340002"
    ]  # fmt: skip


def test_who_was_known_by_telephone_everywhere_is_so_in_the_county_of_his_first_ticket(namespace: Namespace) -> None:
    sealer = sealer_of("tickets")
    db = mongo.database(namespace.mongo, f"{namespace.prefix}_tickets")
    migrate(db, MIGRATIONS[:15], sealer)
    digest = sealer.lookup("telephone", "13812340001")
    for row, county in zip(many_tickets(2), ("first", "second"), strict=True):
        db["tickets"].insert_one({
            **row, "area_path": f"/{county}/street/", "reporter_id": "wang", "telephone_digest": digest,
            "sealed": sealer.seal({"telephone": "13812340001"}), "assignee_id": "zhao", "state": "resolved",
            "lists": ["person:wang", "person:zhao"],
        })  # fmt: skip
    db["people"].insert_one({"_id": digest, "person_id": "wang"})
    for _ in range(2):  # it may be run again
        migrate(db, MIGRATIONS[:16], sealer)
        known = {"_id": sealer.lookup("person", "/first/|13812340001"), "person_id": "wang"}
        assert list(db["people"].find()) == [known]
        for row in db["tickets"].find():
            assert {"person:wang", "hands:zhao"} <= set(row["lists"])
            assert "person:zhao" not in row["lists"], "he has it in hand no more"
        db["migrations"].delete_one({"_id": 16})


def test_cases_of_a_partner_are_known_by_their_one_spelling_and_doubles_are_numbered(namespace: Namespace) -> None:
    db = mongo.database(namespace.mongo, f"{namespace.prefix}_tickets")
    migrate(db, STEP)
    kept = (["HX-001"], ["ＨＸ-001"], ["hx-001"], ["HX-002", "HX-002\u200b"])
    for row, ids in zip(many_tickets(4), kept, strict=True):
        refs = [{"system": "12345", "id": one} for one in ids]
        db["tickets"].insert_one({**row, "external_refs": refs, "external_keys": [f"12345|{one}" for one in ids]})
    for _ in range(2):  # it may be run again
        migrate(db, MIGRATIONS[:15])
        rows = list(db["tickets"].find().sort("_id"))
        assert [row["external_keys"] for row in rows] == [
            ["12345|hx-001 (2)"], ["12345|hx-001 (3)"], ["12345|hx-001"], ["12345|hx-002", "12345|hx-002 (2)"]
        ]  # fmt: skip
        db["migrations"].delete_one({"_id": 15})
