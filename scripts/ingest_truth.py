"""Keep what the simulator knows of one subject."""

from pathlib import Path

from afterimage.contracts.jobs import job
from afterimage.contracts.modelfiles import save_tensors
from afterimage.contracts.registry import build
from afterimage.ingest.raw import recording_root

with job(snakemake):
    dataset = build("dataset", snakemake.params.dataset)
    folder, manifest = Path(snakemake.resources.data_root), snakemake.input.manifest
    root = recording_root(dataset, folder, manifest, snakemake.wildcards.subject)
    save_tensors(snakemake.output.truth, dataset.truth(root, snakemake.wildcards.subject))
