"""The report of a scan: its labels, measured; and of two label maps, compared."""
