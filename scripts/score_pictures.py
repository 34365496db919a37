"""Score reconstructions as pictures and in every feature space."""

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.images import ImageFile
from afterimage.contracts.jobs import job
from afterimage.contracts.metrics import METRICS
from afterimage.contracts.seeds import derive_seed
from afterimage.contracts.tables import write_table
from afterimage.evaluate.items import ITEMS
from afterimage.evaluate.score_pictures import Space, score_pictures
from afterimage.evaluate.shown import read_shown
from afterimage.evaluate.summarise import Identity

with job(snakemake):
    names, params = snakemake.wildcards, snakemake.params
    identity = Identity(
        names.experiment, names.subject, names.model, names.target, params.roi, names.generator
    )
    metrics, items = score_pictures(
        ImageFile(snakemake.input.pictures),
        ImageFile(snakemake.input.null[0]) if snakemake.input.get("null") else None,
        ImageFile(snakemake.input.images),
        [
            Space(name, entry, ArrayFile(path))
            for (name, entry), path in zip(
                params.spaces.items(), snakemake.input.features, strict=True
            )
        ],
        read_shown(snakemake.input, names.subject),
        evaluation=params.evaluation,
        identity=identity,
        device=snakemake.resources.device,
        seed=derive_seed(params.seed, "score", *identity.columns().values()),
    )
    write_table(snakemake.output.metrics, metrics, METRICS)
    write_table(snakemake.output.per_item, items, ITEMS)
