"""Put all scores of an experiment into one table."""

from afterimage.contracts.jobs import job
from afterimage.contracts.metrics import METRICS
from afterimage.contracts.tables import read_table, write_table
from afterimage.evaluate.frames import stacked

with job(snakemake):
    tables = [read_table(path, METRICS) for path in snakemake.input.metrics]
    write_table(snakemake.output.metrics, stacked(tables, METRICS), METRICS)
