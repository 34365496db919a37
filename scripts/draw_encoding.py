"""Draw maps of an encoder's correlation beside the noise ceiling."""

from afterimage.contracts.channels import CHANNELS
from afterimage.contracts.geometry import Geometry
from afterimage.contracts.jobs import job
from afterimage.contracts.modelfiles import load_card
from afterimage.contracts.tables import read_table
from afterimage.evaluate.voxel_table import VOXELS
from afterimage.report.encoding_figure import draw_encoding

with job(snakemake):
    geometry = load_card(snakemake.input.card)["geometry"]
    draw_encoding(
        read_table(snakemake.input.voxels, VOXELS),
        read_table(snakemake.input.channels, CHANNELS),
        None if geometry is None else Geometry.from_dict(geometry),
        snakemake.output.png,
        snakemake.output.pdf,
    )
