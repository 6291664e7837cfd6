"""Overlap, surface and volume measures per structure."""
