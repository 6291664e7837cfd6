"""Window of the program. Only this package imports Qt."""
