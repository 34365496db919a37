"""Draw one subject's pictures: seen, and reconstructed by each generator."""

from afterimage.contracts.images import ImageFile
from afterimage.contracts.jobs import job
from afterimage.contracts.tables import read_table
from afterimage.evaluate.items import ITEMS
from afterimage.report.grid_figure import GridRow, draw_grid

with job(snakemake):
    files = zip(snakemake.input.pictures, snakemake.input.per_item, strict=True)
    rows = [
        GridRow(f"{model} →\n{generator}", ImageFile(pictures), read_table(items, ITEMS))
        for (model, _, generator), (pictures, items) in zip(
            snakemake.params.rows, files, strict=True
        )
    ]
    draw_grid(
        rows,
        ImageFile(snakemake.input.seen),
        metric=snakemake.params.report["rank_by"],
        space=snakemake.params.space,
        columns=snakemake.params.report["grid_columns"],
        png_path=snakemake.output.png,
        pdf_path=snakemake.output.pdf,
    )
