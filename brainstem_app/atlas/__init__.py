"""Label tables, recipes and the builder of brainstem atlases."""
