"""Write kerasmodels.md beside this file, from the docstrings of the networks' public names."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

#: Heading → module and the names in it that a user of the package calls.
PUBLIC: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "Networks": (
        ("kerasmodels", ("build_model", "build_encoder", "decoder_names", "encoder_names", "loss_names")),
    ),
    "Losses": (
        ("kerasmodels", ("make_loss",)),
        ("kerasmodels.losses.segmentation_loss", ("SegmentationLoss",)),
        ("kerasmodels.losses.overlap", ("OverlapLoss", "Dice", "Jaccard", "Tversky")),
        ("kerasmodels.losses.focal", ("Focal",)),
        ("kerasmodels.losses.soft_cross_entropy", ("SoftCrossEntropy",)),
        ("kerasmodels.losses.compound", ("DiceCE", "DiceFocal", "TverskyCE")),
    ),
    "Metrics": (
        ("kerasmodels.metrics.confusion", ("ConfusionMatrix",)),
        ("kerasmodels.metrics.overlap", ("class_iou", "class_dice", "macro_iou")),
    ),
    "Training": (
        ("kerasmodels.data.volumes", ("Volumes",)),
        ("kerasmodels.data.slice_input", ("SliceInput",)),
        ("kerasmodels.data.augmentation", ("Augmentation",)),
        ("kerasmodels.training.settings", ("LearningSettings", "TrainingSettings")),
        ("kerasmodels.training.fit", ("fit", "TrainingResult")),
        ("kerasmodels.training.events", ("BatchDone", "EpochDone")),
    ),
    "Files": (("kerasmodels.export", ("save_keras", "load_keras", "to_onnx")),),
    "Errors": (("kerasmodels.errors", ("ModelError", "UnknownNameError", "DivergedError")),),
}

HEAD = """# The package `kerasmodels`

Segmentation networks for Keras 3, usable without the application: encoders, decoders, losses, metrics,
training and export. Everything but the batches of `kerasmodels.data` is written against Keras alone, so it
runs on TensorFlow, JAX and PyTorch ([measured](../results/backends.md)); what each network costs is in
[networks](../results/networks.md). Importing the package loads neither Keras nor a backend.

```python
import kerasmodels

model = kerasmodels.build_model("n_deconet", "resnet34", classes=34, input_shape=(224, 224, 1))
model.compile(optimizer="adam", loss=kerasmodels.make_loss("dicece", alpha=0.1))
model.fit(images, labels)  # (N, 224, 224, 1) float32, (N, 224, 224) integers
```

Every error a user can cause is a `ModelError` (a `ValueError`) with `what` and `fix`.

What follows are the docstrings, put here by `docs/reference/write_kerasmodels.py`.
"""

#: Types arrive as quoted text.
_QUOTED_TYPE = re.compile(r": '([^']*)'")
_SECTION = re.compile(r"^(?P<title>[A-Z][A-Za-z ]+)\n-{3,}\n", re.M)


def entries() -> Iterator[tuple[str, str, Any]]:
    """Yield heading, dotted name and object of everything on the page."""
    for heading, groups in PUBLIC.items():
        for module, names in groups:
            for name in names:
                yield heading, f"{module}.{name}", getattr(importlib.import_module(module), name)


def section(name: str, thing: Callable[..., Any]) -> str:
    """Return one name as Markdown."""
    lines = [f"### `{name}`", "", "```python", signature(name.rpartition(".")[2], thing), "```", ""]
    return "\n".join([*lines, documentation(inspect.getdoc(thing) or "")]).rstrip()


def signature(name: str, thing: Callable[..., Any]) -> str:
    """Return how it is called, an argument a line if that is long."""
    parameters = [p for p in inspect.signature(thing).parameters.values() if p.name != "self"]
    words: list[str] = []
    for parameter in parameters:
        if parameter.kind is parameter.KEYWORD_ONLY and "*" not in words:
            words.append("*")
        if callable(parameter.default) and parameter.default is not parameter.empty:
            parameter = parameter.replace(default=...)  # its text would name a place in memory
        words.append(_QUOTED_TYPE.sub(r": \1", str(parameter)).replace("'", '"').replace("Ellipsis", "..."))
    line = f"{name}({', '.join(words)})"
    return line if len(line) <= 110 else f"{name}(\n" + "".join(f"    {word},\n" for word in words) + ")"


def documentation(text: str) -> str:
    """Turn a numpydoc docstring into Markdown."""
    summary, *rest = _SECTION.split(text)
    blocks = [_paragraphs(summary)]
    for title, body in zip(rest[::2], rest[1::2], strict=True):
        blocks.append(f"**{title}**")
        blocks.append(_code(body) if title == "Examples" else _items(body))
    return "\n\n".join(blocks) + "\n"


def _paragraphs(text: str) -> str:
    return text.replace("``", "`").strip()


def _code(body: str) -> str:
    return f"```python\n{body.strip()}\n```"


def _items(body: str) -> str:
    """List the parameters, results or errors of a section; free text stays as it is."""
    items: list[str] = []
    for line in body.strip().splitlines():
        if line and not line.startswith(" "):
            name, colon, kind = line.partition(" : ")
            items.append(f"- `{name}`" + (f" ({_paragraphs(kind)})" if colon else ""))
        elif line.strip() and items:
            joint = " " if ": " in items[-1] else ": "
            items[-1] += joint + _paragraphs(line)
    return "\n".join(items)


def page() -> str:
    """Return the whole page."""
    parts, last = [HEAD.strip()], ""
    for heading, name, thing in entries():
        if heading != last:
            parts.append(f"## {heading}")
            last = heading
        parts.append(section(name, thing))
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    Path(__file__).with_name("kerasmodels.md").write_text(page(), encoding="utf-8")
