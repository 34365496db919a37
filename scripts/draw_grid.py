"""Draw one subject's pictures: seen, and reconstructed by each generator."""

from afterimage.contracts.images import ImageFile
from afterimage.contracts.jobs import job
from afterimage.contracts.tables import read_table
from afterimage.evaluate.items import ITEMS
from afterimage.report.grid_figure import draw_grid, grid_rows

with job(snakemake):
    params, files = snakemake.params, snakemake.input
    draw_grid(
        grid_rows(params.rows, files.pictures, read_table(files.per_item, ITEMS)),
        ImageFile(files.seen),
        metric=params.report["rank_by"],
        space=params.space,
        columns=params.report["grid_columns"],
        png_path=snakemake.output.png,
        pdf_path=snakemake.output.pdf,
    )
