"""Messages in place: what happened, where, what to do."""
