"""Predict training stimuli by fits that did not see them."""

from afterimage.contracts.jobs import job
from afterimage.contracts.modelfiles import load_tensors
from afterimage.contracts.registry import configured
from afterimage.models.fitting import held_out_training, write_rows
from afterimage.models.read_subject import read_subject

with job(snakemake):
    model = snakemake.params.model
    subject = read_subject(snakemake.input, snakemake.params.responses)
    model_class, config = configured(model["seam"], model["entry"])
    rows = held_out_training(model_class, config, subject, load_tensors(snakemake.input.model))
    provenance = {"left_out_by": dict(snakemake.wildcards.items())}
    write_rows(snakemake.output.held_out, rows, model_class.kind, subject, provenance)
