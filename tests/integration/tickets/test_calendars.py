"""Official calendars as operators load them."""

from pathlib import Path

import yaml

from tests.integration.tickets.conftest import (
    House,
    done,
    refused,
)


class TestCalendars:
    def test_a_year_is_loaded_and_known_at_once(self, house: House, tmp_path: Path) -> None:
        refused(house.get("/api/v1/calendars/working-days/2041", None), 404, "calendar-year-unknown")
        holidays = [f"2041-01-{day:02d}" for day in range(1, 4)] + [f"2041-02-{day:02d}" for day in range(1, 12)]
        year = {"year": 2041, "source": "of a test", "holidays": holidays, "made_up": ["2041-01-05"]}
        file = tmp_path / "2041.yml"
        file.write_text(yaml.safe_dump(year), "utf-8")
        assert "would load 2041" in house.processes.cli("calendar", "load", str(file), "--dry-run").stdout
        refused(house.get("/api/v1/calendars/working-days/2041", None), 404, "calendar-year-unknown")
        assert "loaded 2041" in house.processes.cli("calendar", "load", str(file)).stdout
        days = done(house.get("/api/v1/calendars/working-days/2041", None))["working_days"]
        assert "2041-01-05" in days
        assert "2041-01-03" not in days
        assert "2041" in house.processes.cli("calendar", "list").stdout

    def test_a_notice_that_reaches_into_the_year_before_amends_both(self, house: House, tmp_path: Path) -> None:
        def load(year: int, holidays: list[str], made_up: list[str]) -> str:
            file = tmp_path / f"{year}.yml"
            rest = [f"{year}-02-{day:02d}" for day in range(1, 13)]
            said = {"year": year, "source": "of a test", "holidays": holidays + rest, "made_up": made_up}
            file.write_text(yaml.safe_dump(said), "utf-8")
            return str(house.processes.cli("calendar", "load", str(file)).stdout)

        def working(year: int) -> set[str]:
            return set(done(house.get(f"/api/v1/calendars/working-days/{year}", None))["working_days"])

        for order in ((2052, 2053), (2053, 2052)):
            for year in order:
                reaches = (["2052-12-31"], ["2052-12-28"]) if year == 2053 else ([], [])
                load(year, [f"{year}-01-01", *reaches[0]], reaches[1])
            assert {"2052-12-30", "2052-12-28"} <= working(2052)
            assert "2052-12-31" not in working(2052), "a Tuesday that the notice of 2053 takes off"
            assert "2053-01-02" in working(2053)
        assert "amends 2 day(s) at the end of 2052" in load(2053, ["2052-12-31"], ["2052-12-28"])
        load(2053, ["2053-01-01"], [])
        assert "2052-12-31" in working(2052), "taken back with the notice"

    def test_a_calendar_that_cannot_be_meant_is_refused_with_line_and_field(self, house: House, tmp_path: Path) -> None:
        file = tmp_path / "bad.yml"
        file.write_text(
            "year: 2042\nsource: s\nholidays:\n- 2042-01-01\n- 2043-01-01\nmade_up: [2042-01-06]\n", "utf-8"
        )
        answer = house.processes.cli("calendar", "load", str(file), check=False)
        assert answer.returncode == 1
        assert "bad.yml:5: holidays[1]" in answer.stderr
        assert "bad.yml:6: made_up[0]" in answer.stderr
        assert house.db["calendars"].count_documents({"_id": 2042}) == 0
