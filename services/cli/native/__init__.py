"""Doorstep on one machine without containers: a private broker, database, edge and Prometheus under one folder.

Start at `parts` (what runs), then `supervise` (how it is kept running), then `commands` (`doorstep native …`).
Tests start the same broker and database through `rabbit` and `mongo`.
"""
