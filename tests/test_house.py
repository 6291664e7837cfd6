"""The rules of the house that no single file can keep: imports, what the wheel holds, notices, and names."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections import Counter
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

PRODUCT = ("brainstem_app", "kerasmodels")
WORKING_FILES = {
    ".py",
    ".md",
    ".toml",
    ".txt",
    ".sh",
    ".bat",
    ".json",
    ".csv",
    ".cff",
    ".html",
    ".svg",
    ".yml",
}
VAGUE_NAMES = {"utils.py", "helpers.py", "common.py", "manager.py", "handler.py", "misc.py", "tools.py"}
LONGEST_FILE = 400
FULLEST_FOLDER = 25
MACHINE_PATHS = re.compile(r"(?<![\w./])/(?:work|home|root|opt|Users)/\w")
PACKAGE_INDEXES = re.compile(
    r"https?://[^\s\"')]*(?:/simple\b|pypi|pythonhosted|npmjs)|--(?:extra-)?index-url", re.I
)
START_UP_TABOO = ("tensorflow", "keras", "nilearn", "pandas", "sklearn")


def _tracked_files(root: Path) -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=False)
    if listing.returncode != 0:
        pytest.skip("not a git checkout")
    return [root / name for name in listing.stdout.split("\0") if name and (root / name).is_file()]


def _project(root: Path) -> dict:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


def _modules_loaded_by(statement: str) -> set[str]:
    probe = f"{statement}\nimport sys\nsys.stdout.write('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.splitlines()}


def test_import_contracts_hold(repository_root: Path) -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [lint, "--no-cache"], cwd=repository_root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("start", ["import brainstem_app.cli", "import brainstem_app.__main__"])
def test_start_up_loads_nothing_heavy(start: str) -> None:
    assert not _modules_loaded_by(start).intersection(START_UP_TABOO)


def test_networks_import_without_the_application() -> None:
    assert "brainstem_app" not in _modules_loaded_by("import kerasmodels")


def test_wheel_holds_both_packages_and_every_resource(repository_root: Path) -> None:
    """Ask the library that builds the wheel for the wheel's files, without building it."""
    builder = WheelBuilder(str(repository_root))
    inside = {file.distribution_path for file in builder.recurse_included_files()}
    tracked = {path.relative_to(repository_root).as_posix() for path in _tracked_files(repository_root)}
    expected = {name for name in tracked if name.startswith(tuple(f"{package}/" for package in PRODUCT))}
    expected -= {f"kerasmodels/{name}" for name in ("pyproject.toml", "README.md", "LICENSE")}
    expected |= {f"brainstem_app/{name}" for name in tracked if name.startswith("resources/")}
    assert expected - inside == set()
    assert not [name for name in inside if not name.startswith(tuple(f"{package}/" for package in PRODUCT))]


def test_every_resource_folder_names_its_source_and_licence(repository_root: Path) -> None:
    resources = repository_root / "resources"
    overview = (resources / "README.md").read_text(encoding="utf-8")
    tracked = [
        path.relative_to(resources) for path in _tracked_files(repository_root) if resources in path.parents
    ]
    folders = {path.parent for path in tracked if len(path.parts) > 1}
    assert folders
    for folder in sorted(folders):
        noticed = [
            resources.joinpath(*folder.parts[:depth], "NOTICE.md")
            for depth in range(1, len(folder.parts) + 1)
        ]
        cards = [resources / folder / "model.json"]
        assert any(notice.is_file() for notice in noticed + cards), f"no NOTICE.md for resources/{folder}"
        assert f"`{folder.parts[0]}/" in overview, f"resources/README.md does not name {folder.parts[0]}/"


def test_no_file_names_a_package_index_or_a_path_of_one_machine(repository_root: Path) -> None:
    found = []
    for path in _tracked_files(repository_root):
        if (path.suffix not in WORKING_FILES and path.name != "run") or path == Path(__file__).resolve():
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        found += [
            f"{path.name}: {hit.group()}"
            for rule in (MACHINE_PATHS, PACKAGE_INDEXES)
            for hit in rule.finditer(text)
        ]
    assert found == []


def test_file_names_say_what_is_inside(repository_root: Path) -> None:
    assert [path for path in _tracked_files(repository_root) if path.name in VAGUE_NAMES] == []


def test_no_product_file_grows_too_long(repository_root: Path) -> None:
    lengths = {
        path.relative_to(repository_root).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in _tracked_files(repository_root)
        if path.suffix == ".py" and path.relative_to(repository_root).parts[0] in PRODUCT
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_no_product_folder_grows_too_full(repository_root: Path) -> None:
    """A reader looks through a folder at once."""
    folders = Counter(
        path.parent.relative_to(repository_root).as_posix()
        for path in _tracked_files(repository_root)
        if path.suffix == ".py" and path.relative_to(repository_root).parts[0] in PRODUCT
    )
    assert {name: number for name, number in folders.items() if number > FULLEST_FOLDER} == {}


def test_names_of_written_files_are_written_out_in_one_place(repository_root: Path) -> None:
    """What is let out of a study is listed whole, as patterns, where it is decided."""
    home = repository_root / "brainstem_app" / "written_files.py"
    names = {text for text in _texts(home) if "." in text and " " not in text}
    assert len(names) > 20
    found = {
        path.relative_to(repository_root).as_posix(): here
        for path in sorted(home.parent.rglob("*.py"))
        if path not in (home, home.parent / "jobs" / "studies" / "share_study.py")
        and (here := sorted(names.intersection(text.rpartition("/")[2] for text in _texts(path))))
    }
    assert found == {}


def _texts(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def test_window_speaks_english_without_marks_for_translators(repository_root: Path) -> None:
    """See docs/explanation/decisions.md."""
    marks = {"tr", "_", "gettext", "translate", "QT_TR_NOOP", "QT_TRANSLATE_NOOP"}
    found = []
    for path in (repository_root / "brainstem_app").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = node.func if isinstance(node, ast.Call) else None
            name = getattr(called, "attr", getattr(called, "id", ""))
            # The same word moves a painter, or exchanges the letters of a text.
            is_of_qt = name != "translate" or "Application" in ast.unparse(called)
            if name in marks and is_of_qt:
                found.append(f"{path.name}:{node.lineno}")
    assert found == []


def test_every_dependency_is_pinned(repository_root: Path) -> None:
    lines = (repository_root / "installer" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+(; .+)?", pin) for pin in pins)
    pinned = {_normal(pin.partition("==")[0]) for pin in pins}
    project = _project(repository_root)["project"]
    extras = project["optional-dependencies"]
    wanted = project["dependencies"] + extras["train"] + extras["test"]
    assert {_normal(re.split(r"[<>=!~\[; ]", line, maxsplit=1)[0]) for line in wanted} <= pinned


def _third_party_imports(root: Path) -> dict[str, str]:
    """Name of every library that the product imports, and one file that does."""
    found: dict[str, str] = {}
    for path in (path for package in PRODUCT for path in (root / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            found.update({name.partition(".")[0]: path.name for name in names})
    own = {*PRODUCT, *sys.stdlib_module_names}
    return {name: path for name, path in found.items() if name not in own}


def test_every_imported_library_is_a_declared_dependency(repository_root: Path) -> None:
    project = _project(repository_root)["project"]
    extras = project["optional-dependencies"]
    lines = project["dependencies"] + [line for name in extras if name != "test" for line in extras[name]]
    declared = {_normal(re.split(r"[<>=!~\[; ]", line, maxsplit=1)[0]) for line in lines}
    distributions = packages_distributions()
    undeclared = {
        name: path
        for name, path in _third_party_imports(repository_root).items()
        if not declared.intersection(_normal(owner) for owner in distributions.get(name, [name]))
    }
    assert undeclared == {}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_commands_of_the_checkout_can_be_started(repository_root: Path) -> None:
    for name in ("installer/run.sh", "installer/test.sh", "installer/docs.sh", ".ci/run"):
        assert (repository_root / name).stat().st_mode & 0o100, f"{name} is not executable"
