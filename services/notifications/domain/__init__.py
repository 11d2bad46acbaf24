"""Notices, whom they go to, what they say: pure."""
