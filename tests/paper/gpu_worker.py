"""Trains one cell after the other that it is told of: a line of JSON in, a line of JSON out.

Started by `run_grids.py`. It reads the study once, and says when it is ready.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
import traceback
from pathlib import Path

from gpu_answer import ANSWER
from lean_cell import Subjects, run_lean

from brainstem_app.jobs.job import TrainJob
from brainstem_app.jobs.provenance import usable_cores
from brainstem_app.study.study import Study

_LIBRARIES = {"jax": "JAX", "torch": "PyTorch", "tensorflow": "TensorFlow"}


def main() -> None:
    """Read lines until there are none."""
    folder, at_once, needs_gpu = Path(sys.argv[1]), int(sys.argv[3]), sys.argv[4] == "gpu"
    subjects = Subjects.read(Study.open(Path(sys.argv[2]).resolve()))
    device, is_gpu = device_name()
    if needs_gpu and not is_gpu:
        _answer({"failed": f"There is no GPU, but {device}."})
        return
    _answer({"ready": device})
    if at_once > 1:
        device += f", {at_once} networks at once"
    for line in sys.stdin:
        told = json.loads(line)
        _answer(_run(told, subjects, folder, device, resumable=not is_gpu))


def _run(
    told: dict[str, str], subjects: Subjects, folder: Path, device: str, *, resumable: bool
) -> dict[str, str | float]:
    """Train one cell, or go on with it; its folder appears when it is whole."""
    job = TrainJob.model_validate_json(told["job"])
    half = folder / f".{told['name']}"
    if not resumable:
        shutil.rmtree(half, ignore_errors=True)
    began = time.monotonic()
    try:
        keep = bool(told["keep"])
        record = run_lean(job, subjects, half, told["variant"], device=device, keep=keep, resumable=resumable)
        kept = folder / told["place"] / told["name"]
        kept.parent.mkdir(parents=True, exist_ok=True)
        half.rename(kept)
    except Exception as error:  # noqa: BLE001 - whatever it is, the others go on
        traceback.print_exc()
        if not resumable:
            shutil.rmtree(half, ignore_errors=True)
        return {"failed": f"{type(error).__name__}: {error}"[:400]}
    return {
        "nuclei": record.macro_miou_nuclei.value or 0.0,
        "validated": record.val_nuclei_miou or 0.0,
        "epoch_s": record.seconds_per_epoch,
        "wall_s": round(time.monotonic() - began, 1),
    }


def device_name() -> tuple[str, bool]:
    """What Keras computes on and by which library, in words, and whether it is a GPU."""
    import keras

    from kerasmodels.training.device import gpu_count

    backend = keras.backend.backend()
    library = _LIBRARIES.get(backend, backend)
    if not gpu_count():
        return f"Keras on CPU, {usable_cores()} cores, {library}", False
    card = ""
    if backend == "jax":
        import jax

        card = f", {jax.devices()[0].device_kind}"
    elif backend == "torch":
        import torch

        card = f", {torch.cuda.get_device_name()}"
    return f"Keras on 1 GPU{card}, {library}", True


def _answer(content: dict[str, str | float]) -> None:
    sys.stdout.write(ANSWER + json.dumps(content) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
