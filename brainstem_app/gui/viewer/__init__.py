"""Slices of a scan on the screen, with labels over them."""
