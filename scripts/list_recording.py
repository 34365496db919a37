"""List the raw files behind one subject's recording, with their sizes and hashes."""

from pathlib import Path

from afterimage.contracts.jobs import job
from afterimage.contracts.manifest import write_manifest
from afterimage.contracts.registry import build

with job(snakemake):
    root, subject = Path(snakemake.resources.data_root), snakemake.wildcards.subject
    files = build("dataset", snakemake.params.dataset).recording_files(root, subject)
    write_manifest(snakemake.output.manifest, root, files, snakemake.wildcards.dataset)
