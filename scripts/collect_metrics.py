"""Put all scores of an experiment into one table."""

import pandas as pd

from afterimage.contracts.jobs import job
from afterimage.contracts.metrics import METRICS
from afterimage.contracts.tables import read_table, write_table

with job(snakemake):
    frames = [read_table(path, METRICS) for path in snakemake.input.metrics]
    filled = [frame for frame in frames if len(frame)] or frames[:1]
    write_table(snakemake.output.metrics, pd.concat(filled, ignore_index=True), METRICS)
