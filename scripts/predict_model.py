"""Predict the test side of every fold."""

from afterimage.contracts.jobs import job
from afterimage.contracts.modelfiles import load_tensors
from afterimage.contracts.registry import configured
from afterimage.models.fitting import predict_model, write_rows
from afterimage.models.read_subject import read_subject

with job(snakemake):
    model = snakemake.params.model
    subject = read_subject(snakemake.input, snakemake.params.responses)
    model_class, config = configured(model["seam"], model["entry"])
    rows = predict_model(model_class, config, subject, load_tensors(snakemake.input.model))
    provenance = {"predicted_by": dict(snakemake.wildcards.items())}
    write_rows(snakemake.output.predictions, rows, model_class.kind, subject, provenance)
