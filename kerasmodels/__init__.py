"""Segmentation networks for Keras 3: encoders, decoders, losses, metrics, training and export."""
