"""Score one subject's reconstructions as pictures and in every feature space."""

import pandas as pd

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
    names, files, params = snakemake.wildcards, snakemake.input, snakemake.params
    entries = zip(params.spaces.items(), files.get("features", []), strict=True)
    spaces = [Space(name, entry, ArrayFile(path)) for (name, entry), path in entries]
    shown = read_shown(files, names.subject)
    nulls = iter(files.get("nulls", []))
    scored = []
    for row, pictures in zip(params.rows, files.pictures, strict=True):
        identity = Identity(
            names.experiment,
            names.subject,
            row["model"],
            row["target"],
            params.roi,
            row["generator"],
        )
        tables = score_pictures(
            ImageFile(pictures),
            ImageFile(next(nulls)) if row["null"] else None,
            ImageFile(files.images),
            spaces,
            shown,
            evaluation=params.evaluation,
            identity=identity,
            device=snakemake.resources.device,
            seed=derive_seed(params.seed, "score", *identity.columns().values()),
        )
        scored.append(tables)
    metrics, items = (pd.concat(parts, ignore_index=True) for parts in zip(*scored, strict=True))
    write_table(snakemake.output.metrics, metrics, METRICS)
    write_table(snakemake.output.per_item, items, ITEMS)
