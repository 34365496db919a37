"""Download the raw files that the experiment needs, after the terms were accepted."""

from pathlib import Path

from afterimage.contracts.config.experiment import Fetch
from afterimage.contracts.jobs import job
from afterimage.contracts.registry import build
from afterimage.ingest.fetch.fetch import fetch

with job(snakemake):
    fetch(
        build("dataset", snakemake.params.dataset),
        snakemake.params.subjects,
        Path(snakemake.resources.data_root),
        Fetch.model_validate(snakemake.params.settings),
    )
