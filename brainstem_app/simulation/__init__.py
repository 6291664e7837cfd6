"""Simulated subjects with known labels."""
