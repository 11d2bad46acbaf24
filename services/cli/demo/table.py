"""The table at the end: each figure from every place that knows it, and a mark where they do not agree."""

from collections.abc import Sequence

import click

from services.cli.demo.figures import PLACES, Figure

_DIFFERS = "≠"


def table(figures: Sequence[Figure]) -> str:
    """One row a figure, one column a place; a dot where a place does not know it."""
    rows: list[tuple[str, ...]] = [("", *PLACES, "")]
    for figure in figures:
        cells = [f"{figure.values[place]:,}" if place in figure.values else "·" for place in PLACES]
        rows.append((figure.name, *cells, "" if figure.agrees else _DIFFERS))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(_line(row, widths) for row in rows)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    name, *cells = row
    padded = [cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True)]
    return "  ".join([name.ljust(widths[0]), *padded]).rstrip()


def disagreements(figures: Sequence[Figure]) -> list[str]:
    """A sentence for each figure that does not agree."""
    return [
        f"{figure.name}: " + ", ".join(f"{place} says {value}" for place, value in figure.values.items())
        for figure in figures
        if not figure.agrees
    ]


def say_refusals(refusals: dict[str, int]) -> None:
    if refusals:
        told = ", ".join(f"{slug} {number}" for slug, number in sorted(refusals.items()))
        click.echo(f"Refused, as it should be: {told}.")
