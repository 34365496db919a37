"""Score predicted responses, channel by channel and region by region."""

from afterimage.contracts.jobs import job
from afterimage.contracts.metrics import METRICS
from afterimage.contracts.modelfiles import load_tensors
from afterimage.contracts.tables import write_table
from afterimage.evaluate.encoding import VOXELS
from afterimage.evaluate.score_encoder import score_encoding
from afterimage.models.fitting import measured_responses
from afterimage.models.read_subject import read_subject

with job(snakemake):
    subject = read_subject(snakemake.input, snakemake.params.responses)
    metrics, voxels = score_encoding(
        snakemake.input,
        dict(snakemake.wildcards.items()),
        list(measured_responses(subject, load_tensors(snakemake.input.model))),
        subject.channels,
        subject.kept,
        evaluation=snakemake.params.evaluation,
        roi=snakemake.params.responses["roi"],
        seed=snakemake.params.seed,
    )
    write_table(snakemake.output.metrics, metrics, METRICS)
    write_table(snakemake.output.voxels, voxels, VOXELS)
