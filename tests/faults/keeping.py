"""Where something disagrees: what to look at, beside the logs of all processes."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.faults.evidence import Evidence, Finding

_MOST_ROWS = 200


def keep(evidence: Evidence, findings: Iterable[Finding], folder: Path) -> None:
    """What the callers saw, and the rows that the findings name."""
    _write(folder / "journal.json", evidence.journal.as_document())
    named = sorted({identity for finding in findings for identity in finding.ids})
    rows: dict[str, Any] = {"findings": [str(finding) for finding in findings]}
    for service, db in evidence.databases.items():
        for collection in db.list_collection_names():
            found = list(db[collection].find({"_id": {"$in": named}}).limit(_MOST_ROWS))
            if found:
                rows[f"{service}.{collection}"] = found
    rows["events"] = [event for ticket in named for event in evidence.events_of_ticket.get(ticket, ())][:_MOST_ROWS]
    _write(folder / "rows.json", rows)


def _write(file: Path, document: Any) -> None:
    file.write_text(json.dumps(document, ensure_ascii=False, indent=1, default=str) + "\n")
