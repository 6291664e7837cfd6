"""Take every picture of README and manual anew, from real scans.

    xvfb-run -s "-screen 0 1400x900x24" python tests/screenshots/take_pictures.py --data ../shared/data \
        --work WORK [--browser chromium] [--napari PYTHON]

What they show is made in WORK first, by the program's own commands, as far as it isn't there: twelve people
of ds002748 segmented and prepared, a network trained on them, four compared, two people scanned twice. That
takes an hour on two cores, the pictures five minutes. WORK is seen in some of them: take a folder that
could be anybody's. Those of setup (`install_*`) are taken by hand, on Windows and in a terminal.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPainter
from small_grid import SMALL_GRID

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PEOPLE = ["01", "02", "04", "05", "06", "08", "52", "53", "55", "56", "58", "59"]
#: Two people of OASIS-1, each scanned twice (MICCAI 2012): scan, person, session, years since the first.
TWICE = (
    ("1003", "sub-01", 1, 0),
    ("1023", "sub-01", 2, 0.25),
    ("1004", "sub-02", 1, 0),
    ("1024", "sub-02", 2, 0.25),
)
SHOWN, REJECTED, ACCEPTED, CORRECTED = "sub-08", "sub-02", "sub-01", "sub-05"
RUN, REPORT_SIZE, QUALITY_OF_JPEG = "fast", (1100, 1800), 84
BY_HAND, HALF, GAP = "install_", 796, 8


class Material:
    """Folders that the pictures are of."""

    def __init__(self, data: Path, work: Path) -> None:
        self.data = data
        self.dataset, self.study = work / "ds002748", work / "study"
        self.twice, self.twice_study = work / "twice", work / "twice-study"
        self.home = work

    def make(self) -> None:
        """Make what isn't there; what is begun goes on."""
        if not self.dataset.exists():
            source = self.data / "ds002748"
            shutil.copytree(
                source, self.dataset, ignore=lambda _folder, names: [n for n in names if _is_left_out(n)]
            )
        self._make_twice()
        for dataset, study in ((self.dataset, self.study), (self.twice, self.twice_study)):
            if not (study / "quality.tsv").exists():
                self.run("segment", dataset, "--study", study)
                self.run("quality", study)
        if not (self.study / "splits.json").exists():
            self.run("prepare", self.dataset, "--study", self.study)
        settings = ("--encoder", "resnet18", "--size", 64, "--epochs", 12, "--learning-rate", 0.001)
        self.run("train", self.study, "--run", RUN, *settings)
        with tempfile.TemporaryDirectory() as folder:
            grid = Path(folder) / "grid.json"
            SMALL_GRID.save(grid)
            self.run("compare", self.study, "--grid", grid, "--jobs", 1)

    def judge(self) -> None:
        """Judge results as the tutorial does; what was corrected for pictures before is as it was."""
        self.run("study", "restore", self.study, CORRECTED, "--who", "anna", check=False)
        self.run("study", "undecide", self.study, CORRECTED, "--who", "anna", check=False)
        self.run("study", "reject", self.study, REJECTED, "--why", "head turned, fit .81", "--who", "anna")
        self.run("study", "accept", self.study, ACCEPTED, "--who", "anna")

    def result(self, subject: str) -> Path:
        """Where the shipped model's result of a subject is."""
        return next((self.study / "segmentations" / subject).glob("brainstem31*"))

    def run(self, *words: object, check: bool = True) -> None:
        """Run one of the program's commands."""
        command = [sys.executable, "-m", "brainstem_app", *map(str, words)]
        subprocess.run(command, cwd=self.home, env=self.environment, check=check)

    def take(self, script: str, out: Path, *words: object) -> None:
        """Run one of the scripts beside this one."""
        command = [sys.executable, str(HERE / script), str(out), *map(str, words)]
        subprocess.run(command, cwd=ROOT, env=self.environment, check=True)

    @property
    def environment(self) -> dict[str, str]:
        """Nothing of who takes the pictures: their home is WORK."""
        folders = {
            "HOME": ".",
            "XDG_DATA_HOME": ".data",
            "XDG_CONFIG_HOME": ".config",
            "XDG_CACHE_HOME": ".cache",
        }
        own = {name: str(self.home / folder) for name, folder in folders.items()}
        return {**os.environ, **own, "PYTHONPATH": str(ROOT), "USER": "anna", "LOGNAME": "anna"}

    def _make_twice(self) -> None:
        if self.twice.exists():
            return
        table, names = self.home / "pairs.tsv", [f"{scan}_SS.nii.gz" for scan, *_rest in TWICE]
        rows = ("\t".join(map(str, (name, *row[1:]))) for name, row in zip(names, TWICE, strict=True))
        table.write_text("\n".join(("scan\tparticipant_id\tsession_id\tyears", *rows, "")), encoding="utf-8")
        scans = [self.data / "rescan" / name for name in names]
        self.run("make-dataset", *scans, "--table", table, "--out", self.twice)


def _is_left_out(name: str) -> bool:
    return name.startswith("sub-") and name[4:6] not in PEOPLE


def take_report(browser: str, result: Path, out: Path) -> None:
    """Take the page of a report as a browser shows it."""
    width, height = REPORT_SIZE
    command = [browser, "--headless", "--no-sandbox", "--hide-scrollbars", f"--window-size={width},{height}"]
    picture = out / "report.png"
    subprocess.run([*command, f"--screenshot={picture}", (result / "report.html").as_uri()], check=True)


def take_beside_napari(python: str, made: Material, out: Path) -> None:
    """Set napari's picture of the scan, taken by the Python of its environment, beside Review's."""
    scan = made.dataset / SHOWN / "anat" / f"{SHOWN}_T1w.nii.gz"
    command = [python, str(HERE / "take_napari.py"), str(out), "--scan", str(scan)]
    subprocess.run([*command, "--result", str(made.result(SHOWN))], env=made.environment, check=True)
    pictures = [QImage(str(out / f"{name}.png")) for name in ("napari_slice", "review_wide")]
    halves = [one.scaledToWidth(HALF, Qt.TransformationMode.SmoothTransformation) for one in pictures]
    both = QImage(2 * HALF + GAP, max(half.height() for half in halves), QImage.Format.Format_RGB32)
    both.fill(Qt.GlobalColor.white)
    painter = QPainter(both)
    for number, half in enumerate(halves):
        painter.drawImage(number * (HALF + GAP), 0, half)
    painter.end()
    both.save(str(out / "beside_napari.png"))


def keep(taken: Path, images: Path) -> list[str]:
    """Put pictures in place of the manual's, PNG or JPEG as those are; return which of them stay."""
    left = []
    for old in sorted(images.iterdir()):
        picture = QImage(str(taken / f"{old.stem}.png"))
        if picture.isNull():
            left.append(old.name)
        else:
            picture.save(str(old), quality=QUALITY_OF_JPEG if old.suffix == ".jpg" else 0)
    return [name for name in left if not name.startswith(BY_HAND)]


def main() -> None:
    """Make what is to be seen, take the pictures, and put them into the manual."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with ds002748 and rescan")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--browser", help="Chromium, for the page of a report")
    parser.add_argument("--napari", help="Python of an environment with napari and nibabel")
    parser.add_argument("--images", type=Path, default=ROOT / "docs" / "images")
    arguments = parser.parse_args()
    work = arguments.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    made = Material(arguments.data.resolve(), work)
    made.make()
    made.judge()
    with tempfile.TemporaryDirectory() as folder:
        out, shown = Path(folder), made.result(SHOWN)
        subject = made.study / "subjects" / SHOWN
        studies = ("--dataset", made.dataset, "--study", made.study, "--twice", made.twice_study)
        made.take("take_study_screenshots.py", out, *studies)
        scan = made.dataset / SHOWN / "anat" / f"{SHOWN}_T1w.nii.gz"
        steps = ("--steps", "--scan", scan, "--result", shown, "--study", made.study)
        made.take("take_screenshots.py", out, *steps)
        made.take("take_review_screenshots.py", out, "--result", shown, "--subject", subject)
        if arguments.browser:
            take_report(arguments.browser, made.result(ACCEPTED), out)
        if arguments.napari:
            take_beside_napari(arguments.napari, made, out)
        left = keep(out, arguments.images)
    sys.stdout.write(f"as they were: {', '.join(left) or 'none'}\n")


if __name__ == "__main__":
    main()
