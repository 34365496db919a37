"""Compare the targets of an encoder, and map from which one each channel is predicted best."""

from afterimage.contracts.jobs import job
from afterimage.contracts.modelfiles import load_card, load_tensors
from afterimage.contracts.tables import write_table
from afterimage.evaluate.best_target import BEST
from afterimage.evaluate.best_target_maps import write_best_maps
from afterimage.evaluate.compare_targets import COMPARED, DIFFERENCES
from afterimage.evaluate.presented import Presented
from afterimage.evaluate.score_targets import score_targets
from afterimage.models.fitting import measured_responses
from afterimage.models.read_subject import read_subject

with job(snakemake):
    files, targets = snakemake.input, snakemake.params.targets
    subject = read_subject(files, snakemake.params.responses)
    tensors = dict(zip(targets, map(load_tensors, files.models), strict=True))
    differences, compared, best = score_targets(
        dict(zip(targets, files.predictions, strict=True)),
        tensors,
        list(measured_responses(subject, tensors[targets[0]])),
        Presented(subject.trials, subject.splits, subject.channels, subject.kept),
        names=dict(snakemake.wildcards.items()),
        evaluation=snakemake.params.evaluation,
        roi=snakemake.params.responses["roi"],
        seed=snakemake.params.seed,
    )
    write_table(snakemake.output.differences, differences, DIFFERENCES)
    write_table(snakemake.output.compared, compared, COMPARED)
    write_table(snakemake.output.best, best, BEST)
    geometry = load_card(files.recording)["geometry"]
    write_best_maps(snakemake.output.maps, geometry, subject.channels, best, targets)
