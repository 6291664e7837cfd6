"""What TensorFlow reads from the environment when it is imported, and from nowhere else."""

from __future__ import annotations

import os


def switch_on_onednn() -> None:
    """Let TensorFlow compute convolutions with oneDNN on every processor, unless the user has said otherwise.

    TensorFlow does so by itself only where there is AVX-512; on the others a training step takes two to three
    times as long without (docs/results/onednn.md). To be called before TensorFlow is first imported; child
    processes inherit it.
    """
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
