"""The nuclei in space: their surfaces, drawn in software."""
