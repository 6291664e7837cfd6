"""What the form of the step Train says of each setting of `TrainJob`."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from brainstem_app.gui.forms.field_spec import FieldWords
from brainstem_app.jobs.network_names import decoder_names, encoder_names, loss_names


def _tr(text: str) -> str:
    return QCoreApplication.translate("TrainWords", text)


def train_words() -> dict[str, FieldWords]:
    """Label and explanation of each setting, in the order of the form; fields not named here follow."""
    return {**_network_words(), **_learning_words(), **_advanced_words()}


def _network_words() -> dict[str, FieldWords]:
    tr = _tr
    return {
        "run": FieldWords(tr("Name"), tr("The same name and settings go on where a run stopped.")),
        "decoder": FieldWords(
            tr("Decoder"),
            tr("Makes labels of what the encoder sees; N-DecoNet is the paper's and the smallest."),
            choices=decoder_names(),
            names=_DECODERS,
        ),
        "encoder": FieldWords(
            tr("Encoder"),
            tr("Reads the slices; larger ones take longer and need more memory."),
            choices=encoder_names(),
            names={name: _encoder_name(name) for name in encoder_names()},
        ),
        "loss": FieldWords(
            tr("Loss"), tr("The function minimised in training."), choices=loss_names(), names=_LOSSES
        ),
        "alpha": FieldWords(
            tr("α"), tr("Share of the cross entropy (or focal loss) in a loss of two parts, 0 to 1.")
        ),
    }


def _learning_words() -> dict[str, FieldWords]:
    tr = _tr
    return {
        "epochs": FieldWords(tr("Epochs"), tr("How often every slice is seen.")),
        "batch_size": FieldWords(tr("Batch"), tr("Slices a step; fewer need less memory.")),
        "learning_rate": FieldWords(tr("Learning rate"), tr("Adam's step, e.g. 1e-4.")),
        "seed": FieldWords(tr("Seed"), tr("Another number gives another start and another order of slices.")),
    }


def _advanced_words() -> dict[str, FieldWords]:
    tr = _tr
    return {
        "input.size": FieldWords(
            tr("Slice size"), tr("Pixels that a slice is resized to; a multiple of 32."), advanced=True
        ),
        "input.context": FieldWords(
            tr("Slices seen"),
            tr("0 is the slice itself; -1, 0, 1 also those below and above it."),
            advanced=True,
        ),
        "input.position": FieldWords(
            tr("Position"),
            tr("Three channels more that say where each pixel lies in the box."),
            advanced=True,
            placeholder=tr("tell the network"),
        ),
        "schedule": FieldWords(
            tr("Schedule"),
            tr("How the learning rate goes on: the same, or rising and then falling along a cosine."),
            advanced=True,
        ),
        "gradient_clip": FieldWords(
            tr("Gradient limit"), tr("Longer gradients are shortened."), advanced=True, placeholder=tr("none")
        ),
        "patience": FieldWords(
            tr("Patience"),
            tr("Epochs without a better mean over the nuclei before it stops early."),
            advanced=True,
            placeholder=tr("never stop early"),
        ),
        "augment": FieldWords(
            tr("Augmentation"),
            tr(
                "Other small turns, sizes, contrasts every epoch; helps with few subjects. Wide also shows "
                "noise, thick slices and cuts, for scans from elsewhere."
            ),
            advanced=True,
        ),
        "simulated": FieldWords(
            tr("Simulated subjects"), tr("Added to those that are trained on."), advanced=True
        ),
        "start_from": FieldWords(
            tr("Start from"),
            tr("The best.keras of another run of the same network, instead of random weights."),
            advanced=True,
            placeholder=tr("random weights"),
        ),
        "precision": FieldWords(
            tr("Precision"),
            tr("Mixed computes in 16 bits: faster and smaller on a recent GPU."),
            advanced=True,
        ),
        "deterministic": FieldWords(
            tr("Determinism"),
            tr("Slower on a GPU; on the processor it is so anyway."),
            advanced=True,
            placeholder=tr("the same result every time"),
        ),
        "gpus": FieldWords(
            tr("GPUs"),
            tr("How many share each batch, where there are several; 0: all of them."),
            advanced=True,
        ),
        "library": FieldWords(
            tr("Library"),
            tr("segmentation_models: its networks of the same names, to compare with."),
            advanced=True,
        ),
        "encoder_weights": FieldWords(
            tr("Encoder weights"),
            tr("imagenet for published weights of photographs, downloaded once; or a file of weights."),
            advanced=True,
            placeholder=tr("random weights"),
        ),
    }


_DECODERS = {
    "n_deconet": "N-DecoNet",
    "u_deconet": "U-DecoNet",
    "unet": "U-Net",
    "unetplusplus": "UNet++",
    "manet": "MA-Net",
    "pspnet": "PSPNet",
    "fpn": "FPN",
    "deeplabv3": "DeepLabV3",
    "deeplabv3plus": "DeepLabV3+",
}
_LOSSES = {
    "dice": "Dice",
    "jaccard": "Jaccard",
    "focal": "Focal",
    "softce": "Soft cross entropy",
    "dicefocal": "Dice + focal",
    "dicece": "Dice + cross entropy",
    "tversky": "Tversky",
    "tverskyce": "Tversky + cross entropy",
}
_FAMILIES = (
    ("seresnet", "SE-ResNet-"),
    ("senet", "SENet-"),
    ("resnet", "ResNet-"),
    ("efficientnetlite", "EfficientNet-Lite"),
    ("efficientnetb", "EfficientNet-B"),
    ("mit_b", "MiT-B"),
)


def _encoder_name(name: str) -> str:
    """Name of an encoder as papers write it; its own where none is known."""
    for start, written in _FAMILIES:
        if name.startswith(start):
            return written + name.removeprefix(start)
    return name


def network_name(decoder: str, encoder: str) -> str:
    """Name of a network as papers write it, e.g. ``"N-DecoNet / ResNet-34"``."""
    return f"{_DECODERS.get(decoder, decoder)} / {_encoder_name(encoder)}"
