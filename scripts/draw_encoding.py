"""Draw where in the brain, or when, an encoder predicts the response."""

from afterimage.contracts.channels import CHANNELS
from afterimage.contracts.jobs import job
from afterimage.contracts.modelfiles import load_card
from afterimage.contracts.tables import read_table
from afterimage.evaluate.voxel_table import VOXELS
from afterimage.report.draw_predicted import draw_predicted

with job(snakemake):
    draw_predicted(
        read_table(snakemake.input.voxels, VOXELS),
        read_table(snakemake.input.channels, CHANNELS),
        load_card(snakemake.input.card),
        snakemake.params.fdr,
        snakemake.output.png,
        snakemake.output.pdf,
    )
