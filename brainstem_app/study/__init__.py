"""The study folder: subjects, splits, runs, manifests."""
