"""Opening scans, results and label maps; what was found in their headers."""
