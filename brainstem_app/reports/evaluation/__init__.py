"""The report of an evaluation: a run on many subjects, beside its baselines."""
