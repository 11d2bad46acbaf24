"""What a process of a service begins with; `services.chassis.launch` says why."""

import os
import warnings

os.environ.setdefault("EVENTLET_THREADPOOL_SIZE", "2")
warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
warnings.filterwarnings("ignore", message=r"\s*Using fork\(\) is a bad idea", category=DeprecationWarning)

import eventlet  # noqa: E402

eventlet.monkey_patch()
