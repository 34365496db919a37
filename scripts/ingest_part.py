"""Read one part of a subject's responses, such as a session."""

from pathlib import Path

from afterimage.contracts.jobs import job
from afterimage.contracts.registry import build
from afterimage.ingest.parts import write_part
from afterimage.ingest.raw import part_root
from afterimage.ingest.told import told_by

with job(snakemake) as log:
    subject, name = snakemake.wildcards.subject, snakemake.wildcards.part
    dataset = build("dataset", snakemake.params.dataset)
    folder, manifest = Path(snakemake.resources.data_root), snakemake.input.manifest
    root = part_root(dataset, folder, manifest, subject, name)
    part = dataset.read_part(root, subject, name)
    written = write_part(
        snakemake.output.responses,
        snakemake.output.findings,
        name,
        part,
        {"dataset": snakemake.wildcards.dataset, "subject": subject, "part": name},
    )
    log.info("%d trials", written)
    for line in told_by({name: part.findings}):
        log.info("%s", line)
