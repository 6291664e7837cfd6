"""Write what a model can detect of each nucleus into its card, from the figures of `write_measurement.py`.

    python tests/benchmarks/write_detectability.py [--measured docs/results/measurement.json]
        [--model resources/models/brainstem31]

The figures must be those of the model's own weights.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from measured_heads import SHIPPED
from measurement_goals import detectability_of

from brainstem_app.errors import InputError
from brainstem_app.models.card import read_card

ROOT = Path(__file__).resolve().parents[2]


def write_detectability(measured: Path, model: Path) -> None:
    """Put the figures of the shipped way into ``model.json``.

    Raises
    ------
    InputError
        If the figures are those of other weights.
    """
    result = json.loads(measured.read_text(encoding="utf-8"))
    card = read_card(model)
    if result["model"]["sha256"] != card.sha256:
        raise InputError(
            "These figures were measured with other weights than the model's.",
            measured,
            "Run tests/benchmarks/write_measurement.py with this model.",
        )
    nuclei = [e for e in result["ways"][SHIPPED]["structures"] if e["kind"] == "nucleus"]
    known = {entry["name"]: detectability_of(entry) for entry in nuclei}
    card.model_copy(update={"detectability": known}).save(model)


def main() -> None:
    """Read the arguments, write the card."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--measured", type=Path, default=ROOT / "docs" / "results" / "measurement.json")
    parser.add_argument("--model", type=Path, default=ROOT / "resources" / "models" / "brainstem31")
    given = parser.parse_args()
    write_detectability(given.measured, given.model)


if __name__ == "__main__":
    main()
