"""A made SLURM: sbatch, srun, squeue and scancel, which run arrays of jobs at once on this machine."""

from __future__ import annotations

from pathlib import Path

_PROGRAMS = {
    "sbatch": """
script="${@: -1}"
number=$(date +%s%N)
last=$(sed -n 's/^#SBATCH --array=0-\\([0-9]*\\).*/\\1/p' "$script")
export SLURM_JOB_NUM_NODES=1 SLURM_NTASKS=1 SLURM_PROCID=0 SLURM_LOCALID=0 SLURM_NODEID=0
for task in $(seq 0 "${last:-0}"); do
    id=$number
    if [[ -n "$last" ]]; then
        id=${number}_$task
        export SLURM_ARRAY_JOB_ID=$number SLURM_ARRAY_TASK_ID=$task
    fi
    : > "$queue/$id"
    # The script is moved once it is submitted, and the cluster's jobs outlive whoever submits them.
    job="trap 'rm -f \"$queue/$id\"' EXIT; $(cat "$script")"
    SLURM_JOB_ID=$id setsid bash -c "$job" > "$queue.log" 2>&1 < /dev/null &
    echo $! > "$queue/$id"
done
echo "Submitted batch job $number"
""",
    "srun": """
while [[ "$1" == --* ]]; do
    case "$1" in --output | --error) shift 2 ;; *) shift ;; esac
done
exec "$@"
""",
    "squeue": 'for id in $(ls "$queue"); do echo "$id RUNNING"; done',
    "scancel": 'kill -KILL -- "-$(cat "$queue/${@: -1}")"; rm -f "$queue/${@: -1}"',
}


def make_cluster(folder: Path) -> Path:
    """Write SLURM's programs into a folder, which is to come first in the search path; returns it."""
    (folder / "queue").mkdir(parents=True, exist_ok=True)
    for name, text in _PROGRAMS.items():
        program = folder / name
        head = f"#!/bin/bash\nqueue='{folder}/queue'\n"
        program.write_text(head + text.strip() + "\n", encoding="utf-8")
        program.chmod(0o755)
    return folder
