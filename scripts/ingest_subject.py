"""Read one subject's trials and responses."""

from pathlib import Path

from afterimage.contracts.jobs import job
from afterimage.contracts.registry import build
from afterimage.contracts.stimuli import STIMULI
from afterimage.contracts.tables import read_table
from afterimage.ingest.raw import checked_root, published_roles
from afterimage.ingest.subject import ingest_subject

with job(snakemake) as log:
    subject = snakemake.wildcards.subject
    dataset = build("dataset", snakemake.params.dataset)
    root = checked_root(dataset, Path(snakemake.resources.data_root), snakemake.input.manifest)
    card = ingest_subject(
        dataset.recording(root, subject),
        published_roles(dataset, root, subject),
        read_table(snakemake.input.stimuli, STIMULI)["stimulus_id"],
        dict(snakemake.output.items()),
        {"dataset": snakemake.wildcards.dataset, "subject": subject},
    )
    log.info("%s", card)
