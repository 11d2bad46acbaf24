"""Totals from all events: exact, the same from every replica, and recounted on demand."""
