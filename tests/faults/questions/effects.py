"""Are the effects right: the metrics, the ledger, and what each service knows of another?"""

from collections import Counter
from collections.abc import Mapping

from prometheus_client.parser import text_string_to_metric_families

from services.contracts.registry import EVENT_TYPES
from services.metrics.recount import recount
from services.volunteers.audit import audit
from services.volunteers.domain.ledger import ISSUANCE
from tests.faults.evidence import Evidence, Finding, Findings

_POINTS, _LEAST_RATING = 10, 3
"""What a request solved by a member earns (services/volunteers/policies/points.json)."""

STANDINGS = {"tickets": "staff", "volunteers": "standings", "notifications": "accounts", "metrics": "standings"}
"""Where each service keeps whose tokens are good."""


def metrics_equal_a_recount(evidence: Evidence) -> Findings:
    for difference in recount(evidence.databases):
        yield Finding(str(difference), ())


def metrics_show_what_happened(evidence: Evidence) -> Findings:
    """What Prometheus and the district are shown against plain counts of the event logs and of the tickets."""
    logged = Counter((e["source"], e["type"]) for e in evidence.events if not EVENT_TYPES[e["type"]].private)
    for number, text in enumerate(evidence.exported, start=1):
        shown = {
            (sample.labels["publisher"], sample.labels["type"]): round(sample.value)
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == "doorstep_events_total"
        }
        for key in sorted({*shown, *logged}):
            if shown.get(key, 0) != logged[key]:
                what = f"http process {number} shows {shown.get(key, 0)} of {logged[key]} events {'/'.join(key)}"
                yield Finding(what, ())
    steps = Counter(step["kind"] for row in evidence.tickets.values() for step in row["history"])
    told = evidence.report
    seen = {
        "filed": (told["tickets"]["filed"], len(evidence.tickets)),
        "resolved": (told["tickets"]["resolved"], steps["resolved"]),
        "reopened": (told["tickets"]["reopened"], steps["reopened"]),
        "clocks met": (told["clocks"]["met"], steps["met"]),
        "clocks breached": (told["clocks"]["breached"], steps["breached"]),
        "escalated": (sum(told["escalated"].values()), steps["lifted"]),
    }
    for name, (shown_number, number) in seen.items():
        if shown_number != number:
            yield Finding(f"the report says {shown_number} {name}, the histories {number}", ())


def the_ledger_is_sound(evidence: Evidence) -> Findings:
    for fault in audit(evidence.db("volunteers")):
        yield Finding(f"{fault.code}: {fault.detail}", fault.ids)


def balances_are_what_was_earned(evidence: Evidence) -> Findings:
    """Postings add up to nought; and every person has, in the books and over HTTP, what the tickets' histories give."""
    earned = _earned(evidence)
    books: Counter[str] = Counter()
    issued = 0
    for row in evidence.db("volunteers")["ledger"].find():
        for posting in row["postings"]:
            issued += posting["points"] * ((posting["debit"] == ISSUANCE) - (posting["credit"] == ISSUANCE))
            books[row["person_id"]] += posting["points"] * (1 if posting["debit"] == ISSUANCE else -1)
    stored = {r["_id"]: r["balance"] - r["debt"] for r in evidence.db("volunteers")["accounts"].find()}
    if issued != sum(stored.values()):
        yield Finding(f"{issued} points were issued, the accounts hold {sum(stored.values())}", ())
    for person in sorted({*earned, *books, *stored}):
        values = {"histories": earned[person], "ledger": books[person], "account": stored.get(person, 0)}
        if person in evidence.balances:
            values["HTTP"] = evidence.balances[person]
        if len(set(values.values())) > 1:
            yield Finding(f"points of a person: {values}", (person,))


def read_models_equal_their_owners(evidence: Evidence) -> Findings:
    """Tickets knows the staff as accounts has it, every service whose tokens are good; volunteers knows which tickets
    stand open; notifications has the newest word about each person."""
    yield from _staff(evidence)
    yield from _standings(evidence)
    yield from _offers(evidence)
    yield from _recipients(evidence)


def _earned(evidence: Evidence) -> Counter[str]:
    """By the histories: a member is paid for a round that the resident confirmed well and did not reopen."""
    earned: Counter[str] = Counter()
    for row in evidence.tickets.values():
        for number, step in enumerate(row["history"]):
            if step["kind"] != "confirmed" or step["detail"]["solver_kind"] != "member":
                continue
            later = {
                s["kind"] for s in row["history"][number + 1 :] if s["detail"].get("previous_round") == step["round"]
            }
            reporters = (row["reporter_id"], *row["also_reported_by"], *row.get("withdrawn_by", ()))
            own = step["detail"]["solver_id"] in reporters
            if step["detail"]["rating"] >= _LEAST_RATING and not own and "reopened" not in later:
                earned[step["detail"]["solver_id"]] += _POINTS
    return earned


def _staff(evidence: Evidence) -> Findings:
    fields = ("person_id", "kind", "state", "grants")
    owned = {r["_id"]: {f: r[f] for f in fields} for r in evidence.db("accounts")["accounts"].find()}
    known = {r["_id"]: {f: r[f] for f in fields} for r in evidence.db("tickets")["staff"].find()}
    yield from _differences("an account", owned, known, "tickets")


def _standings(evidence: Evidence) -> Findings:
    owned = {
        row["_id"]: (row["person_id"], row["state"], row.get("tokens_from", 0), row["revision"])
        for row in evidence.db("accounts")["accounts"].find()
    }
    for service, collection in STANDINGS.items():
        known = {
            row["_id"]: (row["person_id"], row["state"], row.get("tokens_from", 0), row["sequence"])
            for row in evidence.db(service)[collection].find()
        }
        yield from _differences("an account", owned, known, service)


def _offers(evidence: Evidence) -> Findings:
    standing = {row["offer"]["id"] for row in evidence.tickets.values() if row["state"] == "offered" and row["offer"]}
    known = {row["_id"] for row in evidence.db("volunteers")["offers"].find({"state": {"$ne": "closed"}})}
    for offer_id in sorted(standing - known):
        yield Finding("an offer stands at tickets and is closed at volunteers", (offer_id,))
    for offer_id in sorted(known - standing):
        yield Finding("an offer is open at volunteers and does not stand at tickets", (offer_id,))


def _recipients(evidence: Evidence) -> Findings:
    newest: dict[tuple[str, str], int] = {}
    for event in evidence.events:
        if event["type"] == "recipient.upserted":
            key = (event["aggregate_id"], event["source"])
            newest[key] = max(newest.get(key, 0), event["sequence"])
    known: dict[tuple[str, str], int] = {}
    for row in evidence.db("notifications")["recipients"].find():
        for source, said in row["said"].items():
            key = (row["_id"], source.partition(":")[0])  # of tickets there is one about each ticket
            known[key] = max(known.get(key, 0), said["sequence"])
    for key, sequence in newest.items():
        if known.get(key, 0) < sequence:
            yield Finding(f"{key[1]} said {sequence} of a person, notifications knows {known.get(key)}", (key[0],))


def _differences(
    what: str, owned: Mapping[str, object], known: Mapping[str, object], where: str
) -> Findings:  # fmt: skip
    for identity in sorted({*owned, *known}):
        if owned.get(identity) != known.get(identity):
            yield Finding(f"{what} is {owned.get(identity)}, {where} knows {known.get(identity)}", (identity,))
