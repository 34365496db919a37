"""Draw how well a decoder does over time."""

import pandas as pd

from afterimage.contracts.jobs import job
from afterimage.contracts.tables import read_table
from afterimage.contracts.time_resolved import TIME_RESOLVED
from afterimage.report.time_figure import draw_time_resolved

with job(snakemake):
    scores = pd.concat([read_table(path, TIME_RESOLVED) for path in snakemake.input.scores])
    draw_time_resolved(scores, snakemake.output.png, snakemake.output.pdf)
