"""Give each trial a role in each fold."""

from afterimage.contracts.jobs import job
from afterimage.contracts.modelfiles import save_card
from afterimage.contracts.splits import SPLITS
from afterimage.contracts.tables import write_table
from afterimage.split.assemble import make_splits
from afterimage.split.card import check_expected, describe_split
from afterimage.split.inputs import read_inputs

with job(snakemake):
    inputs = read_inputs(snakemake.input, snakemake.params.split, snakemake.params.seed)
    splits = make_splits(inputs)
    card = describe_split(splits, inputs)
    check_expected(card)
    write_table(snakemake.output.splits, splits, SPLITS)
    save_card(snakemake.output.card, card)
