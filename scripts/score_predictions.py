"""Score everything that was decoded of one subject: features and labels."""

import pandas as pd

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.jobs import job
from afterimage.contracts.metrics import METRICS
from afterimage.contracts.seeds import derive_seed
from afterimage.contracts.tables import write_table
from afterimage.evaluate.score_decoder import score_decoder
from afterimage.evaluate.shown import read_shown
from afterimage.evaluate.summarise import Identity, metrics_frame

with job(snakemake):
    names, files, params = snakemake.wildcards, snakemake.input, snakemake.params
    shown = read_shown(files, names.subject)
    nulls = iter(files.get("nulls", []))
    tables = [metrics_frame([])]
    rows = zip(params.decoders, files.predictions, files.targets, strict=True)
    for entry, predictions, target in rows:
        identity = Identity(
            names.experiment, names.subject, entry["model"], entry["target"], params.roi
        )
        table = score_decoder(
            ArrayFile(predictions),
            ArrayFile(next(nulls)) if entry["null"] else None,
            ArrayFile(target),
            shown,
            kind="labels" if entry["labels"] else "features",
            space_per_fold=entry["space_per_fold"],
            evaluation=params.evaluation,
            identity=identity,
            seed=derive_seed(params.seed, "score", *identity.columns().values()),
        )
        tables.append(table)
    filled = [table for table in tables if len(table)] or tables
    write_table(snakemake.output.metrics, pd.concat(filled, ignore_index=True), METRICS)
