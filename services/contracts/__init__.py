"""The published language: event types, their schemas, the queues and who consumes what.

A newcomer starts at `types` (what an event is), then reads one file per publisher, then `queues`.
"""
