"""Train a generator on the training pictures of each fold; write the latents of all pictures."""

from afterimage.contracts.files import scratch_beside
from afterimage.contracts.images import ImageFile
from afterimage.contracts.jobs import job
from afterimage.contracts.modelfiles import save_card
from afterimage.contracts.registry import build
from afterimage.contracts.seeds import derive_seed
from afterimage.contracts.splits import SPLITS
from afterimage.contracts.tables import read_table
from afterimage.contracts.trials import read_trials
from afterimage.generate.train import train_generator, training_pictures

with job(snakemake), scratch_beside(snakemake.output.model) as work:
    params, name = snakemake.params, snakemake.wildcards.generator
    seed = derive_seed(params.seed, "generator", name)
    splits = read_table(snakemake.input.splits, SPLITS)
    training = training_pictures(splits, read_trials(snakemake.input.trials))
    train_generator(
        build("generator", params.generator, seed=seed, device=snakemake.resources.device),
        ImageFile(snakemake.input.images),
        training,
        tensors_path=snakemake.output.model,
        latents_path=snakemake.output.latents,
        work=work,
        provenance={"generator": params.generator},
    )
    pictures = {f"fold{fold}": len(ids) for fold, ids in training.items()}
    save_card(snakemake.output.card, {**params.generator, "training_pictures": pictures})
