"""Mechanism without a business word: what every service stands on."""
