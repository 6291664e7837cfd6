"""Documents of Segment and Review: a scan, its labels, their edits, and a reference."""
