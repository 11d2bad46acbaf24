"""The report of a replay as plain data, as `--report` writes it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from services.chassis import outbox
from services.cli.demo.rest import Databases, due_to, taken_by
from services.cli.replay.places import spot_of
from services.cli.replay.play import Played
from services.cli.replay.rows import Reading, Row
from services.cli.replay.script import Scene
from services.cli.replay.verdicts import BREACH, KEPT, Disagreement, Fired, Judged, Misfire
from services.contracts.queues import QUEUES

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that the report tells of a replay that was played."""

    played: Played
    judged: Judged
    fired: Fired
    events: Document
    findings: Sequence[str]
    """What `doorstep points audit` and `doorstep metrics recount` say."""

    @property
    def is_sound(self) -> bool:
        """Whether nothing is left that our system would have to answer for."""
        unexplained = [d for d in self.judged.disagreements if not d.explained]
        return not (unexplained or self.fired.misfires or self.findings or self.played.refused)


def reading_report(file: str, reading: Reading, script: Sequence[Scene], zone: ZoneInfo) -> Document:
    """What would be played, what not, and why."""
    rows = reading.rows
    return {
        "file": file,
        "timezone": zone.key,
        "rows": {"played": len(rows), "refused": len(reading.refused), "outside_of_the_window": reading.skipped},
        "columns_absent": list(reading.absent),
        "with_target_and_close": sum(1 for row in rows if row.target_at and row.closed_at),
        "instants": sum(1 for scene in script if scene.acts),
        "commands": sum(len(act.deeds) for scene in script for act in scene.acts),
        "from": _local(script[0].at, zone) if script else None,
        "to": _local(script[-1].at, zone) if script else None,
        "peculiarities": dict(Counter(_kind(note) for row in rows for note in row.notes).most_common()),
        "refused_by_reason": dict(Counter(one.reason for one in reading.refused).most_common()),
        "refused": [
            {"line": one.line, "id": one.id, "reason": one.reason, "detail": one.detail} for one in reading.refused
        ],
        "doubtful_times": [
            {"line": row.line, "id": row.id, "note": note} for row in rows for note in row.notes if "twice" in note
        ],
    }  # fmt: skip


def played_report(rows: Sequence[Row], evidence: Evidence, zone: ZoneInfo) -> Document:
    """What came of the replay."""
    judged, fired, played = evidence.judged, evidence.fired, evidence.played
    return {
        "agreement": {
            "compared": judged.compared,
            "agreed": judged.agreed,
            "disagreements": [_disagreement(one, zone) for one in judged.disagreements],
        },
        "thresholds": {
            "fired": {_threshold(number): fired.counts[number] for number in sorted(fired.counts)},
            "misfires": [_misfire(one) for one in fired.misfires],
        },
        "refused_by_the_api": [
            {"line": row.line, "id": row.id, "problem": played.refused[row.id]}
            for row in rows if row.id in played.refused
        ],
        "breaches_by_neighbourhood": _breaches(rows, played),
        "throughput": _throughput(played, zone),
        "events": evidence.events,
        "findings": list(evidence.findings),
        "sound": evidence.is_sound,
    }  # fmt: skip


def events_of(databases: Databases) -> Document:
    """How many events each service published, and how many each queue was due and took, each once."""
    log = {name: db[outbox.COLLECTION] for name, db in databases.items()}
    of_type = list(log["tickets"].aggregate([{"$group": {"_id": "$type", "number": {"$sum": 1}}}]))
    return {
        "published": {name: rows.count_documents({"unpublished": {"$ne": True}}) for name, rows in log.items()},
        "unpublished": sum(rows.count_documents({"unpublished": True}) for rows in log.values()),
        "consumed": {
            name: {"due": due_to(queue, databases), "taken": taken_by(queue, databases)}
            for name, queue in QUEUES.items()
        },
        "tickets_by_type": {row["_id"]: row["number"] for row in sorted(of_type, key=lambda row: str(row["_id"]))},
    }  # fmt: skip


def _throughput(played: Played, zone: ZoneInfo) -> Document:
    days = [(end, seconds, commands) for end, seconds, commands in played.day_seconds if commands]
    total = played.requests.total()
    return {
        "commands": dict(played.requests),
        "commands_total": total,
        "seconds": round(played.seconds, 1),
        "commands_per_second": round(total / played.seconds, 1) if played.seconds else None,
        "days": len(days),
        "seconds_per_day_median": round(median(seconds for _, seconds, _ in days), 2) if days else None,
        "seconds_per_day_slowest": round(max(seconds for _, seconds, _ in days), 2) if days else None,
        "clocks_read": len(played.clocks),
        "clocks_read_seconds": round(played.reading_seconds, 1),
        "answers_lost_and_repeated": played.repeated,
        "by_day": [
            {"until": _local(end, zone), "seconds": round(seconds, 2), "commands": number}
            for end, seconds, number in days
        ],
    }


def _breaches(rows: Sequence[Row], played: Played) -> Document:
    """Of all our clocks of each neighbourhood's tickets; a clock counts once."""
    found: dict[str, Counter[str]] = {}
    for row in rows:
        broken = [str(clock["name"]) for clock in played.clocks.get(row.id, ()) if clock["breached_at"] is not None]
        found.setdefault(spot_of(row).name, Counter()).update(broken)
        found[spot_of(row).name]["tickets"] += 1
    return {name: dict(counts) for name, counts in sorted(found.items())}


def _disagreement(one: Disagreement, zone: ZoneInfo) -> Document:
    row = one.row
    return {
        "line": row.line, "id": row.id, "ours": one.ours, "theirs": one.theirs, "reason": one.reason,
        "explained": one.explained, "target": _local(row.target_at, zone), "closed": _local(row.closed_at, zone),
    }  # fmt: skip


def _misfire(one: Misfire) -> Document:
    def told(marks: Sequence[tuple[int, datetime]]) -> list[Document]:
        return [{"threshold": threshold, "at": at.isoformat()} for threshold, at in marks]

    return {"line": one.row.line, "id": one.row.id, "expected": told(one.expected), "found": told(one.found)}


def _threshold(number: int) -> str:
    return {BREACH: "breached", KEPT: "met"}.get(number, f"warned at {number} %")


def _kind(note: str) -> str:
    """A note without what is particular to its row."""
    return "time occurs twice" if "twice" in note else note.split(": ")[-1]


def _local(at: datetime | None, zone: ZoneInfo) -> str | None:
    return at.astimezone(zone).isoformat() if at is not None else None
