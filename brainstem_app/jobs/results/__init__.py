"""Jobs about the results that a study holds."""
