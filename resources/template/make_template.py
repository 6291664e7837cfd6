"""Make the files of this folder from nilearn's packaged template and two source atlases.

    python resources/template/make_template.py ../shared/data

Writes ``t1``, ``tissue`` and ``brainstem`` (.nii.gz, uint8, ``mni`` grid). The T1 and the tissue
probabilities are nilearn's (ICBM 2009a nonlinear symmetric, MNI). The brainstem's outline is drawn
by two atlases in other releases of the same template family: midbrain, pons and medulla of the Allen
Human Reference Atlas (2009b symmetric) and the brainstem of CerebrA (2009c); it is then cut to the
template's own tissue, so that the edge is that of our T1.
"""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path

import nibabel as nib
import nilearn
import numpy as np
from scipy import ndimage as ndi

from brainstem_app.imaging.label_map import save_label_map
from brainstem_app.imaging.resampling import resample
from brainstem_app.imaging.spaces import MNI_SHAPE, mni_affine

HERE = Path(__file__).resolve().parent
ALLEN_BRAINSTEM = "PTR MTg RN SN SC IC cpd PnBa PnTg MoPy MoTg IO".split()
ALLEN_PEDUNCLES = "scp icp mcp".split()
ALLEN_CSF = "Aq 4V 3V".split()
CEREBRA_BRAINSTEM = (11, 62)
# The template's T1 in the brainstem is 180-200 of 255 and in CSF below 60: half way, less for partial volume.
TISSUE_T1 = 120
PEDUNCLE_REACH_MM = 3.0


def nilearn_volume(name: str) -> np.ndarray:
    """Packaged uint8 volume ``t1``, ``gm`` or ``wm``."""
    folder = Path(nilearn.__file__).parent / "datasets" / "data"
    return np.asanyarray(nib.load(folder / f"mni_icbm152_{name}_tal_nlin_sym_09a_converted.nii.gz").dataobj)


def pulled_mask(path: Path, values: list[int] | tuple[int, ...]) -> np.ndarray:
    """Fraction (0..1) of those labels on the ``mni`` grid, made symmetric about x = 0."""
    image = nib.load(path)
    member = np.isin(np.asanyarray(image.dataobj), values).astype(np.float32)
    pulled = resample(member, image.affine, MNI_SHAPE, mni_affine())
    return (pulled + pulled[::-1]) / 2


def brainstem_mask(t1: np.ndarray, data_folder: Path) -> np.ndarray:
    """Brainstem from the diencephalon's border to z = -72 mm: no cerebellum, no CSF."""
    allen = data_folder / "atlases" / "allen2020"
    names = json.loads((allen / "AllenAtlas.json").read_text(encoding="utf-8"))["labels"]

    def index(wanted: list[str]) -> list[int]:
        return [names.index(name) for name in wanted]

    file = allen / "AllenAtlas.nii.gz"
    stem = pulled_mask(file, index(ALLEN_BRAINSTEM))
    peduncles = pulled_mask(file, index(ALLEN_PEDUNCLES))
    csf = pulled_mask(file, index(ALLEN_CSF))
    cerebra = pulled_mask(data_folder / "atlases" / "cerebra" / "CerebrA.nii.gz", CEREBRA_BRAINSTEM)

    core = (stem >= 0.5) | (cerebra >= 0.5)
    near = ndi.distance_transform_edt(~core) <= PEDUNCLE_REACH_MM
    union = core | ((peduncles >= 0.5) & near)
    union = ndi.binary_closing(union, ndi.generate_binary_structure(3, 1), iterations=2)
    smooth = ndi.gaussian_filter(union.astype(np.float32), 0.8)
    mask = (smooth >= 0.45) & (t1 >= TISSUE_T1) & (csf < 0.5)
    mask = ndi.binary_opening(mask) | (mask & (stem >= 0.5))
    return largest(symmetric(mask))


def symmetric(mask: np.ndarray) -> np.ndarray:
    """Voxels that are in the mask on both sides."""
    return mask & mask[::-1]


def largest(mask: np.ndarray) -> np.ndarray:
    """Largest face-connected piece."""
    pieces, _ = ndi.label(mask)
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    return pieces == sizes.argmax()


def main(data_folder: Path) -> None:
    """Write the three volumes beside this script and say how large the parts are."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    t1, gm, wm = (nilearn_volume(name) for name in ("t1", "gm", "wm"))
    brainstem = brainstem_mask(t1, data_folder)
    # 0 outside the brain, 1 white matter, 2 grey matter, 3 CSF and rest.
    tissue = np.where(t1 > 0, 3, 0).astype(np.uint8)
    tissue[(gm.astype(int) + wm >= 128) & (t1 > 0)] = 2
    tissue[(tissue == 2) & (wm >= gm)] = 1
    for name, volume in (("t1", t1), ("tissue", tissue), ("brainstem", brainstem)):
        save_label_map(HERE / f"{name}.nii.gz", volume.astype(np.uint8), mni_affine(), space="mni")
    inside = tissue[brainstem]
    logging.info("brainstem %d mm3, of it white %d, grey %d", inside.size, (inside == 1).sum(), (inside == 2).sum())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
