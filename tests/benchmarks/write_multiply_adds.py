"""Write kerasmodels/multiply_adds.csv: what one slice costs in a network, by decoder and encoder.

    python tests/benchmarks/write_multiply_adds.py [--all]

Every decoder on resnet34 and every encoder under n_deconet; the others too with ``--all``. Each network is
built once, without an image; the counting is `kerasmodels.multiply_adds`'s. What the table has is kept.
"""

from __future__ import annotations

import csv
import gc
import sys

import keras

from kerasmodels import build_model, decoder_names, encoder_names
from kerasmodels.multiply_adds import TABLE, TABLE_SIZE, count_multiply_adds

CLASSES = 34
NAMES = ("decoder", "encoder", "multiply_adds")


def main() -> None:
    """Build, count and write."""
    found = read() if TABLE.exists() else {}
    wanted = [(decoder, "resnet34") for decoder in decoder_names()]
    wanted += [("n_deconet", encoder) for encoder in encoder_names()]
    if "--all" in sys.argv:
        wanted += [(decoder, encoder) for encoder in encoder_names() for decoder in decoder_names()]
    for decoder, encoder in dict.fromkeys(wanted):
        if (decoder, encoder) not in found:
            model = build_model(decoder, encoder, CLASSES, (TABLE_SIZE, TABLE_SIZE, 1), seed=0)
            found[decoder, encoder] = count_multiply_adds(model)
            sys.stdout.write(f"{decoder} {encoder} {found[decoder, encoder]:,}\n")
            sys.stdout.flush()
            write(found)
            keras.backend.clear_session()
            gc.collect()


def read() -> dict[tuple[str, str], int]:
    """Networks of the table."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {(row["decoder"], row["encoder"]): int(row["multiply_adds"]) for row in csv.DictReader(file)}


def write(found: dict[tuple[str, str], int]) -> None:
    """Write the table, in the order of the names."""
    order = [(decoder, encoder) for encoder in encoder_names() for decoder in decoder_names()]
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(NAMES)
        writer.writerows((*network, found[network]) for network in order if network in found)


if __name__ == "__main__":
    main()
