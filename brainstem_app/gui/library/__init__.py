"""The models and atlases at hand: what they are, and bringing in, handing on and deleting one's own."""
