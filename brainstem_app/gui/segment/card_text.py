"""Words for a model card."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from brainstem_app.counting import counted
from brainstem_app.evaluation.usual_confidence import often_low
from brainstem_app.jobs.network_names import network_title

if TYPE_CHECKING:
    from brainstem_app.models.card import ModelCard


def card_summary(card: ModelCard) -> str:
    """Network and accuracy in two lines."""
    labels = "atlas {0}" if card.reference == "registered" else "labels {0}"
    network = network_title(card.decoder, card.encoder)
    if card.members > 1:
        network = f"Mean of {card.members} networks: {network}"
    return f"{network}; {labels.format(card.atlas)}\n{_accuracy(card)}"


def card_details(card: ModelCard) -> str:
    """All that matters of the card: network, accuracy, data, limits, licence."""
    lines = [card_summary(card)]
    for title, text in (
        ("Trained on", card.training_data),
        ("Limits", card.limits),
        ("Cannot see change in", ", ".join(n for n, d in card.detectability.items() if not d.is_seen)),
        ("Often unsure of", ", ".join(_often_low(card))),
        ("Confidence", _calibration(card)),
        ("Licence", card.licence),
    ):
        if text:
            lines.append(f"{title}: {text}")
    lines.append(f"Version {card.version} of {card.date}")
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
        return "Accuracy: not measured on people it has not seen"
    against = {
        "registered": "against registered labels",
        "drawn": "against labels that people drew",
        "segmented": "against labels that a model gave",
        "mixed": "against labels of more than one origin: see what it was trained on",
    }[card.reference]
    if card.members > 1:
        apart = "{0}; each network on people it had not seen, their mean was not tested"
        against = apart.format(against)
    people = counted(results.subjects, "test subject")
    return f"Mean IoU {results.macro_miou:.2f} on {people} ({against})"


def _often_low(card: ModelCard) -> list[str]:
    usual = card.usual_confidence
    return [] if usual is None else often_low(usual.nuclei, card.method.low_confidence)


def _calibration(card: ModelCard) -> str:
    if card.method.temperature == 1:
        return ""
    return f"calibrated on the validation subjects (temperature {card.method.temperature:.2f})"
