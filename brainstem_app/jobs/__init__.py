"""Long work: job files, events, the worker process."""
