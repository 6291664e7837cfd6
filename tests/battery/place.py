"""A folder in which commands are tried one after the other, each from where the ones before have come."""

from __future__ import annotations

import shutil
from pathlib import Path

import nibabel
import numpy as np

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.imaging.label_map import load_label_map, save_label_map

from .commands import Command, quick_commands, slow_commands
from .processes import do, files_of


class Place:
    """Every command in one folder; what one needs of another is made once, kept, and put back.

    Attributes
    ----------
    folder : Path
        The folder.
    commands : dict of str to Command
        By name.
    """

    def __init__(self, folder: Path, table: LabelTable) -> None:
        self.folder = folder
        self.commands = {**quick_commands(folder, table), **slow_commands(folder)}
        self._kept: dict[str, Path] = {}

    def begin(self, *names: str) -> None:
        """Bring everything to where these commands begin: what they read is there, what they make is not."""
        commands = [self.commands[name] for name in names]
        for needed in {needed for command in commands for needed in command.needs}:
            if not self.commands[needed].writes.exists():
                self._put_back(needed)
        # Where one makes what another goes on from, nothing is there yet.
        for command in sorted(commands, key=lambda command: not command.of):
            _remove(command.writes)
            for pattern in command.clears:
                for path in self.folder.glob(pattern):
                    _remove(path)
            if command.start is not None:
                shutil.copytree(command.start, command.writes)
            elif command.of:
                self._put_back(command.of)
        self._correct()
        self._scan_again()

    def made_by(self, command: Command) -> set[str]:
        """Files of what a command writes, and of what else it makes, by their names in the folder."""
        others = (path for pattern in command.clears for path in self.folder.glob(pattern))
        made = {f"{place.name}/{name}" for place in (command.writes, *others) for name in files_of(place)}
        # Names with numbers of tasks, by the library that hands them to a cluster.
        return {name for name in made if "/slurm/log/" not in name}

    def _put_back(self, name: str) -> None:
        """Put back what a command has made; it is done once, and a copy is kept."""
        command = self.commands[name]
        if name not in self._kept:
            self.begin(name)
            status, said = do(self.folder, command)
            assert status == 0, f"{name}: {said}"
            kept = self.folder / "kept" / name
            shutil.copytree(command.writes, kept)
            self._kept[name] = kept
        _remove(command.writes)
        shutil.copytree(self._kept[name], command.writes)

    def _correct(self) -> None:
        """Correct the labels of the prepared study's result, once there is one."""
        corrected = self.folder / "corrected.nii.gz"
        there = sorted((self.folder / "out prepared" / "segmentations").rglob("labels_native.nii.gz"))
        if corrected.exists() or not there:
            return
        labels, affine = load_label_map(there[0])
        changed = labels.copy()
        changed[changed == changed.max()] = 0
        save_label_map(corrected, changed, affine)

    def _scan_again(self) -> None:
        """Make two scans of one person, outside of a dataset, of that which was simulated."""
        first, later = (self.folder / f"{name}_T1w.nii.gz" for name in ("first", "later"))
        there = sorted((self.folder / "out simulate").glob("sub-*/anat/*_T1w.nii.gz"))
        if later.exists() or not there:
            return
        shutil.copyfile(there[0], first)
        scan = nibabel.Nifti1Image.from_filename(first)
        noise = np.random.default_rng(0).normal(0, 1, scan.shape)
        nibabel.save(nibabel.Nifti1Image((scan.get_fdata() + noise).astype(np.float32), scan.affine), later)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
