"""`doorstep posts`: a file of posts is loaded whole or not at all, and what is vacant is said."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
import yaml

from services.chassis.unit import RETRY_SECONDS, Unit, Units
from services.tickets.domain.refused import Refused
from services.tickets.files.posts import load_posts_file
from tests.integration.tickets.conftest import COMMUNITY, HEAD, WORKER, House

T = TypeVar("T")
FILE = f"""posts:
- {{place: grid-002, code: head, duty: serve, name: 网格长, level: grid}}
- {{place: station-001, code: cadre, duty: contact, name: 包联干部, holders: [{WORKER}]}}
"""
WRONG = f"""posts:
- {{place: grid-002, code: fine, duty: serve, name: 网格长}}
- place: atlantis
  code: one
  duty: serve
  name: 岗
- {{place: grid-002, code: fine, duty: serve, name: 又一个}}
- place: grid-002
  code: two
  duty: sleep
  name: 岗
- {{place: grid-002, code: three, duty: serve, name: 岗, level: street, holders: [{WORKER}]}}
- {{place: qingyuan, code: four, duty: contact, name: 岗, level: community, holders: [{HEAD}]}}
"""


def test_a_file_of_posts_is_loaded_once_and_shows_what_is_vacant(house: House, tmp_path: Path) -> None:
    file = tmp_path / "posts.yml"
    file.write_text(FILE)
    assert "would be new: 2" in house.processes.cli("posts", "load", str(file), "--dry-run").stdout
    assert house.db["posts"].count_documents({"_id": "grid-002.head"}) == 0
    assert "\nnew: 2, changed: 0, unchanged: 0" in house.processes.cli("posts", "load", str(file)).stdout
    assert "new: 0, changed: 0, unchanged: 2" in house.processes.cli("posts", "load", str(file)).stdout
    told = house.processes.cli("posts", "vacancies").stdout
    assert "grid-002.head  vacant: no holder" in told
    assert "grid-002  lacks contact, maintain, activities" in told
    assert "station-001.cadre  定点包联  包联干部" in house.processes.cli("posts", "list").stdout
    house.db["posts"].delete_many({"_id": {"$in": ["grid-002.head", "station-001.cadre"]}})


def test_what_is_exported_loads_again_unchanged(house: House, tmp_path: Path) -> None:
    file = tmp_path / "posts.yml"
    file.write_text(FILE)
    house.processes.cli("posts", "load", str(file))
    exported = house.processes.cli("posts", "export", "--under", COMMUNITY).stdout
    for code, holders in (("head", None), ("cadre", [WORKER])):
        (row,) = [row for row in yaml.safe_load(exported)["posts"] if row["code"] == code]
        assert row.get("holders") == holders
    file.write_text(exported)
    assert f"new: 0, changed: 0, unchanged: {exported.count('place:')}" in house.processes.cli(
        "posts", "load", str(file)
    ).stdout  # fmt: skip
    file.write_text(exported.replace("包联干部", "包联负责人"))
    house.db["posts"].delete_one({"_id": "grid-002.head"})
    told = house.processes.cli("posts", "load", str(file)).stdout
    assert "new      grid-002.head" in told
    assert "changed  station-001.cadre  包联负责人" in told
    house.db["posts"].delete_many({"_id": {"$in": ["grid-002.head", "station-001.cadre"]}})


def test_each_mistake_is_told_with_line_and_field_and_nothing_is_loaded(house: House, tmp_path: Path) -> None:
    file = tmp_path / "posts.yml"
    file.write_text(WRONG)
    answer = house.processes.cli("posts", "load", str(file), check=False)
    places = [line.split(": ")[0].rsplit(":", 1)[1] + " " + line.split(": ")[1] for line in answer.stderr.splitlines()
              if "posts[" in line]  # fmt: skip
    assert answer.returncode == 1
    assert places == ["3 posts[1].place", "7 posts[2].code", "10 posts[3].duty", "12 posts[4].level",
                      "13 posts[5].holders"]  # fmt: skip
    assert house.db["posts"].count_documents({"_id": "grid-002.fine"}) == 0


def test_what_somebody_changed_since_the_file_was_checked_is_not_overwritten(house: House) -> None:
    mongo, db = house.namespace.mongo, house.db
    mine, theirs = (FILE.replace("网格长", name).encode() for name in ("我的网格长", "别人的网格长"))

    class Overtaken(Units):
        """Somebody else loads just before the first is written."""

        def run(self, function: Callable[[Unit], T], retry_seconds: float = RETRY_SECONDS) -> T:
            load_posts_file(Units(mongo, db, "tickets", house.clock), theirs)
            return super().run(function, retry_seconds)

    with pytest.raises(Refused) as refused:
        load_posts_file(Overtaken(mongo, db, "tickets", house.clock), mine)
    assert refused.value.slug == "posts-changed-meanwhile"
    assert [row["name"] for row in db["posts"].find({"_id": "grid-002.head"})] == ["别人的网格长"]
    db["posts"].delete_many({"_id": {"$in": ["grid-002.head", "station-001.cadre"]}})
