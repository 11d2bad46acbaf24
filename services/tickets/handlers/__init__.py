"""One function per use case. Each may be called twice; all that it changes goes through the store it is given."""
