"""Write simulated raw files and list them."""

from pathlib import Path

from afterimage.contracts.jobs import job
from afterimage.contracts.manifest import write_manifest
from afterimage.contracts.registry import build, find_class
from afterimage.ingest.simulated.place import claim

with job(snakemake):
    root, name = Path(snakemake.resources.data_root), snakemake.wildcards.dataset
    claim(root)
    dataset = build("dataset", snakemake.params.dataset)
    find_class("simulator", snakemake.params.dataset["name"])(dataset.config, root)
    write_manifest(snakemake.output.manifest, root, dataset.stimulus_files(root), name)
    for subject, manifest in zip(dataset.subjects(), snakemake.output.recordings, strict=True):
        write_manifest(manifest, root, dataset.recording_files(root, subject), name)
