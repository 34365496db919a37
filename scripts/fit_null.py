"""Fit a model on shuffled training pairs and predict the test side."""

from afterimage.contracts.jobs import job
from afterimage.contracts.registry import configured
from afterimage.contracts.seeds import derive_seed
from afterimage.models.fitting import null_predictions, write_rows
from afterimage.models.read_subject import read_subject

with job(snakemake):
    model = snakemake.params.model
    subject = read_subject(snakemake.input, snakemake.params.responses)
    model_class, config = configured(model["seam"], model["entry"])
    rows = null_predictions(
        model_class,
        config,
        subject,
        n_refits=model["null_refits"],
        seed=derive_seed(snakemake.params.seed, *snakemake.wildcards),
        device=snakemake.resources.device,
    )
    provenance = {"shuffled_refits_of": dict(snakemake.wildcards.items())}
    write_rows(snakemake.output.null, rows, model_class.kind, subject, provenance)
