"""Child processes and their progress."""
