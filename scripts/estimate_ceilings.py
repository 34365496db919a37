"""Estimate noise ceilings from the repetitions of test stimuli."""

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.channels import CHANNELS
from afterimage.contracts.jobs import job
from afterimage.contracts.splits import SPLITS
from afterimage.contracts.tables import read_table, write_table
from afterimage.contracts.trials import TRIALS
from afterimage.evaluate.score_ceilings import CEILINGS, estimate_ceilings

with job(snakemake):
    trials = read_table(snakemake.input.trials, TRIALS)
    splits = read_table(snakemake.input.splits, SPLITS)
    tested = trials["trial_id"].isin(splits.loc[splits["role"] == "test", "trial_id"])
    ceilings = estimate_ceilings(
        ArrayFile(snakemake.input.responses),
        trials,
        read_table(snakemake.input.channels, CHANNELS),
        set(trials.loc[tested, "stimulus_id"]),
    )
    write_table(snakemake.output.ceilings, ceilings, CEILINGS)
