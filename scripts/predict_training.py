"""Predict training stimuli by fits that did not see them."""

from functools import partial

from afterimage.contracts.jobs import job
from afterimage.contracts.modelfiles import load_tensors
from afterimage.models.fitting import held_out_training
from afterimage.models.predictions import write_predictions

with job(snakemake):
    tensors = load_tensors(snakemake.input.model)
    write_predictions(
        partial(held_out_training, tensors=tensors, device=snakemake.resources.device),
        snakemake.input,
        snakemake.output.held_out,
        model=snakemake.params.model,
        responses=snakemake.params.responses,
        provenance={"left_out_by": dict(snakemake.wildcards.items())},
    )
