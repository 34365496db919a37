"""Give each trial a role in each fold."""

from afterimage.contracts.jobs import job
from afterimage.contracts.published import read_published
from afterimage.contracts.splits import SPLITS
from afterimage.contracts.stimuli import STIMULI
from afterimage.contracts.tables import read_table, write_table
from afterimage.contracts.trials import read_trials
from afterimage.split.protocols import make_splits

with job(snakemake):
    splits = make_splits(
        read_trials(snakemake.input.trials),
        read_table(snakemake.input.stimuli, STIMULI),
        read_published(snakemake.input.published, snakemake.params.split.get("version", "default")),
        snakemake.params.split,
        snakemake.params.seed,
    )
    write_table(snakemake.output.splits, splits, SPLITS)
