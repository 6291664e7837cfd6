"""Teach a network heads whose nuclei have changed alone; for a graphics card, beginning with a model.

    KERAS_BACKEND=jax python tests/consensus/train_local_changes.py HEADS.npz OUT --seconds 210

HEADS.npz is what `pack_heads.py` wrote. Every step makes new heads on the card (`local_changes.py`). The time
is shared out to phases, `--phase ALPHA:SHARE`: ALPHA is the share of the cross entropy beside Tversky's index
in the loss, and the step length falls to nothing at the end of each. Then the mean weights are written as
OUT/phase-N-a.npz and -b.npz; `model_of_weights.py` makes a model of them. Needs keras,
jax, h5py, pydantic and SciPy, and of this repository `kerasmodels` and this folder. With --steps, each phase
ends after so many steps: a trial, on a processor too.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")

import jax
import jax.numpy as jnp
import keras
import numpy as np
from jax import random
from local_changes import SHAPE, Array, Shown
from numpy.typing import NDArray
from packed_heads import Heads, PackedHeads, eight_bit_kernels, read_heads

from kerasmodels import build_model, make_loss
from kerasmodels.data.slice_input import SliceInput

WARM_UP = 0.03
#: What is written keeps less than this of the weights of each step before.
MEMORY = 0.998
#: Steps that the processor may be ahead of the card.
AHEAD = 3
#: The phases take at least so long together, however long compiling took.
LEAST_SECONDS = 30.0


@dataclass(frozen=True)
class Trainer:
    """A network, its loss and optimiser, as pure functions of their state.

    The state is five lists: what is learned, what is counted, the optimiser's, and means of the first two.
    """

    model: Any
    optimizer: Any
    shown: Shown
    heads: int
    slices: int

    def start(self) -> tuple[list[Array], ...]:
        """State at the beginning."""
        learned = [each.value for each in self.model.trainable_variables]
        counted = [each.value for each in self.model.non_trainable_variables]
        optimizer = [each.value for each in self.optimizer.variables]
        # Copies: what is given to a step is used up.
        return tuple(
            [jnp.array(each) for each in part] for part in (learned, counted, optimizer, learned, counted)
        )

    def batch(self, heads: Heads, among: Array, key: Array) -> tuple[Array, Array, Array]:
        """Images, labels and weights of one step, of some of the heads."""
        who_key, slice_key, change_key = random.split(key, 3)
        who = random.choice(who_key, among, (self.heads,), replace=self.heads > len(among))
        keys = random.split(slice_key, self.heads)
        slices = jax.vmap(lambda k: random.choice(k, SHAPE[2], (self.slices,), replace=False))(keys)
        return self.shown.batch(change_key, heads, who, slices, 1.0)

    def step(
        self,
        state: tuple[list[Array], ...],
        batch: tuple[Array, Array, Array],
        rate: Array,
        alpha: Array,
        keep: Array,
    ) -> tuple[tuple[list[Array], ...], Array]:
        """One step: state and loss."""
        learned, counted, optimizer, mean_learned, mean_counted = state
        images, labels, weights = batch

        def cost(values: list[Array]) -> tuple[Array, list[Array]]:
            found, after = self.model.stateless_call(values, counted, images, training=True)
            return self.loss(labels, found, weights, alpha), after

        (loss, counted), slopes = jax.value_and_grad(cost, has_aux=True)(learned)
        optimizer = [
            rate if each is self.optimizer.learning_rate else value
            for each, value in zip(self.optimizer.variables, optimizer, strict=True)
        ]
        learned, optimizer = self.optimizer.stateless_apply(optimizer, slopes, learned)
        means = [
            [keep * a + (1 - keep) * b for a, b in zip(old, new, strict=True)]
            for old, new in ((mean_learned, learned), (mean_counted, counted))
        ]
        return (learned, counted, optimizer, *means), loss

    def compiled(
        self, state: tuple[list[Array], ...], heads: Heads, among: Array, key: Array
    ) -> Callable[..., tuple[tuple[list[Array], ...], Array]]:
        """Step that makes its batch itself; both are compiled side by side."""
        shapes = jax.eval_shape(self.batch, heads, among, key)
        numbers = _numbers(0.0, 0.5, 1.0)
        with ThreadPoolExecutor(2) as beside:
            make = beside.submit(lambda: jax.jit(self.batch).lower(heads, among, key).compile())
            step = jax.jit(self.step, donate_argnums=0).lower(state, shapes, **numbers).compile()
            made = make.result()

        def both(state: tuple[list[Array], ...], key: Array, **numbers: np.float32) -> Any:
            return step(state, made(heads, among, key), **numbers)

        return both

    @staticmethod
    def loss(labels: Array, found: Array, weights: Array, alpha: Array | float) -> Array:
        """α × cross entropy + (1 − α) × Tversky's index, without smoothed labels."""
        entropy, overlap = make_loss("softce", smoothing=0.0), make_loss("tversky")
        return alpha * entropy(labels, found, weights) + (1 - alpha) * overlap(labels, found, weights)

    def volumes(
        self, learned: list[Array], counted: list[Array], heads: Heads, who: Array, key: Array, local: Array
    ) -> tuple[Array, Array, Array]:
        """Volumes of a head by the network's probabilities and in truth (classes,), and its cross entropy."""
        images, labels, weights = self.shown.batch(key, heads, who[None], jnp.arange(SHAPE[2])[None], local)
        found, _ = self.model.stateless_call(learned, counted, images, training=False)
        truth = jax.nn.one_hot(labels, found.shape[-1])
        loss = self.loss(labels, found, weights, 1.0)
        return found.sum(axis=(0, 1, 2)), truth.sum(axis=(0, 1, 2)), loss


def main() -> None:
    """Read the arguments, train, write the weights."""
    given = _arguments()
    begun = time.monotonic()
    packed = read_heads(given.heads)
    given.out.mkdir(parents=True, exist_ok=True)
    if given.half:
        keras.config.set_dtype_policy("mixed_bfloat16")
    trainer = _trainer(packed, given)
    heads = Heads(*(jnp.asarray(each) for each in packed.heads))
    told(begun, f"{len(packed.training)} heads to learn from, on {jax.devices()[0].device_kind}")
    state, phases = trainer.start(), []
    first = _on_processor(state)
    among, key = jnp.array(packed.training), random.key(given.seed)
    step = trainer.compiled(state, heads, among, key)
    told(begun, "compiled")
    state, loss = step(state, key=key, **_numbers(0.0, 0.5, 1.0))
    _require_finite(float(loss), 0)
    told(begun, f"loss {float(loss):.4f}")
    left = max(given.seconds - (time.monotonic() - begun), LEAST_SECONDS)
    for number, (alpha, share) in enumerate(given.phase, start=1):
        phase = _Phase(number, alpha, share * left, given.steps, given.rate)
        key, own = random.split(key)
        state = phase.run(step, state, own, begun)
        phases.append(_on_processor(state))
        save(trainer.model, [*phases[-1][0], *phases[-1][1]], packed.weights, given.out / f"phase-{number}")
    volumes = jax.jit(trainer.volumes)
    for name, weights in (
        ("before", first),
        *((f"phase {n}", each) for n, each in enumerate(phases, start=1)),
    ):
        told(begun, f"{name}: {_followed(volumes, weights, heads, packed, given.looks)}")


def _on_processor(state: tuple[list[Array], ...]) -> tuple[list[NDArray[np.float32]], ...]:
    """Means of what is learned and of what is counted."""
    return tuple([np.array(each) for each in part] for part in state[3:])


def _trainer(packed: PackedHeads, given: argparse.Namespace) -> Trainer:
    slice_input = SliceInput(size=given.size, context=(-2, -1, 0, 1, 2), position=True)
    model = build_model("n_deconet", "resnet34", len(packed.heads.mirrored), slice_input.shape)
    model.set_weights(packed.weights)
    optimizer = keras.optimizers.Adam(given.rate, global_clipnorm=1.0)
    optimizer.build(model.trainable_variables)
    return Trainer(model, optimizer, Shown(slice_input, packed.origin, packed.mirror_plane), *given.batch)


@dataclass(frozen=True)
class _Phase:
    """A part of the training whose step length ends at nothing."""

    number: int
    alpha: float
    seconds: float
    steps: int | None
    rate: float

    def run(
        self, step: Callable[..., Any], state: tuple[list[Array], ...], key: Array, begun: float
    ) -> tuple[list[Array], ...]:
        """Train until the phase is over."""
        start, taken, losses, said = time.monotonic(), 0, [], 0.0
        while (done := self._done(taken, time.monotonic() - start)) < 1:
            rate = self.rate * min(1.0, done / WARM_UP) * 0.5 * (1 + np.cos(np.pi * done))
            keep = min(MEMORY, (1 + taken) / (10 + taken))
            key, own = random.split(key)
            state, loss = step(state, key=own, **_numbers(rate, self.alpha, keep))
            losses.append(loss)
            taken += 1
            if taken > AHEAD:
                losses[-AHEAD].block_until_ready()
            if done - said >= 0.1 or taken == 1:
                said = done
                _require_finite(float(loss), taken)
                mean = float(np.mean([float(each) for each in losses[-50:]]))
                told(begun, f"phase {self.number} (α {self.alpha}), step {taken}: loss {mean:.4f}")
        told(begun, f"phase {self.number}: {taken} steps")
        return state

    def _done(self, taken: int, seconds: float) -> float:
        return taken / self.steps if self.steps else seconds / self.seconds


def _followed(
    volumes: Callable[..., Any],
    weights: tuple[list[NDArray[np.float32]], ...],
    heads: Heads,
    packed: PackedHeads,
    looks: int,
) -> str:
    """How far the network's volumes follow the true ones of validation heads: slope of each nucleus."""
    learned, counted = ([jnp.asarray(each) for each in part] for part in weights)
    found, losses = [], []
    for look in range(looks):
        who = jnp.array(packed.validation[look % len(packed.validation)])
        still, changed = (
            volumes(learned, counted, heads, who, random.key(1000 + look), jnp.array(local))
            for local in (0.0, 1.0)
        )
        found.append(
            [np.log(np.maximum(b, 1) / np.maximum(a, 1)) for a, b in zip(still[:2], changed[:2], strict=True)]
        )
        losses.append(float(changed[2]))
    seen, true = np.array(found).transpose(1, 0, 2)[:, :, list(packed.nuclei)]
    slopes = (seen * true).sum(axis=0) / np.maximum((true**2).sum(axis=0), 1e-9)
    told_slopes = " ".join(f"{each:.2f}" for each in slopes)
    return f"cross entropy {np.mean(losses):.4f}, slope {np.mean(slopes):.3f}: {told_slopes}"


def save(model: Any, values: list[NDArray[np.float32]], begun: list[NDArray[np.float32]], path: Path) -> None:
    """Write by how much weights, in the model's own order, differ from the first ones, in two files."""
    own = [*model.trainable_variables, *model.non_trainable_variables]
    order = {id(variable): number for number, variable in enumerate(own)}
    weights = [values[order[id(variable)]] for variable in model.weights]
    named = eight_bit_kernels([new - old for new, old in zip(weights, begun, strict=True)])
    names = sorted(named)
    sizes = np.cumsum([named[name].nbytes for name in names])
    middle = int(np.searchsorted(sizes, sizes[-1] / 2))
    for part, chosen in (("a", names[:middle]), ("b", names[middle:])):
        file = path.with_name(f"{path.name}-{part}.npz")
        np.savez_compressed(file, allow_pickle=False, **{name: named[name] for name in chosen})


def _numbers(rate: float, alpha: float, keep: float) -> dict[str, np.float32]:
    """Arguments of a step that change; of one type, so that it is compiled once."""
    return {"rate": np.float32(rate), "alpha": np.float32(alpha), "keep": np.float32(keep)}


def told(begun: float, what: str) -> None:
    """Say what is done, and when."""
    print(f"{time.monotonic() - begun:6.1f} s  {what}", flush=True)


def _require_finite(loss: float, step: int) -> None:
    if not np.isfinite(loss):
        sys.exit(f"the loss of step {step} is {loss}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("heads", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seconds", type=float, default=210.0, help="of all phases, compiling counted in")
    parser.add_argument("--steps", type=int, help="of each phase, instead of seconds")
    parser.add_argument("--phase", type=_phase, action="append", help="ALPHA:SHARE of the time")
    parser.add_argument("--batch", type=int, nargs=2, default=(16, 16), metavar=("HEADS", "SLICES"))
    parser.add_argument("--rate", type=float, default=5e-4)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--looks", type=int, default=12, help="validation heads looked at in the end")
    parser.add_argument("--half", action="store_true", help="compute in bfloat16")
    given = parser.parse_args()
    given.phase = given.phase or [(0.5, 0.45), (1.0, 0.25), (0.1, 0.3)]
    return given


def _phase(text: str) -> tuple[float, float]:
    alpha, share = text.split(":")
    return float(alpha), float(share)


if __name__ == "__main__":
    main()
