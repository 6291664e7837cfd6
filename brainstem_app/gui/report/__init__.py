"""Page Report: numbers of runs, comparisons and segmentations, to read and to take away."""
