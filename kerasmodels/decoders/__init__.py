"""Decoders: from feature maps to logits at the size of the image."""
