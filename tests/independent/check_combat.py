"""Does our ComBat give what its authors' package neuroCombat gives? Prints the largest difference.

    python -m venv FOLDER && FOLDER/bin/pip install neuroCombat==0.2.12 pandas
    python tests/independent/check_combat.py FOLDER/bin/python

neuroCombat runs in its own Python, on the same simulated volumes; its iterations are carried on until nothing
changes, as ours are. It takes no missing values, so none are here. Also prints the numbers that
``tests/evaluation/test_combat.py`` holds.
"""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
from numpy.typing import NDArray

from brainstem_app.evaluation.combat import harmonised

PEOPLE, MEASURES = (12, 15, 13), 34
_THEIRS = """
import contextlib, io, json, sys
import numpy as np, pandas as pd
from neuroCombat import neuroCombat
sys.modules["neuroCombat.neuroCombat"].it_sol.__defaults__ = (1e-12,)
given = json.load(sys.stdin)
columns = pd.DataFrame({name: given[name] for name in ("site", "group", "age")})
with contextlib.redirect_stdout(io.StringIO()):
    found = neuroCombat(dat=np.array(given["values"]).T, covars=columns, batch_col="site",
                        categorical_cols=["group"], continuous_cols=["age"])
json.dump(found["data"].T.tolist(), sys.stdout)
"""


def simulated(
    people: tuple[int, ...] = PEOPLE, measures: int = MEASURES
) -> tuple[NDArray[np.float64], NDArray[np.int_], NDArray[np.float64]]:
    """Volumes of people of several sites, their sites, and group and age."""
    rng = np.random.default_rng(20)
    site = np.repeat(np.arange(len(people)), people)
    # neuroCombat keeps ages in 32 bits: these are exact there.
    kept = np.column_stack([rng.integers(0, 2, len(site)), rng.integers(20, 80, len(site))]).astype(float)
    scale = rng.uniform(0.5, 3, measures)
    values = rng.normal(100, 10, (len(site), measures)) * scale - 5 * kept[:, :1] + 0.2 * kept[:, 1:]
    shift = np.array([0.0, 8.0, -5.0])[site][:, None] * rng.normal(1, 0.3, measures)
    spread = np.array([1.0, 1.4, 0.8])[site][:, None]
    return np.round(values.mean(axis=0) + spread * (values - values.mean(axis=0)) + shift, 2), site, kept


def theirs(
    python: str, values: NDArray[np.float64], site: NDArray[np.int_], kept: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return what neuroCombat makes of it, in its own Python."""
    given = {"values": values.tolist(), "site": site.tolist(), "group": kept[:, 0].astype(int).tolist()}
    told = json.dumps({**given, "age": kept[:, 1].tolist()})
    done = subprocess.run([python, "-c", _THEIRS], input=told, capture_output=True, text=True, check=True)
    return np.array(json.loads(done.stdout))


def main() -> None:
    """Compare on many measures, and on the few that the test holds."""
    for people, measures in ((PEOPLE, MEASURES), ((6, 7), 3)):
        values, site, kept = simulated(people, measures)
        known = theirs(sys.argv[1], values, site, kept)
        off = np.abs(harmonised(values, site, kept) - known).max()
        moved = np.abs(known - values).max()
        sys.stdout.write(f"{sum(people)} people, {measures} measures: moved by up to {moved:.2f}, ")
        sys.stdout.write(f"the two differ by up to {off:.1e}\n")
    sys.stdout.write(f"{np.round(known[[0, 5, 6, 12]], 6).tolist()}\n")


if __name__ == "__main__":
    main()
