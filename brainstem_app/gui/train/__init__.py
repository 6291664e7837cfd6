"""Page Train: settings of a network, its curves while it learns, the runs of the study."""
