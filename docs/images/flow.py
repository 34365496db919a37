"""Draw docs/images/flow.png: from raw recordings to the report."""

from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

BOXES = {
    "raw recording\n+ pictures": (0, 1.5, "#e8e8e8"),
    "ingest\ntrials, stimuli, responses": (1, 2.0, "#cfe3f5"),
    "features\n<extractor>.arrow": (1, 1.0, "#cfe3f5"),
    "split + audit\nsplits, audit.json": (2, 2.0, "#fde7c8"),
    "models\nfit, predict, null refits": (3, 1.5, "#fde7c8"),
    "generate\nreconstructions": (4, 2.0, "#fde7c8"),
    "evaluate\nmetrics.parquet": (4, 1.0, "#fde7c8"),
    "report\nreport.html, figures, tables": (5, 1.5, "#d8efd3"),
}
ARROWS = [(0, 1), (0, 2), (1, 3), (1, 4), (2, 4), (3, 4), (4, 5), (4, 6), (5, 6), (6, 7), (5, 7)]


def main() -> None:
    """Write the picture beside this file."""
    figure = Figure(figsize=(13, 3.6))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(-0.55, 5.6)
    axes.set_ylim(0.35, 2.75)
    axes.set_axis_off()
    places = list(BOXES.values())
    for start, stop in ARROWS:
        (x0, y0, _), (x1, y1, _) = places[start], places[stop]
        shift = 0.42 if x1 > x0 else 0.0
        fall = 0.26 if x1 == x0 else 0.0
        axes.annotate(
            "",
            (x1 - shift, y1 + fall),
            (x0 + shift, y0 - fall),
            arrowprops={"arrowstyle": "-|>", "color": "#555555", "lw": 1.3},
        )
    for label, (x, y, colour) in BOXES.items():
        box = FancyBboxPatch(
            (x - 0.4, y - 0.22), 0.8, 0.44, "round,pad=0.02", fc=colour, ec="#555555"
        )
        axes.add_patch(box)
        head, _, rest = label.partition("\n")
        axes.text(x, y + 0.07, head, ha="center", va="center", weight="bold", fontsize=11)
        axes.text(x, y - 0.1, rest, ha="center", va="center", fontsize=8)
    axes.text(1, 2.5, "once per data set", ha="center", color="#3b6ea5", fontsize=10)
    axes.text(3.5, 2.5, "once per experiment", ha="center", color="#b06f10", fontsize=10)
    figure.savefig(Path(__file__).with_suffix(".png"), dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    main()
