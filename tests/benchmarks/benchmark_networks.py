"""What each network costs, beside segmentation_models.pytorch's same one; writes docs/results/networks.md.

    python tests/benchmarks/benchmark_networks.py --torch PYTHON --work FOLDER --page docs/results/networks.md

PYTHON is one of an environment with segmentation_models.pytorch, for example

    python3 -m venv FOLDER && FOLDER/bin/pip install torch torchvision segmentation_models_pytorch

Two child processes hold the same network, ours and theirs, and take turns: one step here, one step there,
again and again, so that both meet the same machine. Only one computes at a time. CPU seconds are those of
all threads of the process; the first, warming repeat of everything is thrown away. What was measured for a
network is kept in FOLDER and not measured again.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import textwrap
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmark_segment import machine

HERE = Path(__file__).resolve().parent
SCAN_SLICES = 73
LIMIT = 0.6
#: N-DecoNet and U-DecoNet have no counterpart; N-DecoNet's step is compared with this network's.
COUNTERPART = "fpn"
Times = dict[str, list[dict[str, float]]]
#: What is compared with segmentation_models.pytorch: ours, theirs.
_COMPARED = {
    "a training step": ("ours step", "theirs step"),
    f"{SCAN_SLICES} slices by Keras": ("ours predict", "theirs predict"),
    f"{SCAN_SLICES} slices by ONNX Runtime": ("ours onnx", "theirs predict"),
}
#: The program asks TensorFlow for oneDNN on every processor (`benchmark_onednn.py`); PyTorch has it anyway.
_AS_THE_PROGRAM = {"TF_ENABLE_ONEDNN_OPTS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}


class Child:
    """A process of `timed_networks.py`."""

    def __init__(self, python: str, which: str, given: argparse.Namespace) -> None:
        options = {name: getattr(given, name) for name in ("encoder", "slices", "threads")}
        words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(given.threads))
        self._process = subprocess.Popen(
            [python, str(HERE / "timed_networks.py"), "--which", which, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | threads | _AS_THE_PROGRAM | {"CUDA_VISIBLE_DEVICES": ""},
        )

    def ask(self, do: str, **more: Any) -> dict[str, Any]:
        """Send a request and wait for the answer; exits if the child has died."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": do, **more}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            sys.exit(f"The child ended at {do} {more}.")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def end(self) -> None:
        """Let the child end."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def measure(
    decoder: str, batch: int, ours: Child, theirs: Child, given: argparse.Namespace
) -> dict[str, Any]:
    """Measure a network and its counterpart, taking turns."""
    counterpart = decoder if decoder not in ("n_deconet", "u_deconet") else COUNTERPART
    found: dict[str, Any] = {"decoder": decoder, "counterpart": counterpart}
    found["ours"] = ours.ask("load", decoder=decoder, batch=batch)
    found["theirs"] = theirs.ask("load", decoder=counterpart, batch=batch)
    names = ("encoder", "slices", "threads", "repeats", "predictions")
    found["settings"] = {name: getattr(given, name) for name in names} | {"batch": batch}
    found["load"] = os.getloadavg()[0]
    kinds = ("ours step", "theirs step", "ours predict", "ours onnx", "theirs predict")
    times: Times = {name: [] for name in kinds}
    for repeat in range(given.repeats + 1):
        turns = {"ours step": ours.ask("step"), "theirs step": theirs.ask("step")}
        if repeat <= given.predictions:
            turns["ours predict"] = ours.ask("predict")
            turns["ours onnx"] = ours.ask("predict_onnx")
            turns["theirs predict"] = theirs.ask("predict")
        for name, seconds in turns.items():
            if repeat:
                times[name].append(seconds)
    return found | {"times": times}


def middle(found: dict[str, Any], name: str, clock: str = "cpu") -> float:
    """Median over repeats."""
    return float(statistics.median(seconds[clock] for seconds in found["times"][name]))


def shown(found: dict[str, Any], name: str, scale: float = 1.0) -> str:
    """Median CPU seconds with the smallest and largest."""
    values = [seconds["cpu"] * scale for seconds in found["times"][name]]
    return f"{statistics.median(values):.2f} ({min(values):.2f}–{max(values):.2f})"


def ratio(found: dict[str, Any], one: str, other: str) -> tuple[float, float, float]:
    """Median, smallest and largest of the quotients of paired repeats."""
    pairs = zip(found["times"][one], found["times"][other], strict=True)
    quotients = [mine["cpu"] / its["cpu"] for mine, its in pairs]
    return statistics.median(quotients), min(quotients), max(quotients)


def page(measured: list[dict[str, Any]], counts: dict[str, dict[str, int]], batch: int) -> str:
    """Write the table as Markdown."""
    first, timed = measured[0], {f["decoder"]: f for f in measured if f["settings"]["batch"] == batch}
    factor = SCAN_SLICES / first["settings"]["slices"]
    own = [found for found in timed.values() if found["counterpart"] == found["decoder"]]
    lines = ["# What each network costs", ""]
    lines += [
        f"{datetime.now(UTC):%Y-%m-%d}, {machine()}. Written by",
        f"`tests/benchmarks/benchmark_networks.py` with {first['ours']['versions']};",
        f"{first['theirs']['versions']}.",
        "",
        textwrap.fill(_conditions(measured, batch, factor), 115),
        "",
    ]
    lines += ["| network | parameters | GFLOPs | step, Keras | step, SMP | ours/SMP |"]
    lines[-1] += f" {SCAN_SLICES} slices, Keras | ONNX Runtime | SMP |"
    lines += ["|---" * 9 + "|"]
    lines += [_row(decoder, count, timed.get(decoder), factor) for decoder, count in counts.items()]
    missing = [f"`{decoder}`" for decoder in counts if decoder not in timed]
    if missing:
        lines += ["", f"Not timed yet: {', '.join(missing)}."]
    busiest = max(found["load"] for found in measured)
    if busiest > (os.cpu_count() or 1):
        text = (
            f"**Measured on a busy machine** (load up to {busiest:.0f} on {os.cpu_count()} cores), where "
            "neighbours on the same core slow arithmetic and waiting for memory differently: repeat it on a "
            "quiet one before relying on a ratio."
        )
        lines += ["", textwrap.fill(text, 115)]
    lines += [
        "",
        *_compared(own),
        *(_verdict(found) for found in measured if found["decoder"] == "n_deconet"),
        "",
    ]
    same = all(f["ours"]["parameters"] == f["theirs"]["parameters"] for f in own)
    agree = "are the same" if same else "DIFFER"
    lines += [
        f"Trainable parameters of ours and theirs {agree} in the {len(own)} timed networks that both have."
    ]
    return "\n".join(lines) + "\n"


def _conditions(measured: list[dict[str, Any]], batch: int, factor: float) -> str:
    settings, loads = measured[0]["settings"], sorted({round(found["load"]) for found in measured})
    load = f"{loads[0]} to {loads[-1]}" if len(loads) > 1 else f"{loads[0]}"
    steps = [len(found["times"]["ours step"]) for found in measured]
    predictions = [len(found["times"]["ours predict"]) for found in measured]
    scaled = f" (measured on {settings['slices']} and multiplied up)" if factor != 1 else ""
    return (
        f"Encoder {settings['encoder']}, 34 classes, one channel, 224×224, {settings['threads']} thread for "
        "every engine; SMP is segmentation_models.pytorch. The two took turns, step by step. CPU seconds, "
        f"median of {min(steps)} or more training steps and {min(predictions)} or more predictions "
        f"(smallest–largest); load of the machine, the measurement itself among it: {load}. "
        "A training step is forward, DiceCE, backward and Adam "
        f"on {batch} slices; a scan has {SCAN_SLICES} slices{scaled}. GFLOPs of one forward pass: two for "
        "each multiply-add of convolutions (bias included) and of attention's matrix products, counted from "
        "the shapes of the layers (`kerasmodels/multiply_adds.py`); batch norm, activations, sums and "
        "enlargements are not counted."
    )


def _row(decoder: str, count: dict[str, int], found: dict[str, Any] | None, factor: float) -> str:
    counted = [f"`{decoder}`", f"{count['parameters']:,}", f"{2 * count['multiply_adds'] / 1e9:.1f}"]
    if found is None:
        return "| " + " | ".join(counted + ["–"] * 6) + " |"
    both = found["counterpart"] == decoder
    quotient = ratio(found, "ours step", "theirs step")[0]
    cells = [
        *counted,
        shown(found, "ours step"),
        shown(found, "theirs step") if both else "–",
        f"{quotient:.2f}" if both else "–",
        shown(found, "ours predict", factor),
        shown(found, "ours onnx", factor),
        shown(found, "theirs predict", factor) if both else "–",
    ]
    return "| " + " | ".join(cells) + " |"


def _compared(own: list[dict[str, Any]]) -> list[str]:
    """Say which share of their CPU time ours take, and where that is more than all of it."""
    lines = []
    for what, (one, other) in _COMPARED.items():
        shares = {found["decoder"]: ratio(found, one, other)[0] for found in own}
        if not shares:
            continue
        above = [f"`{name}` {share:.2f}" for name, share in shares.items() if share > 1]
        text = (
            f"- {what[0].upper()}{what[1:]}: {min(shares.values()):.2f} to {max(shares.values()):.2f} of "
            f"the CPU time of segmentation_models.pytorch in the {len(shares)} networks that both have; "
            f"above 1.0: {', '.join(above) or 'none'}."
        )
        lines.append(textwrap.fill(text, 115, subsequent_indent="  "))
    return lines


def _verdict(found: dict[str, Any]) -> str:
    """Say whether N-DecoNet's step is as cheap as promised."""
    value, low, high = ratio(found, "ours step", "theirs step")
    pairs, met = len(found["times"]["ours step"]), "met" if value <= LIMIT else "NOT met"
    wall = [f"{middle(found, f'{side} step', 'wall'):.2f} s" for side in ("ours", "theirs")]
    text = (
        f"- N-DecoNet's training step on {found['settings']['batch']} slices against "
        "segmentation_models.pytorch's FPN step, in turns: "
        f"**{value:.2f}** of its CPU time ({low:.2f} to {high:.2f} over {pairs} pairs: "
        f"{shown(found, 'ours step')} s against {shown(found, 'theirs step')} s; "
        f"wall {wall[0]} against {wall[1]}). "
        f"Target at most {LIMIT}: {met}."
    )
    return textwrap.fill(text, 115, subsequent_indent="  ")


def count_all(encoder: str) -> dict[str, dict[str, int]]:
    """Parameters and multiply-adds of every network."""
    from timed_networks import CLASSES, SIZE

    from kerasmodels import build_model, decoder_names
    from kerasmodels.multiply_adds import count_multiply_adds

    counts = {}
    for decoder in decoder_names():
        model = build_model(decoder, encoder, CLASSES, (SIZE, SIZE, 1))
        parameters = sum(math.prod(variable.shape) for variable in model.trainable_variables)
        counts[decoder] = {"parameters": parameters, "multiply_adds": count_multiply_adds(model)}
    return counts


def main() -> None:
    """Read the arguments, measure what is missing, write the page."""
    sys.path.insert(0, str(HERE.parents[1]))
    from kerasmodels import decoder_names

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--torch", required=True, help="Python with segmentation_models.pytorch")
    parser.add_argument("--work", type=Path, required=True, help="folder of the measurements")
    parser.add_argument("--page", type=Path, help="file to write; printed if not given")
    parser.add_argument("--timed", nargs="*", default=list(decoder_names()), help="networks to time")
    parser.add_argument("--encoder", default="resnet34")
    parser.add_argument("--batch", type=int, default=4, help="slices a training step")
    parser.add_argument("--paper-batch", type=int, default=16, help="N-DecoNet also with this one; 0: not")
    parser.add_argument("--slices", type=int, default=SCAN_SLICES, help="slices to predict; a scan has 73")
    parser.add_argument("--repeats", type=int, default=5, help="training steps")
    parser.add_argument("--predictions", type=int, default=3, help="repeats of predicting, at most --repeats")
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    wanted = [(decoder, given.batch) for decoder in given.timed]
    wanted += [("n_deconet", given.paper_batch)] if given.paper_batch else []
    paths = {case: given.work / f"{case[0]}-{case[1]}.json" for case in wanted}
    if not all(path.exists() for path in paths.values()):
        ours, theirs = Child(sys.executable, "ours", given), Child(given.torch, "theirs", given)
        for (decoder, batch), path in paths.items():
            if not path.exists():
                found = measure(decoder, batch, ours, theirs, given)
                path.write_text(json.dumps(found), encoding="utf-8")
        ours.end()
        theirs.end()
    measured = [json.loads(path.read_text(encoding="utf-8")) for path in paths.values()]
    text = page(measured, count_all(given.encoder), given.batch)
    if given.page:
        old = given.page.read_text(encoding="utf-8") if given.page.exists() else ""
        # What other benchmarks have measured stands in sections below.
        _, mark, sections = old.partition("\n## ")
        given.page.write_text(text + mark + sections, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
