"""Fit a model on the training side of every fold."""

from afterimage.contracts.files import scratch_beside
from afterimage.contracts.jobs import job
from afterimage.contracts.modelfiles import save_card, save_tensors
from afterimage.contracts.registry import configured
from afterimage.contracts.seeds import derive_seed
from afterimage.models.fitting import fit_model
from afterimage.models.read_subject import read_subject

with job(snakemake), scratch_beside(snakemake.output.model) as work:
    model = snakemake.params.model
    tensors, card = fit_model(
        *configured(model["seam"], model["entry"]),
        read_subject(snakemake.input, snakemake.params.responses),
        seed=derive_seed(snakemake.params.seed, *snakemake.wildcards),
        device=snakemake.resources.device,
        work=work,
        rescale=model["rescale"],
    )
    save_tensors(snakemake.output.model, tensors)
    save_card(snakemake.output.card, card)
