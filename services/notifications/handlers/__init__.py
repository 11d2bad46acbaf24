"""One function per use case. Whatever it is given as a store belongs to one unit of work, so it may be called twice."""
