"""Page Segment: model, run, result."""
