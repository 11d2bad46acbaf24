"""Who is told of what, through which channel, and what became of it."""
