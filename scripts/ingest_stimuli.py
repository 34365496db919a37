"""Read a data set's stimuli into tables and one file of pictures."""

from pathlib import Path

from afterimage.contracts.jobs import job
from afterimage.contracts.registry import build
from afterimage.ingest.raw import stimulus_root
from afterimage.ingest.stimuli import ingest_stimuli

with job(snakemake) as log:
    dataset = build("dataset", snakemake.params.dataset)
    root = stimulus_root(dataset, Path(snakemake.resources.data_root), snakemake.input.manifest)
    count = ingest_stimuli(
        dataset.stimuli(root),
        dict(snakemake.output.items()),
        {"dataset": snakemake.wildcards.dataset},
    )
    log.info("%d stimuli", count)
