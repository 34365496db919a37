"""Bring published results, check them, and prove that nothing is left to run."""

from pathlib import Path

from afterimage.contracts.config.experiment import Publish
from afterimage.contracts.jobs import job
from afterimage.publish.restore import restore

with job(snakemake):
    restore(
        Path(),
        snakemake.params.experiment,
        snakemake.params.parameters,
        Publish.model_validate(snakemake.params.settings),
        Path(snakemake.params.snakefile),
        snakemake.params.configuration,
    )
