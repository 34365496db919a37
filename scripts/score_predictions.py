"""Score everything that was decoded of one subject: features and labels."""

from afterimage.contracts.jobs import job
from afterimage.contracts.metrics import METRICS
from afterimage.contracts.tables import write_table
from afterimage.evaluate.score_predictions import score_predictions

with job(snakemake):
    metrics = score_predictions(
        snakemake.input,
        dict(snakemake.wildcards.items()),
        decoders=snakemake.params.decoders,
        evaluation=snakemake.params.evaluation,
        roi=snakemake.params.roi,
        seed=snakemake.params.seed,
    )
    write_table(snakemake.output.metrics, metrics, METRICS)
