"""Draw from which target each channel is predicted best."""

from afterimage.contracts.channels import CHANNELS
from afterimage.contracts.jobs import job
from afterimage.contracts.modelfiles import load_card
from afterimage.contracts.tables import read_table
from afterimage.evaluate.best_target import BEST
from afterimage.report.best_target_figure import draw_best_target

with job(snakemake):
    draw_best_target(
        read_table(snakemake.input.best, BEST),
        read_table(snakemake.input.channels, CHANNELS),
        load_card(snakemake.input.card),
        snakemake.params.targets,
        snakemake.params.fdr,
        snakemake.output.png,
        snakemake.output.pdf,
    )
