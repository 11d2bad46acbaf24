"""The operators' `doorstep` command."""
