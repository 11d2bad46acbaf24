"""Measurements that anyone can repeat: `make bench`. Each figure stands beside a baseline of the same run."""

import warnings

# eventlet announces the end of its own life on every import; docs/adr says why we are on it all the same.
warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
