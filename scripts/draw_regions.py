"""Draw how well responses are predicted in each region."""

from afterimage.contracts.jobs import job
from afterimage.contracts.metrics import METRICS
from afterimage.contracts.tables import read_table
from afterimage.report.roi_figure import draw_regions

with job(snakemake):
    metrics = read_table(snakemake.input.metrics, METRICS)
    draw_regions(metrics, snakemake.output.png, snakemake.output.pdf)
