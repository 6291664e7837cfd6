"""Weights that encoders start from: where they are published, how they are fetched, read and put in."""
