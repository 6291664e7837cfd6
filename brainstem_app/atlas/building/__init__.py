"""The builder of the shipped atlases: recipes, sources, fusion, notices."""
