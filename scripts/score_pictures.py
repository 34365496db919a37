"""Score one subject's reconstructions as pictures and in every feature space."""

from afterimage.contracts.jobs import job
from afterimage.contracts.metrics import METRICS
from afterimage.contracts.tables import write_table
from afterimage.evaluate.items import ITEMS
from afterimage.evaluate.score_pictures import score_pictures

with job(snakemake):
    metrics, items = score_pictures(
        snakemake.input,
        dict(snakemake.wildcards.items()),
        rows=snakemake.params.rows,
        spaces=snakemake.params.spaces,
        evaluation=snakemake.params.evaluation,
        roi=snakemake.params.roi,
        device=snakemake.resources.device,
        seed=snakemake.params.seed,
    )
    write_table(snakemake.output.metrics, metrics, METRICS)
    write_table(snakemake.output.per_item, items, ITEMS)
