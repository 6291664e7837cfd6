"""List of structures: colour, visibility, volume."""
