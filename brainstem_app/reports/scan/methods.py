"""Sentences of a report: methods to paste into a paper, and how to repeat the run."""

from __future__ import annotations

import platform
import shlex
from pathlib import Path, PurePosixPath, PureWindowsPath

from brainstem_app import __version__
from brainstem_app.counting import counted
from brainstem_app.reports.scan.midsagittal import METHOD
from brainstem_app.reports.scan.model import ReportInputs
from brainstem_app.reports.scan.regions import have_planes

#: The program with its version, as sentences name it.
PROGRAM = f"Brainstem App {__version__} (Python {platform.python_version()})"
_AFFINE = "by affine registrations (12 degrees of freedom) of the brain and then of the brainstem"
_SPACES = {"affine": _AFFINE, "nonlinear": f"{_AFFINE}, followed by a coarse, smooth warp"}
MEASURES = (
    "Intersection over union (IoU), Dice coefficient, normalised surface distance at 1 mm (NSD), 95th "
    "percentile of the Hausdorff distance (HD95, the larger of both directions), average symmetric surface "
    "distance (ASSD) and the distance of the centres of mass were computed on the label grid in millimetres. "
    "A nucleus of the reference that was not predicted counts as 0; one that is not in the reference is not "
    "counted."
)


def methods_paragraph(inputs: ReportInputs) -> str:
    """Paragraph to paste into a methods section."""
    nuclei = counted(len(inputs.table.nuclei), "nucleus")
    atlas = f"the atlas {inputs.atlas_name} (version {inputs.atlas_version}, {nuclei})"
    if inputs.settings.get("own_labels"):
        atlas = (
            f"a lab's own table, {inputs.atlas_name} ({nuclei}), which people drew on the scans that the "
            "network learned from"
        )
    sentences = []
    if inputs.scan is None:
        sentences.append(f"Two label maps with the labels of {atlas} were compared with {PROGRAM}.")
    else:
        sentences += _segmentation_sentences(inputs, atlas)
    sentences.append(_VOLUMES if inputs.soft is None else _VOLUMES_OF_WARP)
    if inputs.regions is not None:
        regions = inputs.regions.table.structures[1:]
        if have_planes(inputs.regions.table):
            borders = ", ".join(f"the {region.name} {region.source}" for region in regions)
            sentences.append(f"The brainstem was divided by planes drawn on the template: {borders}.")
        else:
            names = ", ".join(region.name for region in regions)
            sentences.append(f"The brainstem was divided into the regions of the atlas: {names}.")
        sentences += [METHOD] if inputs.regions.midsagittal is not None else []
    if inputs.reference is not None:
        if inputs.reference_origin:
            sentences.append(f"The reference is {inputs.reference_origin}.")
        sentences.append(MEASURES)
    return " ".join(sentences)


def _segmentation_sentences(inputs: ReportInputs, atlas: str) -> list[str]:
    way = _SPACES.get(str(inputs.settings.get("space", "affine")), _SPACES["affine"])
    sentences = [
        f"The nuclei of the brainstem were segmented on the T1-weighted scan with {PROGRAM}, with the labels "
        f"of {atlas}.",
        "The scan was stripped of the skull if it was not yet, corrected for its bias field (N4), brought "
        f"to the MNI152 template (ICBM 2009a nonlinear symmetric, 1 mm) {way}, normalised in intensity and "
        "cropped to 50 × 50 × 73 mm around the brainstem.",
    ]
    if inputs.model is not None:
        model = inputs.model
        known = [f"version {model.version}"] if model.version else []
        known += [model.network] if model.network else []
        known += [f"SHA-256 {model.sha256[:12]}…"] if model.sha256 else []
        described = f" ({', '.join(known)})" if known else ""
        engine = inputs.settings.get("engine")
        by = f" with {_ENGINES.get(str(engine), str(engine))}" if engine else ""
        sentences.append(
            f"The 73 axial slices were labelled by the network “{model.name}”{described}{by}"
            f"{_refinement(inputs)}{_way_back(inputs)}."
        )
        if inputs.settings.get("own_labels"):
            sentences.append("There is no map of these labels on the template, so none was bent to the scan.")
        temperature = inputs.settings.get("temperature", 1.0)
        if temperature != 1.0:
            sentences.append(
                "The confidence of a nucleus is the mean of the network's probability of its label, "
                f"calibrated by temperature scaling (T = {temperature:.2f}, fitted on validation subjects)."
            )
    return sentences


def _way_back(inputs: ReportInputs) -> str:
    if inputs.settings.get("from_warp"):
        return "; the atlas was sampled at each voxel of the scan through the whole chain of transforms"
    return (
        "; the labels were brought back to the scan's own grid by undoing the same transforms, with "
        "nearest-neighbour interpolation"
    )


def _refinement(inputs: ReportInputs) -> str:
    """Say what is made of the network's probabilities, if more than the most probable class."""
    if not inputs.settings.get("fit_atlas"):
        return ", straight and mirrored" if inputs.settings.get("mirror") else ""
    start = ", beginning at the mean registration of the training subjects" * bool(
        inputs.settings.get("mean_warp")
    )
    if inputs.settings.get("from_warp"):
        return (
            f", straight and mirrored, and the atlas was bent smoothly (cubic B-splines, 5 mm{start}): first "
            "until it explained the network's probabilities best, then until the template's intensities "
            f"correlated best with the scan's in windows of 1.5 mm (standard deviation){_beside(inputs)}"
        )
    return (
        f", straight and mirrored, and the atlas was bent smoothly (cubic B-splines, 5 mm{start}) until it "
        "explained the network's probabilities best, which also decided where a border ran through a voxel"
    )


def _beside(inputs: ReportInputs) -> str:
    """Say what the network's probabilities counted beside the intensities."""
    weight = inputs.settings.get("network_weight")
    return f", beside which the network's probabilities counted {weight:g}" if weight else ""


_VOLUMES = "Volumes are the number of voxels times the voxel volume of the labels' grid."
_VOLUMES_OF_WARP = (
    "Volumes and centres of mass are not counted in voxels: they are the atlas's shares of each structure "
    "under the warp (trilinear), integrated over the scan."
)
_ENGINES = {"onnx": "ONNX Runtime", "keras": "Keras"}


def shareable_command(command: tuple[str, ...]) -> str:
    """Command line with every path cut to its name, so that a shared report shows no folders of the user."""
    return shlex.join(_without_folders(word) for word in command)


def _without_folders(word: str) -> str:
    if word.startswith("--") and "=" in word:
        option, _, value = word.partition("=")
        return f"{option}={_without_folders(value)}"
    if "\\" in word:
        return PureWindowsPath(word).name or word
    if "/" in word:
        return PurePosixPath(word).name or word
    return word


def repeat_steps(inputs: ReportInputs, output: Path) -> list[str]:
    """How to repeat the run, step by step; ``output`` is the report's folder."""
    steps = [f"Install Brainstem App {__version__}; manifest.json lists the version of every library."]
    if inputs.files or inputs.scan is not None:
        steps.append(
            "Check that the files are the same: manifest.json holds the SHA-256 of the scan, model and atlas."
        )
    if inputs.command:
        steps.append(
            "Run the command below where these files are: reports name no folders. OUT is any new folder; "
            f"this one was “{output.name}”."
        )
    return steps
