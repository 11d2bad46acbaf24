"""Volunteers: members, offers and claims, and the ledger of points (积分)."""
