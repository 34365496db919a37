"""Score predicted responses, channel by channel and region by region."""

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.jobs import job
from afterimage.contracts.metrics import METRICS
from afterimage.contracts.modelfiles import load_tensors
from afterimage.contracts.seeds import derive_seed
from afterimage.contracts.tables import read_table, write_table
from afterimage.evaluate.encoding import VOXELS
from afterimage.evaluate.score_ceilings import CEILINGS
from afterimage.evaluate.score_encoder import response_pairs, score_encoder
from afterimage.evaluate.summarise import Identity
from afterimage.models.fitting import measured_responses
from afterimage.models.read_subject import read_subject

with job(snakemake):
    names, files, params = snakemake.wildcards, snakemake.input, snakemake.params
    subject = read_subject(files, params.responses)
    measured = list(measured_responses(subject, load_tensors(files.model)))
    null = ArrayFile(files.null[0]) if files.get("null") else None
    pair, null_pairs = response_pairs(ArrayFile(files.predictions), null, measured)
    roi = params.responses["roi"]
    identity = Identity(names.experiment, names.subject, names.model, names.target, roi)
    metrics, voxels = score_encoder(
        pair,
        null_pairs,
        subject.channels.set_index("channel").loc[subject.kept].reset_index(),
        read_table(files.ceilings, CEILINGS),
        evaluation=params.evaluation,
        identity=identity,
        seed=derive_seed(params.seed, "score", *identity.columns().values()),
    )
    write_table(snakemake.output.metrics, metrics, METRICS)
    write_table(snakemake.output.voxels, voxels, VOXELS)
