"""Cluster the stimuli of a data set by one extractor's features."""

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.clusters import CLUSTERS
from afterimage.contracts.jobs import job
from afterimage.contracts.tables import write_table
from afterimage.split.clusters import cluster_stimuli

with job(snakemake):
    clusters = cluster_stimuli(
        ArrayFile(snakemake.input.features), snakemake.params.clusters, snakemake.params.seed
    )
    write_table(snakemake.output.clusters, clusters, CLUSTERS)
