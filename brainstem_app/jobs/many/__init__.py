"""Jobs that start others: comparisons, and parts of a job on a cluster."""
