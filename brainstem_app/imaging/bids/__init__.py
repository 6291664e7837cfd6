"""BIDS datasets: their scans, people and sessions, new ones, and derivatives."""
