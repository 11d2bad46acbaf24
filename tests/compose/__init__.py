"""Containers: what docker-compose.yml starts, as an operator has it. `make test-compose` runs these."""
