"""Score decoded features or labels."""

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.jobs import job
from afterimage.contracts.metrics import METRICS
from afterimage.contracts.seeds import derive_seed
from afterimage.contracts.tables import write_table
from afterimage.evaluate.score_decoder import score_decoder
from afterimage.evaluate.shown import read_shown
from afterimage.evaluate.summarise import Identity

with job(snakemake):
    wildcards, params = snakemake.wildcards, snakemake.params
    identity = Identity(
        wildcards.experiment, wildcards.subject, wildcards.model, wildcards.target, params.roi
    )
    rows = score_decoder(
        ArrayFile(snakemake.input.predictions),
        ArrayFile(snakemake.input.null[0]) if snakemake.input.get("null") else None,
        ArrayFile(snakemake.input.target),
        read_shown(snakemake.input, wildcards.subject),
        kind="labels" if params.target["labels"] else "features",
        space_per_fold=params.target["space_per_fold"],
        evaluation=params.evaluation,
        identity=identity,
        seed=derive_seed(params.seed, "score", *identity.columns().values()),
    )
    write_table(snakemake.output.metrics, rows, METRICS)
