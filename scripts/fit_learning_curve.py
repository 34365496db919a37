"""Fit a linear decoder on the first trials only."""

from afterimage.contracts.jobs import job
from afterimage.contracts.modelfiles import save_tensors
from afterimage.contracts.registry import configured
from afterimage.models.learning_curve import learning_curve
from afterimage.models.read_subject import read_subject

with job(snakemake):
    curve = snakemake.params.curve
    weights = learning_curve(
        *configured("decoder", curve["entry"]),
        read_subject(snakemake.input, snakemake.params.responses),
        fold=0,
        sizes=curve["sizes"],
    )
    save_tensors(snakemake.output.curve, {f"{n:08d}": w for n, w in weights.items()})
