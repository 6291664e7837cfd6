"""Regions of imported atlases: those the atlas brings, or none."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from numpy.typing import NDArray

from brainstem_app.atlas.importing.own_atlas import Imported, import_atlas
from brainstem_app.atlas.importing.request import AtlasRequest
from brainstem_app.atlas.library import load_atlas
from brainstem_app.errors import InputError
from brainstem_app.imaging.spaces import AROUND_BOX
from brainstem_app.preprocessing.template import load_template

Z = np.arange(AROUND_BOX.shape[2]) + AROUND_BOX.affine[2, 3]
TABLE = "index,name,region\n1,upper,Midbrain\n2,lower,\n"


def _save(path: Path, volume: NDArray[np.generic]) -> Path:
    image = nib.Nifti1Image(volume, AROUND_BOX.affine)
    image.set_sform(AROUND_BOX.affine, 4)
    nib.save(image, path)
    return path


@pytest.fixture
def nuclei(tmp_path: Path) -> Path:
    """Two nuclei in the middle, at z = −12 and z = −60 mm, and their table."""
    labels = np.zeros(AROUND_BOX.shape, dtype=np.uint8)
    x, y = (round(-AROUND_BOX.affine[axis, 3]) for axis in (0, 1))
    for label, (back, z) in enumerate(((24, -12), (44, -60)), start=1):
        height = round(z - AROUND_BOX.affine[2, 3])
        labels[x - 2 : x + 3, y - back - 2 : y - back + 3, height - 2 : height + 3] = label
    (tmp_path / "nuclei.csv").write_text(TABLE, encoding="utf-8")
    return _save(tmp_path / "nuclei.nii.gz", labels)


def _regions(folder: Path, *, above: float = -20.0, below: float = -80.0) -> Path:
    """A label map: 10 above −20 mm, 20 below it, as far as `below`; all around the brainstem too."""
    labels = np.zeros(AROUND_BOX.shape, dtype=np.uint8)
    labels[..., above <= Z] = 10
    labels[..., (above > Z) & (below <= Z)] = 20
    (folder / "regions.csv").write_text(
        "index,name,full_name\n10,midbrain,Upper part of the brainstem\n20,hindbrain,\n", encoding="utf-8"
    )
    return _save(folder / "regions.nii.gz", labels)


def _import(nuclei: Path, out: Path, regions: Path | None = None) -> Imported:
    table = regions and regions.with_name("regions.csv")
    return import_atlas(
        AtlasRequest(
            source=nuclei,
            name="lab",
            space="MNI152NLin2009aSym",
            table=nuclei.with_name("nuclei.csv"),
            regions=regions,
            regions_table=table,
        ),
        out,
    )


def test_label_map_of_regions_divides_all_of_the_brainstem(nuclei: Path, tmp_path: Path) -> None:
    made = _import(nuclei, tmp_path / "out", _regions(tmp_path))
    atlas = load_atlas(tmp_path / "out")
    assert atlas.regions is not None
    assert atlas.regions.names == ("midbrain", "hindbrain")
    words = [s.full_name for s in atlas.regions.table.structures[1:]]
    assert words == ["Upper part of the brainstem", "hindbrain"]
    brainstem = load_template().brainstem
    np.testing.assert_array_equal(atlas.regions.labels > 0, brainstem)
    z = np.argwhere(atlas.regions.labels == 1)[:, 2] - 72
    assert z.min() == -20
    assert np.count_nonzero(atlas.regions.labels == 2) == np.count_nonzero(brainstem[..., :52])
    # The column of the table says it of one nucleus, whatever its spelling; the voxels of the other.
    assert {s.name: s.region for s in atlas.table.nuclei} == {"upper": "midbrain", "lower": "hindbrain"}
    assert all(s.source == "imported from regions.nii.gz" for s in atlas.regions.table.structures[1:])
    card = json.loads((tmp_path / "out" / "atlas.json").read_text(encoding="utf-8"))
    assert [region["name"] for region in card["regions"]] == ["midbrain", "hindbrain"]
    assert not any("nearest" in warning for warning in made.warnings)


def test_of_probability_maps_a_voxel_belongs_to_the_likelier_region(nuclei: Path, tmp_path: Path) -> None:
    maps = tmp_path / "maps"
    maps.mkdir()
    upper = np.broadcast_to(np.clip((Z + 50) / 20, 0, 1), AROUND_BOX.shape).astype(np.float32)
    _save(maps / "upper_part.nii.gz", upper)
    _save(maps / "lower_part.nii.gz", 1 - upper)
    nuclei.with_name("nuclei.csv").write_text("index,name\n1,one\n2,two\n", encoding="utf-8")
    settings = AtlasRequest(
        source=nuclei,
        name="lab",
        space="MNI152NLin2009aSym",
        table=nuclei.with_name("nuclei.csv"),
        regions=maps,
    )
    import_atlas(settings, tmp_path / "out")
    regions = load_atlas(tmp_path / "out").regions
    assert regions is not None
    assert regions.names == ("upper_part", "lower_part")
    assert (np.argwhere(regions.labels == 2)[:, 2] - 72).max() == pytest.approx(-40, abs=1)


def test_rest_of_the_brainstem_goes_to_the_nearest_region_and_is_told(nuclei: Path, tmp_path: Path) -> None:
    made = _import(nuclei, tmp_path / "out", _regions(tmp_path, below=-60))
    regions = load_atlas(tmp_path / "out").regions
    assert regions is not None
    np.testing.assert_array_equal(regions.labels > 0, load_template().brainstem)
    (told,) = [warning for warning in made.warnings if "nearest" in warning]
    assert "% of the brainstem lies in none" in told


def test_atlas_without_regions_gets_none(nuclei: Path, tmp_path: Path) -> None:
    _import(nuclei, tmp_path / "out", _regions(tmp_path))
    made = _import(nuclei, tmp_path / "out")
    assert made.regions is None
    assert load_atlas(tmp_path / "out").regions is None
    assert not (tmp_path / "out" / "regions.csv").exists()


def test_regions_that_do_not_fit_are_refused_with_what_to_do(nuclei: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="% of the brainstem only"):
        _import(nuclei, tmp_path / "out", _regions(tmp_path, above=-5, below=-8))
    regions = _regions(tmp_path)
    for named, said in (
        ("10,tectum\n20,hindbrain\n", "“Midbrain” by its table, but the regions are tectum, hindbrain"),
        ("10,midbrain\n20,Lower\n", "same name: lower"),
        ("10,midbrain\n20,brainstem\n", "all of them together"),
    ):
        regions.with_name("regions.csv").write_text(f"index,name\n{named}", encoding="utf-8")
        with pytest.raises(InputError, match=said):
            _import(nuclei, tmp_path / "out", regions)
    assert not (tmp_path / "out" / "labels.nii.gz").exists()
