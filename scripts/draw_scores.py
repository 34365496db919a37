"""Draw the scores of features, pictures or encoders."""

from afterimage.contracts.jobs import job
from afterimage.contracts.metrics import METRICS
from afterimage.contracts.tables import read_table
from afterimage.report import rows
from afterimage.report.scores_figure import draw_scores

CHOOSE = {
    "features": rows.feature_rows,
    "pictures": rows.picture_rows,
    "encoding": rows.encoding_rows,
}

with job(snakemake):
    metrics = read_table(snakemake.input.metrics, METRICS)
    chosen = CHOOSE[snakemake.wildcards.scored](metrics)
    draw_scores(chosen, snakemake.output.png, snakemake.output.pdf)
