"""Mathematics of drawing on labels: what a fill, a polygon, an interpolation, a smoothing changes."""
