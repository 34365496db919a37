"""Stop if the training side knows a test stimulus."""

from afterimage.contracts.jobs import job
from afterimage.contracts.modelfiles import save_card
from afterimage.contracts.splits import SPLITS
from afterimage.contracts.stimuli import STIMULI
from afterimage.contracts.tables import read_table
from afterimage.contracts.trials import read_trials
from afterimage.split.audit import audit_splits

with job(snakemake):
    audit = audit_splits(
        read_table(snakemake.input.splits, SPLITS),
        read_trials(snakemake.input.trials),
        read_table(snakemake.input.stimuli, STIMULI),
        snakemake.params.audit,
    )
    save_card(snakemake.output.audit, audit)
