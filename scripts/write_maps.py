"""Write an encoder's scores back into the space of the recording."""

from afterimage.contracts.channels import CHANNELS
from afterimage.contracts.geometry import Geometry
from afterimage.contracts.jobs import job
from afterimage.contracts.modelfiles import load_card
from afterimage.contracts.tables import read_table
from afterimage.evaluate.maps import write_maps
from afterimage.evaluate.voxel_table import VOXELS

with job(snakemake) as log:
    geometry = load_card(snakemake.input.card)["geometry"]
    names = write_maps(
        snakemake.output.maps,
        None if geometry is None else Geometry.from_dict(geometry),
        read_table(snakemake.input.channels, CHANNELS),
        read_table(snakemake.input.voxels, VOXELS),
    )
    log.info("%d maps", len(names))
