"""The recorder, as of a version whose contracts lack a queue: `python -m tests.support.older QUEUE SERVICE ROLE`."""

import sys
from typing import cast

from services.contracts.queues import QUEUES
from tests.support import recorder

if __name__ == "__main__":
    del cast(dict[str, object], QUEUES)[sys.argv.pop(1)]
    sys.exit(recorder.main())
