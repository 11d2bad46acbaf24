"""Found by every Python process that has this folder in its PYTHONPATH: shifts its date by so many seconds.

Monotonic time is left alone, and the date goes on at its own pace. Database, broker, Prometheus and the edge are not
Python: they stay at real time.
"""

import os
import time
from datetime import UTC, datetime, timedelta

if _seconds := os.environ.get("DOORSTEP_TEST_SHIFT_SECONDS"):
    import time_machine

    _coordinates = time_machine.travel(datetime.now(UTC) + timedelta(seconds=int(_seconds)), tick=True).start()
    # To the microsecond, since business time may run 288 times as fast: starting it took a moment.
    _ahead = time.time_ns() - time_machine.escape_hatch.time.time_ns()
    _coordinates.shift(timedelta(seconds=int(_seconds)) - timedelta(microseconds=_ahead // 1000))
