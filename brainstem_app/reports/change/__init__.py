"""The report on change over time: several scans of one person."""
