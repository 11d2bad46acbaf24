"""The demonstration's table: what agrees, what does not, and where a place does not know."""

from services.cli.demo.figures import Figure
from services.cli.demo.samples import Sample, Samples
from services.cli.demo.table import disagreements, table

AGREES = Figure("tickets filed", {"seen": 1200, "database": 1200, "Prometheus": 1200})
DIFFERS = Figure("points paid", {"database": 30, "event log": 20})


def test_a_figure_agrees_when_every_place_that_knows_it_says_the_same() -> None:
    assert AGREES.agrees
    assert not DIFFERS.agrees
    assert disagreements([AGREES, DIFFERS]) == ["points paid: database says 30, event log says 20"]


def test_the_table_marks_what_differs_and_dots_what_a_place_does_not_know() -> None:
    head, filed, paid = table([AGREES, DIFFERS]).splitlines()
    assert head.split("  ")[-1].strip() == "Prometheus"
    assert filed.split() == ["tickets", "filed", "1,200", "1,200", "·", "·", "1,200"]
    assert paid.split() == ["points", "paid", "·", "30", "20", "·", "·", "≠"]


def test_samples_are_summed_over_all_that_have_the_labels() -> None:
    samples = Samples([
        Sample("notices", {"channel": "email", "outcome": "sent", "instance": "a"}, 3),
        Sample("notices", {"channel": "email", "outcome": "sent", "instance": "b"}, 4),
        Sample("notices", {"channel": "inbox", "outcome": "sent"}, 100),
    ])  # fmt: skip
    assert samples.total("notices", {"channel": "email"}) == 7
    assert samples.total("notices", {}) == 107
    assert samples.has("notices")
    assert not samples.has("parked")
