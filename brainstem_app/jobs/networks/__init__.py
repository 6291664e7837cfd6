"""Jobs about networks: train, measure, look into, export; all that loads Keras."""
