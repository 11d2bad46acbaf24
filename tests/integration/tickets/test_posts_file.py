"""`doorstep posts`: a file of posts is loaded whole or not at all, and what is vacant is said."""

from pathlib import Path

from tests.integration.tickets.conftest import WORKER, House

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


def test_each_mistake_is_told_with_line_and_field_and_nothing_is_loaded(house: House, tmp_path: Path) -> None:
    file = tmp_path / "posts.yml"
    file.write_text(WRONG)
    answer = house.processes.cli("posts", "load", str(file), check=False)
    places = [line.split(": ")[0].rsplit(":", 1)[1] + " " + line.split(": ")[1] for line in answer.stderr.splitlines()
              if "posts[" in line]  # fmt: skip
    assert answer.returncode == 1
    assert places == ["3 posts[1].place", "7 posts[2].code", "10 posts[3].duty", "12 posts[4].level"]
    assert house.db["posts"].count_documents({"_id": "grid-002.fine"}) == 0
