"""Draw what a subject's sensors do on average, and where they carry signal."""

from afterimage.contracts.channels import CHANNELS
from afterimage.contracts.jobs import job
from afterimage.contracts.modelfiles import load_card
from afterimage.contracts.ncsnr import NCSNR
from afterimage.contracts.tables import read_table
from afterimage.report.evoked_figure import draw_evoked

with job(snakemake):
    card = load_card(snakemake.input.card)
    draw_evoked(
        read_table(snakemake.input.ncsnr, NCSNR),
        read_table(snakemake.input.channels, CHANNELS),
        card["times"],
        card["layout"],
        card["unit"],
        snakemake.output.png,
        snakemake.output.pdf,
    )
