"""Measure how close test stimuli come to training stimuli in every feature space."""

from afterimage.contracts.jobs import job
from afterimage.contracts.tables import write_table
from afterimage.evaluate.neighbours import NEIGHBOURS, measure_neighbours

with job(snakemake):
    neighbours = measure_neighbours(snakemake.input, snakemake.params.spaces)
    write_table(snakemake.output.neighbours, neighbours, NEIGHBOURS)
