"""From PyTorch's order of axes to Keras', and from three input channels to any number."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

#: PyTorch's name of each kind of Keras variable.
TORCH_KINDS = {
    "kernel": "weight",
    "gamma": "weight",
    "bias": "bias",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}

#: Channels of the images of ImageNet.
COLOURS = 3


def to_keras(values: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Reorder the axes of one of PyTorch's tensors.

    Parameters
    ----------
    values : ndarray
        Convolution (out, in, height, width), depthwise (channels, 1, height, width), linear (out, in), or
        anything with one axis.
    shape : tuple of int
        Shape of Keras' variable; tells a depthwise kernel from another, and a linear map from the 1×1
        convolution that does the same.

    Returns
    -------
    ndarray
        Convolution (height, width, in, out), depthwise (height, width, channels, 1), linear (in, out) or
        (1, 1, in, out).
    """
    if values.ndim == 4:
        depthwise = values.shape[1] == 1 and shape[2:] == (values.shape[0], 1)
        return values.transpose(2, 3, 0, 1) if depthwise else values.transpose(2, 3, 1, 0)
    if values.ndim == 2 and len(shape) == 4:
        return values.T[None, None]
    return values.T


def for_channels(kernel: NDArray[Any], channels: int) -> NDArray[Any]:
    """Turn a first kernel for colour images into one for another number of channels.

    One channel gets the sum over the colours: the answer to a grey image then is that to the same image
    given as three equal colours. Other numbers repeat the colours in turn, scaled so that the sum stays.
    Both as in segmentation_models.pytorch.

    Parameters
    ----------
    kernel : ndarray
        (height, width, 3, out).
    channels : int
        Number of channels wanted.

    Returns
    -------
    ndarray
        (height, width, `channels`, out).
    """
    if channels == 1:
        fitted: NDArray[Any] = kernel.sum(axis=2, keepdims=True)
    else:
        fitted = kernel[:, :, np.arange(channels) % COLOURS] * np.asarray(COLOURS / channels, kernel.dtype)
    return fitted
