"""A setting is told once, in the model of its job: everything else is made from there."""

from __future__ import annotations

import ast
import importlib.util
import json
import runpy
from pathlib import Path
from typing import Annotated, Any, ClassVar, get_args

import pytest
import typer
from typer.testing import CliRunner

from brainstem_app.cli import app as command_line
from brainstem_app.cli import studies
from brainstem_app.cli.options import add_command
from brainstem_app.imaging.dicom.identity import Identity
from brainstem_app.jobs.executors.slurm_settings import SlurmSettings
from brainstem_app.jobs.job import (
    AcceptResultsJob,
    ActivationsJob,
    AddReferenceJob,
    BuildAtlasJob,
    CohortJob,
    CompareJob,
    CopyStudyJob,
    CorrectFolderJob,
    CorrectResultJob,
    DemoJob,
    EvaluateRunJob,
    EvaluateVolumesJob,
    ExportModelJob,
    ExportResultsJob,
    ImportAtlasJob,
    ImportResultsJob,
    Job,
    MakeDatasetJob,
    PrepareJob,
    QualityJob,
    RejectResultsJob,
    RemoveReferenceJob,
    RestoreFolderJob,
    RestoreResultsJob,
    RetestJob,
    SaveReferenceJob,
    SegmentJob,
    SimulateJob,
    TrainJob,
    UndecideResultsJob,
    read_job,
    write_job,
)
from brainstem_app.jobs.many.grids import GRIDS
from brainstem_app.jobs.networks.machine_speed import Estimate
from brainstem_app.jobs.registry import KINDS, folder_of
from brainstem_app.setting import setting, settings_of

ROOT = Path(__file__).resolve().parents[2]
STUDY, OUT = Path("study"), Path("out")
INPUT = {"size": 64, "context": (-1, 0, 1), "position": True}


class JobWithDropout(TrainJob):
    """Train with a setting that was added in one place."""

    command: ClassVar[str] = "train"
    dropout: Annotated[
        float, setting("Dropout", "Share of features that are left out.", unit="%", ge=0, le=100)
    ] = 0.0


JOBS: list[Any] = [
    SegmentJob(scans=(Path("a.nii"), Path("b")), out=OUT),
    SegmentJob(scans=(Path("a.nii"),), out=OUT, engine="keras", orientation="LPS", name="one", surfaces=True),
    SegmentJob(scans=(Path("d"),), out=OUT, bids=True, dicom_seg=True, dicom_identity=Identity.PATIENT),
    SegmentJob(study=STUDY),
    SegmentJob(scans=(Path("a.nii"),), study=STUDY, name="patient 7"),
    QualityJob(study=STUDY, pictures=False),
    AcceptResultsJob(study=STUDY, subjects=("sub-01", "2"), session="2", model="n-1", who="anna", why="ok"),
    RejectResultsJob(study=STUDY, subjects=("sub-01",), why="moved a lot"),
    UndecideResultsJob(study=STUDY, subjects=("sub-01/ses-2/net-1",)),
    CorrectResultJob(study=STUDY, subject="sub-01", labels=Path("e.nii.gz"), session="2", who="a", why="b"),
    CorrectFolderJob(result=Path("r"), labels=Path("e.nii.gz"), scan=Path("s.nii.gz")),
    RestoreFolderJob(result=Path("r")),
    RestoreResultsJob(study=STUDY, subjects=("1",), why="worse"),
    ImportResultsJob(study=STUDY, results=(Path("a"), Path("b")), who="ben"),
    ExportResultsJob(study=STUDY, out=OUT, model="net", edited="original", labels=False),
    CohortJob(study=STUDY, out=OUT, model="net-1", edited="leave-out", group="g", participants=Path("p.tsv")),
    CohortJob(
        study=STUDY, out=OUT, subjects=("sub-01", "2"), site="scanner", least=3, group="g",
        contrasts=("a:b", "all=a+b:c"), against=Path("reference.json"),
    ),
    SaveReferenceJob(results=(Path("a"),), out=OUT, participants=Path("p.tsv"), group="g", name="Paris 3 T"),
    RetestJob(study=STUDY, out=OUT, edited="original"),
    EvaluateVolumesJob(predicted=Path("p.nii"), reference=Path("r.nii"), out=OUT, atlas="mine"),
    SimulateJob(subjects=3, out=OUT, seed=2),
    MakeDatasetJob(scans=(Path("a.nii"), Path("b.mgz")), out=OUT, table=Path("t.tsv"), links=True),
    AddReferenceJob(labels=Path("l.nii"), study=STUDY, subject="sub-01"),
    RemoveReferenceJob(study=STUDY, subject="sub-01"),
    DemoJob(out=OUT, model="mine"),
    PrepareJob(dataset=Path("ds"), study=STUDY, space="nonlinear", jobs=2, repeat=True, subjects=("1", "-2")),
    CopyStudyJob(study=STUDY, out=OUT),
    TrainJob(study=STUDY, run="r"),
    TrainJob(study=STUDY, run="r", input=INPUT, augment="wide", gpus=0, patience=3, alpha=1e-7, seed=4),
    TrainJob(study=STUDY, run="r", start_from=Path("b.keras"), deterministic=True, schedule="cosine"),
    EvaluateRunJob(study=STUDY, run="r", refine=True, part="validation"),
    ActivationsJob(study=STUDY, run="r", subject="sub-01", every_layer=True),
    ExportModelJob(run=Path("study/runs/r"), name="mine", refine=True, install=True),
    CompareJob(study=STUDY, grid=GRIDS["alpha"](), keep="none", jobs=3, retry_failed=True),
    CompareJob(
        study=STUDY,
        grid=GRIDS["alpha"](),
        executor="slurm",
        slurm=SlurmSettings(partition="gpu", memory_gb=2.5, setup=("module load a", "b=c")),
    ),
    CohortJob(results=(Path("a"), Path("b")), out=OUT, covariates=("age", "sex"), head_size=False),
    CohortJob(
        results=(Path("a"),), out=OUT, participants=Path("p.tsv"), group="g", missing=("age=-999", "89+")
    ),
    RetestJob(results=Path("a"), out=OUT, second=Path("b"), mixed=True, same_people=True),
    BuildAtlasJob(recipe=Path("r.toml"), data=Path("d")),
    ImportAtlasJob(source=Path("m"), name="mine", threshold=0.25, split_sides=True, licence="CC BY 4.0"),
]  # fmt: skip


def _ids(job: Job) -> str:
    return job.kind


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    """The jobs that commands start, instead of doing them."""
    jobs: list[Job] = []
    for module in ("options", "compare", "studies"):
        monkeypatch.setattr(f"brainstem_app.cli.{module}.run_and_show", lambda job, **rest: jobs.append(job))
    monkeypatch.setattr("brainstem_app.jobs.many.compare.describe_plan", lambda job: Estimate("a plan"))
    monkeypatch.setattr("brainstem_app.cli.atlases._show_structures", lambda job: None)
    return jobs


def test_setting_added_to_a_model_is_on_the_command_line(tmp_path: Path, started: list[Job]) -> None:
    program = typer.Typer(rich_markup_mode=None, add_completion=False)
    more = (
        studies._optional("augment_switch", studies._AUGMENT),
        studies._optional("config", studies._CONFIG),
    )
    add_command(program, JobWithDropout, more=more, make=studies._train)
    shown = CliRunner().invoke(program, ["--help"], env={"COLUMNS": "200", "TERMINAL_WIDTH": "200"}).output
    assert "--dropout <float>" in shown
    words = " ".join(shown.split())
    assert "Share of features that are left out. In %. [default: 0.0; x>=0; x<=100]" in words

    assert CliRunner().invoke(program, ["study", "--run", "r", "--dropout", "20"]).exit_code == 0
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"dropout": 30}), encoding="utf-8")
    assert CliRunner().invoke(program, ["study", "--run", "r", "--config", str(config)]).exit_code == 0
    assert [job.dropout for job in started] == [20, 30]


def test_setting_added_to_a_model_is_in_file_reference_and_repeat_line(tmp_path: Path) -> None:
    job = JobWithDropout(study=STUDY, run="r", dropout=20)
    write_job(job, tmp_path / "job.json")
    assert json.loads((tmp_path / "job.json").read_text(encoding="utf-8"))["dropout"] == 20
    assert job.command_line()[-2:] == ("--dropout", "20.0")
    page = runpy.run_path(str(ROOT / "docs" / "reference" / "write_settings.py"))
    row = "| Dropout | `dropout` | `--dropout` | number, ≥ 0, ≤ 100 (%) | `0.0` | Share of features that are"
    assert row in page["section"]("train", JobWithDropout, "train")


def test_reference_page_is_that_of_the_models() -> None:
    page = runpy.run_path(str(ROOT / "docs" / "reference" / "write_settings.py"))["page"]()
    assert (ROOT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8") == page


@pytest.mark.parametrize("job", JOBS, ids=_ids)
def test_command_line_of_a_job_starts_that_job(
    job: Any, started: list[Job], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert command_line.run(list(job.command_line()[1:])) == 0
    assert started == [job]


@pytest.mark.parametrize("job", JOBS, ids=_ids)
def test_job_is_read_back_from_its_file(job: Any, tmp_path: Path) -> None:
    write_job(job, tmp_path / "job.json")
    assert read_job(tmp_path / "job.json") == job


@pytest.mark.parametrize("kind", KINDS)
def test_every_setting_of_a_command_has_a_label_and_a_sentence(kind: str) -> None:
    model = KINDS[kind].model
    silent = [one.name for one in settings_of(model, as_options=True) if not (one.label and one.help)]
    assert not model.command or silent == []


def test_every_kind_of_job_has_a_row_whose_function_is_there() -> None:
    (union, _) = get_args(Job)
    assert {kind.model for kind in KINDS.values()} == set(get_args(union))
    for kind in KINDS.values():
        module, _, function = kind.place.partition(":")
        found = importlib.util.find_spec(f"brainstem_app.jobs.{module}")
        assert found is not None
        assert found.origin is not None
        names = {node.name for node in ast.parse(Path(found.origin).read_text(encoding="utf-8")).body
                 if isinstance(node, ast.FunctionDef)}  # fmt: skip
        assert function in names


@pytest.mark.parametrize("job", JOBS, ids=_ids)
def test_every_job_has_a_folder_and_a_title(job: Any) -> None:
    assert isinstance(folder_of(job), Path)
    assert "{" not in KINDS[job.kind].title.format(job=job)


def test_job_files_of_earlier_versions_are_read(tmp_path: Path) -> None:
    """As this version's predecessor wrote them, all settings in one level."""
    text = """{"version": 1, "kind": "train", "study": "s", "run": "r", "library": "kerasmodels",
        "decoder": "unet", "encoder": "resnet18", "loss": "dice", "alpha": 0.2, "epochs": 3, "batch_size": 4,
        "learning_rate": 0.001, "seed": 7, "schedule": "cosine", "gradient_clip": 1.0, "patience": 2,
        "input": {"size": 64, "context": [-1, 0, 1], "position": true}, "simulated": 1, "augment": "wide",
        "start_from": null, "encoder_weights": "imagenet", "precision": "mixed", "deterministic": true,
        "gpus": 0}"""
    (tmp_path / "job.json").write_text(text, encoding="utf-8")
    job = read_job(tmp_path / "job.json")
    since = {"folds": None, "fold": None}
    assert json.loads(job.model_dump_json()) == json.loads(text) | since
