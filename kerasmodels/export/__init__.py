"""Networks as files: Keras archives and ONNX."""

from kerasmodels.export.keras_file import load_keras, save_keras
from kerasmodels.export.onnx_file import to_onnx

__all__ = ["load_keras", "save_keras", "to_onnx"]
