"""Fit a model on shuffled training pairs and predict the test side."""

from functools import partial

from afterimage.contracts.jobs import job
from afterimage.contracts.seeds import derive_seed
from afterimage.models.fitting import null_predictions
from afterimage.models.predictions import write_predictions

with job(snakemake):
    params = snakemake.params
    write_predictions(
        partial(
            null_predictions,
            n_refits=params.null["null_refits"],
            seed=derive_seed(params.seed, *snakemake.wildcards),
            device=snakemake.resources.device,
        ),
        snakemake.input,
        snakemake.output.null,
        model=params.model,
        responses=params.responses,
        provenance={"shuffled_refits_of": dict(snakemake.wildcards.items())},
    )
