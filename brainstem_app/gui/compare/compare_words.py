"""What the forms of the step Compare say of each setting of `CompareJob` and of the runs' shared ones."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from brainstem_app.gui.forms.field_spec import FieldWords
from brainstem_app.gui.train.train_words import train_words
from brainstem_app.jobs.job import TrainJob

# Set by the lists, or by the comparison itself.
_NOT_SHARED = frozenset(
    {"study", "run", "version", "kind", "seed", "decoder", "encoder", "loss", "start_from"}
)
_PLAIN = ("epochs", "batch_size", "learning_rate", "input.size")


def _tr(text: str) -> str:
    return QCoreApplication.translate("CompareWords", text)


def shared_words() -> dict[str, FieldWords]:
    """Words of the settings that all networks of a comparison share; the less usual ones are folded away."""
    words = train_words()
    plain = {name: _with_advanced(words[name], advanced=False) for name in _PLAIN}
    rest = {
        name: _with_advanced(word, advanced=True)
        for name, word in words.items()
        if name not in plain and name not in _NOT_SHARED and name.split(".")[0] in TrainJob.model_fields
    }
    return {**plain, **rest}


def left_out_of_shared() -> frozenset[str]:
    """Return the settings of a run that are not shared."""
    return _NOT_SHARED


def run_words() -> dict[str, FieldWords]:
    """Words of how the comparison is run."""
    tr = _tr
    return {
        "keep": FieldWords(
            tr("Networks kept"),
            tr("Numbers and curves of all are kept; a network takes 100 MB or more."),
            advanced=True,
            names={"all": tr("all"), "best": tr("the best of each decoder"), "none": tr("none")},
        ),
        "jobs": FieldWords(
            tr("At once"), tr("Trainings at a time on this machine."), advanced=True, placeholder=tr("as fit")
        ),
        "retry_failed": FieldWords(
            tr("Failed cells"),
            tr("Cells that failed before are left as they are otherwise."),
            advanced=True,
            placeholder=tr("try them again"),
        ),
        "executor": FieldWords(
            tr("Where"),
            tr("A cluster needs SLURM's commands on this machine."),
            advanced=True,
            names={"local": tr("this machine"), "slurm": tr("a SLURM cluster")},
        ),
        **_slurm_words(),
    }


def _slurm_words() -> dict[str, FieldWords]:
    """Words of what a cluster is asked for."""
    tr = _tr
    words = {
        "partition": (tr("Partition"), tr("Of the cluster; empty for its usual one.")),
        "account": (tr("Account"), tr("That the cluster writes the hours to; empty for yours.")),
        "qos": (tr("Quality of service"), tr("As the cluster names it; empty for its usual one.")),
        "constraint": (tr("Constraint"), tr("Kind of nodes, as the cluster names them; empty for any.")),
        "minutes": (tr("Minutes"), tr("Time limit of a cell; one that runs into it goes on later.")),
        "cpus": (tr("Cores"), tr("Of each cell.")),
        "memory_gb": (tr("Memory (GB)"), tr("Of each cell.")),
        "gpus": (tr("GPUs"), tr("Of each cell.")),
        "at_once": (tr("Cells at once"), tr("Most that run on the cluster at the same time.")),
        "setup": (tr("Before each cell"), tr("Lines of shell, one after a semicolon: module load cuda.")),
    }
    return {f"slurm.{name}": FieldWords(label, hint, advanced=True) for name, (label, hint) in words.items()}


def _with_advanced(words: FieldWords, *, advanced: bool) -> FieldWords:
    from dataclasses import replace

    return replace(words, advanced=advanced)
