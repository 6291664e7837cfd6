"""The step Segment: model, run, result."""
