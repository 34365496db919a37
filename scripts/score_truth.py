"""Compare a linear decoder, and the noise ceilings, with what the simulator knows."""

from afterimage.contracts.jobs import job
from afterimage.contracts.metrics import METRICS
from afterimage.contracts.tables import write_table
from afterimage.evaluate.learning_curve import CURVE
from afterimage.evaluate.score_truth import score_truth
from afterimage.models.raw_responses import raw_test_responses
from afterimage.models.read_subject import read_subject

with job(snakemake):
    subject = read_subject(snakemake.input, snakemake.params.responses)
    rows, curve = score_truth(
        snakemake.input,
        dict(snakemake.wildcards.items()),
        raw_test_responses(subject, fold=0),
        curve=snakemake.params.curve,
        evaluation=snakemake.params.evaluation,
        seed=snakemake.params.seed,
    )
    write_table(snakemake.output.metrics, rows, METRICS)
    write_table(snakemake.output.curve, curve, CURVE)
