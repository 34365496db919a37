"""Record the results in DVC's ledger and send them to the remote."""

from pathlib import Path

from afterimage.contracts.config.experiment import Publish
from afterimage.contracts.jobs import job
from afterimage.publish.publish import publish

with job(snakemake):
    publish(
        Path(),
        snakemake.params.experiment,
        list(snakemake.input),
        snakemake.params.parameters,
        Publish.model_validate(snakemake.params.settings),
        snakemake.params.licensed,
    )
