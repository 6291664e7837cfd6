"""Packages for Linux: the frozen program as .deb and as .tar.xz."""
