"""Measure the noise-ceiling ratio of each channel from all repetitions of a recording."""

from pathlib import Path

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.channels import CHANNELS
from afterimage.contracts.jobs import job
from afterimage.contracts.ncsnr import NCSNR
from afterimage.contracts.registry import build
from afterimage.contracts.tables import read_table, write_table
from afterimage.contracts.trials import TRIALS
from afterimage.ingest.ncsnr import ncsnr_table
from afterimage.ingest.raw import released_ncsnr

with job(snakemake):
    dataset = build("dataset", snakemake.params.dataset)
    table = ncsnr_table(
        ArrayFile(snakemake.input.responses),
        read_table(snakemake.input.trials, TRIALS),
        read_table(snakemake.input.channels, CHANNELS),
        released_ncsnr(dataset, Path(snakemake.resources.data_root), snakemake.wildcards.subject),
    )
    write_table(snakemake.output.ncsnr, table, NCSNR)
