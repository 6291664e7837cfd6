"""What every test shares: few threads, no display, a home of its own, the real scans, a small label table."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

# Before NumPy, TensorFlow or Qt is imported, which read these once: tests run beside other work.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
for _name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
# Some tests import ONNX Runtime themselves.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
# As jobs ask for it: a child process must compute as the test that it is compared with.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_API", "pyside6")

import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

from brainstem_app.atlas.label_table import Group, LabelTable, Side, Structure  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent

settings.register_profile("house", deadline=None, max_examples=30, derandomize=True)
settings.load_profile("house")


def _find_data_folder() -> Path | None:
    named = os.environ.get("BRAINSTEM_TEST_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    return folder if folder.is_dir() else None


def pytest_configure(config: pytest.Config) -> None:
    """Give the session a home of its own, so that no test reads or writes the user's models and settings."""
    home = tempfile.TemporaryDirectory(prefix="brainstem-tests-", ignore_cleanup_errors=True)
    config.add_cleanup(home.cleanup)
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "WIN_PD_OVERRIDE_LOCAL_APPDATA"):
        os.environ[name] = str(Path(home.name) / name.lower())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs the real scans where they are not."""
    if _find_data_folder() is not None:
        return
    skip = pytest.mark.skip(reason="the real scans are not here; BRAINSTEM_TEST_DATA can name their folder")
    for item in items:
        if item.get_closest_marker("real_data"):
            item.add_marker(skip)


@pytest.fixture(scope="session")
def repository_root() -> Path:
    """Root of the source checkout."""
    return ROOT


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Folder of the real scans and source atlases; skips the test where it is not there."""
    folder = _find_data_folder()
    if folder is None:
        pytest.skip("the real scans are not here; BRAINSTEM_TEST_DATA can name their folder")
    return folder


@pytest.fixture(scope="session")
def table() -> LabelTable:
    """Background, a tissue, one nucleus on each side, one in the middle."""
    rows = (
        _row(0, "background", Side.MIDLINE, Group.BACKGROUND, "#000000"),
        _row(1, "WM", Side.MIDLINE, Group.TISSUE, "#d9d9d9"),
        _row(2, "RN_L", Side.LEFT, Group.NUCLEUS, "#ff0000"),
        _row(3, "RN_R", Side.RIGHT, Group.NUCLEUS, "#0000ff"),
        _row(4, "PAG", Side.MIDLINE, Group.NUCLEUS, "#00ff00"),
    )
    return LabelTable(structures=rows)


def _row(index: int, name: str, side: Side, group: Group, colour: str) -> Structure:
    reliability = "B" if group is Group.NUCLEUS else ""
    return Structure(
        index=index, name=name, full_name=name, side=side, group=group, colour=colour, source="made",
        licence="none", reliability=reliability,
    )  # fmt: skip
