"""Draw estimated noise ceilings, beside the true ones where they are known."""

from afterimage.contracts.jobs import job
from afterimage.contracts.modelfiles import load_card
from afterimage.contracts.tables import read_table
from afterimage.contracts.truth import true_ncsnr
from afterimage.evaluate.ceilings import CEILINGS
from afterimage.report.ceilings_figure import draw_ceilings

with job(snakemake):
    subjects = snakemake.params.subjects
    tables = [read_table(path, CEILINGS) for path in snakemake.input.ceilings]
    times = [load_card(path)["times"] for path in snakemake.input.cards]
    truths = list(map(true_ncsnr, snakemake.input.truth, times))
    draw_ceilings(
        dict(zip(subjects, tables, strict=True)),
        {s: truth for s, truth in zip(subjects, truths, strict=False) if truth is not None},
        {s: own for s, own in zip(subjects, times, strict=True) if own is not None},
        snakemake.output.png,
        snakemake.output.pdf,
    )
