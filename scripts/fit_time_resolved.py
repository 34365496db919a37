"""Fit a decoder in each window of time, and predict the test side."""

from afterimage.contracts.files import scratch_beside
from afterimage.contracts.jobs import job
from afterimage.contracts.modelfiles import load_card
from afterimage.contracts.registry import configured
from afterimage.contracts.seeds import derive_seed
from afterimage.models.read_subject import read_subject
from afterimage.models.rows import write_rows
from afterimage.models.time_resolved import time_resolved
from afterimage.models.time_windows import time_windows

with job(snakemake), scratch_beside(snakemake.output.predictions) as work:
    analysis = snakemake.params.analysis
    subject = read_subject(snakemake.input, snakemake.params.responses)
    windows = time_windows(load_card(snakemake.input.card)["times"], analysis)
    rows = time_resolved(
        *configured("decoder", analysis["entry"]),
        subject,
        windows,
        generalise=analysis["generalise"],
        seed=derive_seed(snakemake.params.seed, *snakemake.wildcards),
        device=snakemake.resources.device,
        work=work,
    )
    provenance = {
        "predicted_by": analysis["model"],
        "windows": [[window.first, window.last] for window in windows],
    }
    write_rows(snakemake.output.predictions, rows, "decoder", subject, provenance)
