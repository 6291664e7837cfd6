"""Volumes in memory, their random changes, and batches of their slices."""
