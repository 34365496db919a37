"""Draw one subject's pictures: seen, and reconstructed by each generator."""

from afterimage.contracts.images import ImageFile
from afterimage.contracts.jobs import job
from afterimage.contracts.tables import read_table
from afterimage.evaluate.items import ITEMS
from afterimage.report.grid_figure import GridRow, draw_grid

with job(snakemake):
    params = snakemake.params
    items = read_table(snakemake.input.per_item, ITEMS)
    rows = [
        GridRow(
            f"{row['model']} →\n{row['generator']}",
            ImageFile(pictures),
            items[(items["model"] == row["model"]) & (items["generator"] == row["generator"])],
        )
        for row, pictures in zip(params.rows, snakemake.input.pictures, strict=True)
    ]
    draw_grid(
        rows,
        ImageFile(snakemake.input.seen),
        metric=params.report["rank_by"],
        space=params.space,
        columns=params.report["grid_columns"],
        png_path=snakemake.output.png,
        pdf_path=snakemake.output.pdf,
    )
