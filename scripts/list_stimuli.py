"""List the raw files behind a data set's stimuli, with their sizes and hashes."""

from pathlib import Path

from afterimage.contracts.jobs import job
from afterimage.contracts.manifest import write_manifest
from afterimage.contracts.registry import build

with job(snakemake):
    root = Path(snakemake.resources.data_root)
    files = build("dataset", snakemake.params.dataset).stimulus_files(root)
    write_manifest(snakemake.output.manifest, root, files, snakemake.wildcards.dataset)
