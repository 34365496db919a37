"""Write simulated raw files and list them."""

from pathlib import Path

from afterimage.contracts.jobs import job
from afterimage.contracts.manifest import write_manifest
from afterimage.contracts.registry import build, find_class

with job(snakemake):
    root = Path(snakemake.resources.data_root)
    dataset = build("dataset", snakemake.params.dataset)
    find_class("simulator", snakemake.params.dataset["name"])(dataset.config, root)
    write_manifest(
        snakemake.output.manifest, root, dataset.raw_files(root), snakemake.wildcards.dataset
    )
