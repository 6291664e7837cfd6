"""Trained models: cards, the library of models, prediction with ONNX Runtime."""
