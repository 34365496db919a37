"""Score predicted responses, channel by channel and region by region."""

from afterimage.contracts.jobs import job
from afterimage.contracts.metrics import METRICS
from afterimage.contracts.modelfiles import load_tensors
from afterimage.contracts.tables import write_table
from afterimage.evaluate.presented import Presented
from afterimage.evaluate.score_encoder import score_encoding
from afterimage.evaluate.voxel_table import VOXELS
from afterimage.models.fitting import measured_responses
from afterimage.models.read_subject import read_subject

with job(snakemake):
    subject = read_subject(snakemake.input, snakemake.params.responses)
    tensors = load_tensors(snakemake.input.model)
    metrics, voxels = score_encoding(
        snakemake.input,
        dict(snakemake.wildcards.items()),
        list(measured_responses(subject, tensors)),
        Presented(subject.trials, subject.splits, subject.channels, subject.kept),
        tensors=tensors,
        evaluation=snakemake.params.evaluation,
        roi=snakemake.params.responses["roi"],
        seed=snakemake.params.seed,
    )
    write_table(snakemake.output.metrics, metrics, METRICS)
    write_table(snakemake.output.voxels, voxels, VOXELS)
