"""Which totals there are and what each event adds to them: pure."""
