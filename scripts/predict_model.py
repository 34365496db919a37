"""Predict the test side of every fold."""

from functools import partial

from afterimage.contracts.jobs import job
from afterimage.contracts.modelfiles import load_tensors
from afterimage.models.fitting import predict_model
from afterimage.models.predictions import write_predictions

with job(snakemake):
    tensors = load_tensors(snakemake.input.model)
    write_predictions(
        partial(predict_model, tensors=tensors, device=snakemake.resources.device),
        snakemake.input,
        snakemake.output.predictions,
        model=snakemake.params.model,
        responses=snakemake.params.responses,
        provenance={"predicted_by": dict(snakemake.wildcards.items())},
    )
