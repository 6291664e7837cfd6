"""A one-node SLURM of Debian's slurm-wlm, started here where that is possible: jobs run on it for real."""

from __future__ import annotations

import getpass
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from brainstem_app.errors import BrainstemError
from brainstem_app.jobs.events import Event, Failed, Warned
from brainstem_app.jobs.executors.run_tasks import run_tasks_on
from brainstem_app.jobs.executors.slurm import SlurmExecutor
from brainstem_app.jobs.executors.slurm_settings import SlurmSettings
from brainstem_app.jobs.executors.task import Task
from brainstem_app.jobs.job import EvaluateVolumesJob, OnSlurmJob, PrepareJob, SegmentJob
from brainstem_app.jobs.reporter import Reporter
from brainstem_app.jobs.run import run_job
from brainstem_app.study.study import Study

pytest.importorskip("submitit")
pytestmark = pytest.mark.slow

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "sinfo")
SETTINGS = SlurmSettings(minutes=5, cpus=1, memory_gb=0.5)
START_S = 60.0


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Run munged, slurmctld and slurmd of a cluster of this machine alone; skip where they do not run."""
    missing = [name for name in PROGRAMS if shutil.which(name, path=_path()) is None]
    if missing:
        pytest.skip(f"SLURM is not installed (slurm-wlm, munge): {', '.join(missing)}")
    # A short path: a socket's name has at most 107 letters.
    folder = tmp_path_factory.mktemp("slurm")
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("PATH", _path())
        monkeypatch.setenv("SLURM_CONF", str(folder / "slurm.conf"))
        processes = _start(folder)
        try:
            _wait_until_idle(folder)
            yield folder
        finally:
            _empty_queue()
            for process in reversed(processes):
                process.terminate()
            for process in processes:
                process.wait(timeout=20)


def _path() -> str:
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])


def _start(folder: Path) -> list[subprocess.Popen[bytes]]:
    host = socket.gethostname().partition(".")[0]
    user = getpass.getuser()
    for name in ("state", "spool"):
        (folder / name).mkdir()
    key = folder / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o600)
    control, node = _free_port(), _free_port()
    (folder / "slurm.conf").write_text(
        f"""ClusterName=one
SlurmctldHost={host}(127.0.0.1)
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
SlurmUser={user}
SlurmdUser={user}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldPort={control}
SlurmdPort={node}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SchedulerParameters=sched_interval=1,batch_sched_delay=0
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
NodeName={host} NodeAddr=127.0.0.1 CPUs={os.cpu_count()} RealMemory=2000 State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP
""",
        encoding="utf-8",
    )
    commands = [
        [
            "munged",
            "--foreground",
            "--force",
            f"--socket={folder}/munge.socket",
            f"--key-file={key}",
            f"--pid-file={folder}/munged.pid",
            f"--log-file={folder}/munged.log",
            f"--seed-file={folder}/munge.seed",
        ],
        ["slurmctld", "-D", "-i"],
        ["slurmd", "-D"],
    ]
    processes = []
    for command in commands:
        with (folder / f"{command[0]}.out").open("wb") as log:
            processes.append(subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT))
        time.sleep(1.0)
    return processes


def _wait_until_idle(folder: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        answer = subprocess.run(["sinfo", "-h", "-o", "%T"], capture_output=True, text=True, check=False)
        if answer.stdout.strip() == "idle":
            return
        time.sleep(0.5)
    logs = "\n".join(f"{log.name}: {log.read_text(errors='replace')[-400:]}" for log in folder.glob("*.out"))
    pytest.skip(f"SLURM does not start here:\n{logs}")


def _empty_queue() -> None:
    """End what a failed test left, so that no step outlives the daemons."""
    subprocess.run(["scancel", "--quiet", f"--user={getpass.getuser()}"], capture_output=True, check=False)
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        answer = subprocess.run(["squeue", "--noheader"], capture_output=True, text=True, check=False)
        if not answer.stdout.strip():
            return
        time.sleep(0.5)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _tasks(folder: Path, n: int) -> list[Task]:
    # A folder of results each: two that write to one folder wait for each other, and one of them is refused.
    return [Task(f"task {i}", folder / "tasks" / str(i), _job(folder / "results" / str(i))) for i in range(n)]


def _job(out: Path) -> EvaluateVolumesJob:
    missing = Path("missing.nii.gz")
    return EvaluateVolumesJob(predicted=missing, reference=missing, out=out)


def test_array_of_jobs_runs_and_each_tells_how_it_ended(cluster: Path, tmp_path: Path) -> None:
    executor = SlurmExecutor(SETTINGS, "test", tmp_path / "slurm")
    events: list[Event] = []
    ended = list(run_tasks_on(executor, _tasks(tmp_path, 2), Reporter(events.append, lambda: False)))
    assert {one.task.name for one in ended} == {"task 0", "task 1"}
    for one in ended:
        assert isinstance(one.end, Failed)
        assert "missing.nii.gz" in one.end.where, one.end


def test_task_that_waits_in_the_queue_is_found_again_and_cancelled(cluster: Path, tmp_path: Path) -> None:
    held = SETTINGS.model_copy(update={"minutes": 5, "setup": ("sleep 300",)})
    tasks = _tasks(tmp_path, 1)
    tasks[0].prepare()
    SlurmExecutor(held, "test", tmp_path / "slurm").start(tasks)
    # As after the program that submitted it was killed: another one finds it in the queue.
    again = SlurmExecutor(held, "test", tmp_path / "slurm")
    assert again.is_alive(tasks[0])
    again.kill(tasks[0])
    deadline = time.monotonic() + 60
    while again.is_alive(tasks[0]) and time.monotonic() < deadline:
        time.sleep(0.5)
    assert not again.is_alive(tasks[0])


def test_what_the_cluster_refuses_is_said_with_what_to_do(cluster: Path, tmp_path: Path) -> None:
    executor = SlurmExecutor(SETTINGS.model_copy(update={"partition": "nowhere"}), "test", tmp_path / "slurm")
    tasks = _tasks(tmp_path, 1)
    tasks[0].prepare()
    with pytest.raises(BrainstemError, match="partition"):
        executor.start(tasks)


def test_subjects_are_prepared_by_tasks_and_a_failure_is_in_the_manifest(
    cluster: Path, tmp_path: Path
) -> None:
    anatomy = tmp_path / "data" / "sub-01" / "anat"
    anatomy.mkdir(parents=True)
    (anatomy / "sub-01_T1w.nii.gz").write_bytes(b"")
    description = {"Name": "made", "BIDSVersion": "1.8.0"}
    (tmp_path / "data" / "dataset_description.json").write_text(json.dumps(description), encoding="utf-8")
    study = tmp_path / "study"
    job = OnSlurmJob(job=PrepareJob(dataset=tmp_path / "data", study=study), slurm=SETTINGS)
    events: list[Event] = []
    assert run_job(job, events.append, lambda: False) == 1
    (told,) = [event for event in events if isinstance(event, Warned)]
    assert "sub-01 could not be prepared" in told.what
    assert "sub-01_T1w" in told.where
    record = Study.open(study).subject("sub-01")
    assert record is not None
    assert record.state == "failed"


def test_scans_are_done_by_tasks_and_each_failure_is_told(cluster: Path, tmp_path: Path) -> None:
    scans = tuple(tmp_path / f"empty-{number}.nii.gz" for number in range(2))
    for scan in scans:
        scan.write_bytes(b"")
    job = OnSlurmJob(job=SegmentJob(scans=scans, out=tmp_path / "out"), slurm=SETTINGS)
    events: list[Event] = []
    assert run_job(job, events.append, lambda: False) == 1
    told = [event.what for event in events if isinstance(event, Warned)]
    assert sorted(what.partition(":")[0] for what in told) == ["empty-0", "empty-1"]
    assert isinstance(events[-1], Failed)
    assert "2 of 2" in events[-1].what
