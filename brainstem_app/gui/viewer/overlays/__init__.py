"""What lies over the scan in a view: labels, curves, other images, colours."""
