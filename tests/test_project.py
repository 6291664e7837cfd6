"""What stands beside the code: versions, the distribution of the networks, workflows and recipes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder
from hatchling.metadata.core import ProjectMetadata
from hatchling.plugin.manager import PluginManager

import brainstem_app
import kerasmodels

#: Folder of a pyproject.toml → the package that holds its version.
DISTRIBUTIONS = {".": brainstem_app, "kerasmodels": kerasmodels}


def _declared(folder: Path) -> dict:
    return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("place", DISTRIBUTIONS)
def test_version_is_written_in_the_package_alone(repository_root: Path, place: str) -> None:
    folder = repository_root / place
    assert "version" not in _declared(folder)["project"]
    built = ProjectMetadata(str(folder), PluginManager()).version
    assert built == DISTRIBUTIONS[place].__version__


def test_citation_names_the_version_of_the_program(repository_root: Path) -> None:
    cited = re.search(r"^version: (.+)$", (repository_root / "CITATION.cff").read_text("utf-8"), re.M)
    assert cited is not None
    assert cited[1] == brainstem_app.__version__


def test_wheel_of_the_networks_holds_the_package_and_nothing_else(repository_root: Path) -> None:
    folder = repository_root / "kerasmodels"
    inside = {file.distribution_path for file in WheelBuilder(str(folder)).recurse_included_files()}
    beside = {"pyproject.toml", "README.md", "LICENSE"}
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    expected = {f"kerasmodels/{name}" for name in files - beside if "__pycache__" not in name}
    assert inside == expected


def test_networks_ask_for_no_other_versions_than_the_program(repository_root: Path) -> None:
    own, whole = (_declared(repository_root / place)["project"] for place in ("kerasmodels", "."))
    extras = whole["optional-dependencies"]
    asked = {*whole["dependencies"], *(line for lines in extras.values() for line in lines)}
    assert set(own["dependencies"]) <= asked
    for name in ("onnx", "pretrained", "segmentation-models"):
        assert set(own["optional-dependencies"][name]) <= asked, name
    assert own["license"] == whole["license"]
    texts = {(repository_root / place / "LICENSE").read_bytes() for place in ("kerasmodels", ".")}
    assert len(texts) == 1
