"""The step Quality: all results of a study as a wall of pictures, accepted or rejected."""
