"""The list of structures: colour, visibility, volume."""
