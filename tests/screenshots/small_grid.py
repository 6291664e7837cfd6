"""A comparison small enough to be run for a picture."""

from brainstem_app.study.grid import Grid

#: Half an hour on two cores.
SMALL_GRID = Grid(
    name="small",
    title="Two decoders, two losses",
    repeats=1,
    settings={"encoder": "resnet18", "epochs": 12, "input.size": 64, "learning_rate": 0.001},
    vary={"decoder": ("n_deconet", "fpn"), "loss": ("dice", "dicece")},
)
