"""Accounts, grants and the patience with wrong passwords; pure."""
