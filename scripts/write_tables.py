"""Write all scores, and the headline, as CSV and LaTeX."""

from afterimage.contracts.jobs import job
from afterimage.contracts.metrics import METRICS
from afterimage.contracts.tables import read_table
from afterimage.report.rows import BASELINES, PRIOR, models_named
from afterimage.report.tables import write_full_table, write_headline_tables

with job(snakemake):
    metrics = read_table(snakemake.input.metrics, METRICS)
    configuration = snakemake.params.configuration
    write_full_table(metrics, snakemake.output.full)
    write_headline_tables(
        metrics,
        models_named(configuration, BASELINES),
        models_named(configuration, [PRIOR]),
        snakemake.output.headline,
        snakemake.output.latex,
    )
