"""Read one part of a subject's responses, such as a session."""

from pathlib import Path

from afterimage.contracts.jobs import job
from afterimage.contracts.registry import build
from afterimage.ingest.raw import part_root
from afterimage.ingest.subject import write_part

with job(snakemake) as log:
    subject, part = snakemake.wildcards.subject, snakemake.wildcards.part
    dataset = build("dataset", snakemake.params.dataset)
    folder, manifest = Path(snakemake.resources.data_root), snakemake.input.manifest
    root = part_root(dataset, folder, manifest, subject, part)
    written = write_part(
        snakemake.output.responses,
        dataset.recording(root, subject),
        dataset.part_blocks(root, subject, part),
        {"dataset": snakemake.wildcards.dataset, "subject": subject, "part": part},
    )
    log.info("%d trials", written)
