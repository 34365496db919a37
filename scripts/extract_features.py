"""Describe every stimulus by one extractor."""

from afterimage.contracts.annotations import ANNOTATIONS
from afterimage.contracts.images import ImageFile
from afterimage.contracts.jobs import job
from afterimage.contracts.registry import build
from afterimage.contracts.stimuli import STIMULI
from afterimage.contracts.tables import read_table
from afterimage.features.extract import extract_features

with job(snakemake):
    extractor = build("extractor", snakemake.params.extractor, device=snakemake.resources.device)
    extract_features(
        read_table(snakemake.input.stimuli, STIMULI),
        ImageFile(snakemake.input.images),
        extractor,
        snakemake.output.features,
        snakemake.resources.batch_size,
        {"dataset": snakemake.wildcards.dataset, "extractor": snakemake.params.extractor},
        *[read_table(path, ANNOTATIONS) for path in snakemake.input.annotations],
    )
