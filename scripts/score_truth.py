"""Compare a linear decoder, and the noise ceilings, with what the simulator knows."""

from afterimage.contracts.jobs import job
from afterimage.contracts.metrics import METRICS
from afterimage.contracts.modelfiles import load_tensors
from afterimage.contracts.seeds import derive_seed
from afterimage.contracts.tables import read_table, write_table
from afterimage.contracts.truth import load_truth
from afterimage.evaluate.score_ceilings import CEILINGS
from afterimage.evaluate.score_truth import CURVE, compare_with_truth
from afterimage.evaluate.summarise import Identity
from afterimage.models.raw_responses import raw_test_responses
from afterimage.models.read_subject import read_subject

with job(snakemake):
    names, files, params = snakemake.wildcards, snakemake.input, snakemake.params
    curve = params.curve
    identity = Identity(names.experiment, names.subject, curve["model"], curve["target"])
    rows, table = compare_with_truth(
        load_truth(files.truth),
        {int(n): weights for n, weights in load_tensors(files.curve).items()},
        raw_test_responses(read_subject(files, params.responses), fold=0),
        read_table(files.ceilings, CEILINGS),
        identity,
        n_bootstrap=params.evaluation["bootstrap"],
        seed=derive_seed(params.seed, "truth", names.subject),
    )
    write_table(snakemake.output.metrics, rows, METRICS)
    write_table(snakemake.output.curve, table, CURVE)
