"""Keep what the simulator knows of one subject."""

from pathlib import Path

from afterimage.contracts.jobs import job
from afterimage.contracts.modelfiles import save_tensors
from afterimage.contracts.registry import build
from afterimage.ingest.raw import checked_root

with job(snakemake):
    dataset = build("dataset", snakemake.params.dataset)
    root = checked_root(dataset, Path(snakemake.resources.data_root), snakemake.input.manifest)
    save_tensors(snakemake.output.truth, dataset.truth(root, snakemake.wildcards.subject))
