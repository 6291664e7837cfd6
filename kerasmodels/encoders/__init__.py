"""Encoders: from an image to feature maps by stride."""
