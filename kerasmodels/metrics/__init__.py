"""Metrics that stream over batches, exactly."""
