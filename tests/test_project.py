"""What stands beside the code: versions, the distribution of the networks, workflows and recipes."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from hatchling.builders.wheel import WheelBuilder
from hatchling.metadata.core import ProjectMetadata
from hatchling.plugin.manager import PluginManager

import brainstem_app
import kerasmodels

#: Names of scripts that someone starts by hand.
SCRIPT = re.compile(r"(?:benchmark|check|draw|make|take|write)_\w+\.py$")
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


#: Documents for developers that name files of the repository in backquotes.
RECIPES = ("CONTRIBUTING.md", ".github/SECURITY.md", ".github/PULL_REQUEST_TEMPLATE.md")
#: What stands for the name of something new, and folders that are made.
NOT_THERE = re.compile(r"NAME|^\.venv|^build/")


@pytest.mark.parametrize("page", RECIPES)
def test_files_that_recipes_name_are_there(repository_root: Path, page: str) -> None:
    text = (repository_root / page).read_text(encoding="utf-8")
    named = {name for name in re.findall(r"`([\w.-]+(?:/[\w.-]+)*/?)`", text) if "/" in name or "." in name}
    named = {name for name in named if not NOT_THERE.search(name)}
    missing = {name for name in named if "/" in name and not (repository_root / name).exists()}
    assert missing == set()
    linked = [link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link]
    assert [link for link in linked if not (repository_root / page).parent.joinpath(link).exists()] == []


def test_commit_hooks_use_the_tested_versions(repository_root: Path) -> None:
    hooks = (repository_root / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    pins = (repository_root / "installer" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    used = set(re.findall(r'additional_dependencies: \["([^"]+)"\]', hooks))
    assert used
    assert used <= set(pins)


@pytest.mark.parametrize("name", ["tests.yml", "release.yml", "supply.yml"])
def test_workflow_calls_scripts_that_are_there(repository_root: Path, name: str) -> None:
    workflow = yaml.safe_load((repository_root / ".github" / "workflows" / name).read_text(encoding="utf-8"))
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    called = {
        word
        for step in steps
        for word in re.findall(r"\binstaller/[\w./]+\.(?:sh|py)\b", step.get("run", ""))
    }
    assert called
    assert [script for script in called if not (repository_root / script).is_file()] == []


def test_everything_at_the_top_has_a_reason(repository_root: Path) -> None:
    """What the user named, and what tools and people look for there by convention."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=repository_root, capture_output=True, text=True, check=False
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    top = {name.partition("/")[0] for name in listed.stdout.split("\0") if name}
    named = {
        "pyproject.toml",
        "README.md",
        "brainstem_app",
        "kerasmodels",
        "resources",
        "tests",
        "installer",
        "docs",
    }
    by_convention = {
        *(".ci", ".github", ".gitattributes", ".gitignore", ".pre-commit-config.yaml"),
        *("CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md", "LICENSE", "mkdocs.yml", "run.bat"),
    }
    assert top <= named | by_convention


def test_changes_are_added_changed_or_fixed(repository_root: Path) -> None:
    text = (repository_root / "CHANGELOG.md").read_text(encoding="utf-8")
    kinds = re.findall(r"^### (.+)$", text, re.M)
    assert kinds
    assert set(kinds) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    before = text.partition("### ")[0]
    assert "\n- " not in before


def test_scripts_beside_the_suite_are_not_collected(repository_root: Path) -> None:
    folders = ("benchmarks", "consensus", "golden", "independent", "paper", "screenshots")
    collected = [
        path for folder in folders for path in (repository_root / "tests" / folder).rglob("test_*.py")
    ]
    assert collected == []
    checked = _declared(repository_root)["tool"]["mypy"]["files"]
    assert {f"tests/{folder}" for folder in folders} <= set(checked)
    scripts = {
        path.parent.name for path in (repository_root / "tests").glob("*/*.py") if SCRIPT.match(path.name)
    }
    assert scripts <= set(folders)


def test_readme_of_the_networks_names_all_of_them(repository_root: Path) -> None:
    text = (repository_root / "kerasmodels" / "README.md").read_text(encoding="utf-8")
    known = {*kerasmodels.decoder_names(), *kerasmodels.loss_names()}
    assert {name for name in known if f"`{name}`" not in text} == set()
    counts = ("nine decoders", "twenty encoders", "eight losses")
    assert all(count in text for count in counts)
    names = (kerasmodels.decoder_names(), kerasmodels.encoder_names(), kerasmodels.loss_names())
    assert [len(each) for each in names] == [9, 20, 8]
