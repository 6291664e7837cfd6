"""Words for a model card."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from brainstem_app.counting import counted
from brainstem_app.jobs.network_names import network_title

if TYPE_CHECKING:
    from brainstem_app.models.card import ModelCard


def card_summary(card: ModelCard) -> str:
    """Network and accuracy in two lines."""
    labels = _tr("atlas {0}") if card.reference == "registered" else _tr("labels {0}")
    network = network_title(card.decoder, card.encoder)
    if card.members > 1:
        network = _tr("Mean of {0} networks: {1}").format(card.members, network)
    return f"{network}; {labels.format(card.atlas)}\n{_accuracy(card)}"


def card_details(card: ModelCard) -> str:
    """All that matters of the card: network, accuracy, data, limits, licence."""
    lines = [card_summary(card)]
    for title, text in (
        (_tr("Trained on"), card.training_data),
        (_tr("Limits"), card.limits),
        (_tr("Cannot see change in"), ", ".join(n for n, d in card.detectability.items() if not d.is_seen)),
        (_tr("Confidence"), _calibration(card)),
        (_tr("Licence"), card.licence),
    ):
        if text:
            lines.append(f"{title}: {text}")
    lines.append(_tr("Version {0} of {1}").format(card.version, card.date))
    return "\n".join(lines)


def is_measured(card: ModelCard) -> bool:
    """Whether the model was measured on people it has not seen."""
    return card.results.macro_miou is not None and card.results.subjects > 0


def with_amber(text: str, card: ModelCard, amber: str) -> str:
    """Text on a card as rich text, in the colour `amber` where its accuracy has not been measured."""
    rich = escape(text).replace("\n", "<br>")
    if is_measured(card):
        return rich
    words = escape(_accuracy(card))
    return rich.replace(words, f'<b style="color:{amber}">{words}</b>')


def _accuracy(card: ModelCard) -> str:
    results = card.results
    if not is_measured(card):
        return _tr("Accuracy: not measured on people it has not seen")
    against = {
        "registered": _tr("against registered labels"),
        "drawn": _tr("against labels that people drew"),
        "mixed": _tr("against registered labels and labels that people drew"),
    }[card.reference]
    if card.members > 1:
        apart = _tr("{0}; each network on people it had not seen, their mean was not tested")
        against = apart.format(against)
    people = counted(results.subjects, _tr("test subject"))
    return _tr("Mean IoU {0:.2f} on {1} ({2})").format(results.macro_miou, people, against)


def _calibration(card: ModelCard) -> str:
    if card.method.temperature == 1:
        return ""
    return _tr("calibrated on the validation subjects (temperature {0:.2f})").format(card.method.temperature)


def _tr(text: str) -> str:
    return QCoreApplication.translate("card_text", text)
