"""Draw estimated noise ceilings, beside the true ones where they are known."""

from afterimage.contracts.jobs import job
from afterimage.contracts.tables import read_table
from afterimage.contracts.truth import load_truth
from afterimage.evaluate.ceilings import CEILINGS
from afterimage.report.ceilings_figure import draw_ceilings

with job(snakemake):
    subjects = snakemake.params.subjects
    tables = [read_table(path, CEILINGS) for path in snakemake.input.ceilings]
    truths = [load_truth(path)["ncsnr_shared"] for path in snakemake.input.truth]
    draw_ceilings(
        dict(zip(subjects, tables, strict=True)),
        dict(zip(subjects, truths, strict=False)),
        snakemake.output.png,
        snakemake.output.pdf,
    )
