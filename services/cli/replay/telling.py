"""The report of a replay in words, for a reader."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Echo = Callable[[str], None]


def tell_reading(report: Mapping[str, Any], echo: Echo, listed: int) -> None:
    """What would be played and what not. Of long lists the first `listed` lines."""
    rows = report["rows"]
    echo(
        f"{report['file']}: {rows['played']:,} rows to play, {rows['refused']:,} refused, "
        f"{rows['outside_of_the_window']:,} outside of the window ({report['timezone']})"
    )
    if report["from"]:
        echo(f"  {report['from']} to {report['to']}: {report['instants']:,} instants, {report['commands']:,} commands")
    if report["columns_absent"]:
        echo(f"  columns that are absent, read as empty: {', '.join(report['columns_absent'])}")
    _lines(echo, "peculiarities of rows that are played", report["peculiarities"])
    _lines(echo, "refused", report["refused_by_reason"])
    _some(echo, [f"line {r['line']} {r['id']}: {r['detail']}" for r in report["refused"]], listed)
    _some(echo, [f"line {r['line']} {r['id']}: {r['note']}" for r in report["doubtful_times"]], listed)


def tell_played(report: Mapping[str, Any], echo: Echo, listed: int) -> None:
    """What came of it."""
    agreement, speed, events = report["agreement"], report["throughput"], report["events"]
    share = f" ({agreement['agreed'] / agreement['compared']:.2%})" if agreement["compared"] else ""
    echo(f"\nOur clock and the file's verdict: {agreement['agreed']:,} of {agreement['compared']:,} agree{share}")
    _some(echo, [
        f"line {d['line']} {d['id']}: we say {d['ours']}, the file {d['theirs'] or 'nothing'}: {d['reason']}"
        for d in agreement["disagreements"]
    ], listed)  # fmt: skip
    _lines(echo, "thresholds of the partner's date, each once and dated right", report["thresholds"]["fired"])
    for one in report["thresholds"]["misfires"][:listed]:
        echo(f"    NOT AS IT SHOULD BE: line {one['line']}: expected {one['expected']}, found {one['found']}")
    _lines(echo, "refused by the API", {f"line {r['line']}": r["problem"] for r in report["refused_by_the_api"]})
    echo("  breaches by neighbourhood (of the partner's date, of all clocks, of tickets)")
    for name, counts in report["breaches_by_neighbourhood"].items():
        every = sum(number for clock, number in counts.items() if clock != "tickets")
        echo(f"    {counts.get('external', 0):6,} {every:6,} {counts['tickets']:6,}  {name}")
    echo(
        f"  {speed['commands_total']:,} commands in {speed['seconds']:,} s: {speed['commands_per_second']} a second; "
        f"a day took {speed['seconds_per_day_median']} s (median of {speed['days']}), the slowest "
        f"{speed['seconds_per_day_slowest']} s"
    )
    echo(f"  {speed['clocks_read']:,} tickets' clocks read in {speed['clocks_read_seconds']} s")
    consumed = events["consumed"].values()
    echo(
        f"  {sum(events['published'].values()):,} events published, {sum(q['taken'] for q in consumed):,} of "
        f"{sum(q['due'] for q in consumed):,} deliveries taken, {events['unpublished']} unpublished"
    )
    for finding in report["findings"]:
        echo(f"  NOT AS IT SHOULD BE: {finding}")


def _lines(echo: Echo, title: str, counts: Mapping[str, Any]) -> None:
    if counts:
        echo(f"  {title}")
        for name, number in counts.items():
            echo(f"    {number:6,}  {name}" if isinstance(number, int) else f"    {name}: {number}")


def _some(echo: Echo, lines: Sequence[str], listed: int) -> None:
    """The first of many lines; the report in the file has all."""
    for line in lines[:listed]:
        echo(f"    {line}")
    if len(lines) > listed:
        echo(f"    … and {len(lines) - listed:,} more, all in the file of --report")
