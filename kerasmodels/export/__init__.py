"""Networks as files: Keras archives and ONNX."""
