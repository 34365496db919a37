"""Draw the scores of features, pictures or encoders."""

from afterimage.contracts.jobs import job
from afterimage.contracts.metrics import METRICS
from afterimage.contracts.tables import read_table
from afterimage.report.rows import SCORED
from afterimage.report.scores_figure import draw_scores

with job(snakemake):
    chosen = SCORED[snakemake.wildcards.scored](read_table(snakemake.input.metrics, METRICS))
    draw_scores(chosen, snakemake.output.png, snakemake.output.pdf)
