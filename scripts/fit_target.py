"""Fit a target's transform on the training stimuli of each fold."""

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.jobs import job
from afterimage.contracts.modelfiles import save_tensors
from afterimage.contracts.splits import SPLITS
from afterimage.contracts.tables import read_table
from afterimage.contracts.trials import read_trials
from afterimage.models.target_values import fit_targets, transform_tensors, write_target_values

with job(snakemake):
    features = ArrayFile(snakemake.input.features)
    splits = read_table(snakemake.input.splits, SPLITS)
    trials = read_trials(snakemake.input.trials)
    target = snakemake.params.target
    fitted = fit_targets(features, splits, trials, target["transform"])
    write_target_values(snakemake.output.values, features, fitted, {"target": target})
    save_tensors(snakemake.output.transform, transform_tensors(fitted))
