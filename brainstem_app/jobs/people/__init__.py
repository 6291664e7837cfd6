"""Jobs about the results of many people."""
