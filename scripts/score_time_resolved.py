"""Score a decoder in each window of time."""

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.jobs import job
from afterimage.contracts.registry import build
from afterimage.contracts.seeds import derive_seed
from afterimage.contracts.tables import write_table
from afterimage.contracts.time_resolved import TIME_RESOLVED
from afterimage.evaluate.shown import read_shown
from afterimage.evaluate.time_resolved import score_windows

with job(snakemake):
    params, wildcards = snakemake.params, snakemake.wildcards
    scores = score_windows(
        ArrayFile(snakemake.input.predictions),
        ArrayFile(snakemake.input.target),
        read_shown(snakemake.input, wildcards.subject),
        build("metric", params.analysis["metric"]),
        space_per_fold=params.analysis["space_per_fold"],
        evaluation=params.evaluation,
        identity={"subject": wildcards.subject, "analysis": wildcards.analysis},
        seed=derive_seed(params.seed, "score", *wildcards),
    )
    write_table(snakemake.output.scores, scores, TIME_RESOLVED)
