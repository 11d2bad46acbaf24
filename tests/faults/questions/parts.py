"""Did every process keep running by itself, except where it was made to end? Does every query use an index?"""

from signal import SIGKILL, SIGTERM

from tests.faults.evidence import Evidence, Finding, Findings


def no_process_ended_by_itself(evidence: Evidence) -> Findings:
    """A process ends by SIGKILL, which is a fault, or with status 0 after SIGTERM; anything else is its own doing.

    SIGTERM itself ends only what is still starting, which has nothing in its hands.
    """
    for end in evidence.ends:
        if end.status != -SIGKILL and not (end.asked and end.status in (0, -SIGTERM)):
            asked = "after SIGTERM" if end.asked else "by itself"
            yield Finding(f"{end.name} ended {asked} with status {end.status} after {end.after:.0f} s", ())
    for name in evidence.given_up:
        yield Finding(f"{name} ended so often that a supervisor gives it up", ())


def no_query_reads_a_whole_collection(evidence: Evidence) -> Findings:
    """One that does is quick here and takes a second with a million rows, as the claim of due timers once did."""
    for scan in evidence.scans:
        yield Finding(f"without an index: {scan}", ())
