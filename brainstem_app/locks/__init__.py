"""Locks: one process at a time works on a subject, a run, a comparison, an atlas, a model or results."""
