"""The use cases of accounts: what was asked, state and now give state and events."""
