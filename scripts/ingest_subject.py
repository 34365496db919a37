"""Read one subject's trials and responses, or join the parts that were read before."""

from pathlib import Path

from afterimage.contracts.jobs import job
from afterimage.contracts.registry import build
from afterimage.ingest.parts import joined
from afterimage.ingest.raw import published_roles, recording_root, tables_root
from afterimage.ingest.subject import ingest_subject

with job(snakemake) as log:
    subject, parts = snakemake.wildcards.subject, snakemake.input.get("parts", [])
    dataset = build("dataset", snakemake.params.dataset)
    folder, manifest = Path(snakemake.resources.data_root), snakemake.input.manifest
    root = (tables_root if parts else recording_root)(dataset, folder, manifest, subject)
    recording = dataset.recording(root, subject)
    card = ingest_subject(
        joined(recording, parts, snakemake.input.findings) if parts else recording,
        published_roles(dataset, root, subject),
        dict(snakemake.output.items()),
        {"dataset": snakemake.wildcards.dataset, "subject": subject},
    )
    log.info("%s", card)
