"""Batches of slices from arrays in memory."""
