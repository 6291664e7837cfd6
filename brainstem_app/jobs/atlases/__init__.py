"""Jobs that make atlases."""
