"""The suite on other dates: `make test-dates`. The date of every Python process is shifted, and of nothing else."""
