"""Draw how a linear decoder approaches the best one."""

import pandas as pd

from afterimage.contracts.jobs import job
from afterimage.contracts.tables import read_table
from afterimage.evaluate.learning_curve import CURVE
from afterimage.report.curve_figure import draw_learning_curve

with job(snakemake):
    curves = pd.concat([read_table(path, CURVE) for path in snakemake.input.curves])
    draw_learning_curve(curves, snakemake.output.png, snakemake.output.pdf)
