"""What Segment and Review show: a scan, its labels, their edits, and a reference."""
