"""Jobs that make and copy studies."""
