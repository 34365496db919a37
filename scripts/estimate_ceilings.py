"""Turn a recording's noise-ceiling ratios into the ceilings of an experiment's test averages."""

from afterimage.contracts.jobs import job
from afterimage.contracts.ncsnr import NCSNR
from afterimage.contracts.splits import SPLITS
from afterimage.contracts.tables import read_table, write_table
from afterimage.contracts.trials import TRIALS
from afterimage.evaluate.ceilings import CEILINGS, ceilings_table

with job(snakemake):
    ceilings = ceilings_table(
        read_table(snakemake.input.ncsnr, NCSNR),
        read_table(snakemake.input.trials, TRIALS),
        read_table(snakemake.input.splits, SPLITS),
        snakemake.params.responses["average_test"],
    )
    write_table(snakemake.output.ceilings, ceilings, CEILINGS)
