"""One look for all figures, and files that do not change when drawn again."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from afterimage.contracts.files import written
from afterimage.report.resolution import DPI

# Inches: the widest a figure may be beside the text of the page.
WIDTH = 10.0
INK = "#1f2430"
QUIET = "#6b7280"
RULE = "#d5d9e0"
SHADE = "#f4f5f8"
# Colours of Okabe & Ito (2008), told apart with any colour vision; yellow is left out on white.
COLOURS = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#56b4e9",
    "#e69f00",
    "#7a5195",
    "#1f2430",
)

LOOK: Any = {
    "axes.axisbelow": True,
    "axes.edgecolor": QUIET,
    "axes.grid": False,
    "axes.labelcolor": INK,
    "axes.labelsize": 8.5,
    "axes.linewidth": 0.7,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "figure.facecolor": "white",
    "font.family": "DejaVu Sans",
    "font.size": 8.5,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "pdf.fonttype": 42,
    "ps.fonttype": 42,
    "svg.hashsalt": "afterimage",
    "text.color": INK,
    "xtick.color": QUIET,
    "xtick.labelcolor": INK,
    "xtick.labelsize": 8,
    "ytick.color": QUIET,
    "ytick.labelcolor": INK,
    "ytick.labelsize": 8,
}


@contextmanager
def house_style() -> Iterator[None]:
    """Draw in the look of the report, whatever a user's matplotlibrc says."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(LOOK)
        yield


def save_figure(figure: Figure, png_path: Path | str, pdf_path: Path | str) -> None:
    """Write a figure as PNG and PDF, whole or not at all, without times or versions.

    Parameters
    ----------
    figure : Figure
        Drawn in :func:`house_style`, and saved in it.
    png_path, pdf_path : Path or str
    """
    # Matplotlib takes the date of a PDF from here; no artifact may hold the time of its making.
    os.environ["SOURCE_DATE_EPOCH"] = "0"
    # The layout is found once; PNG and PDF would each find it again.
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    with written(png_path) as temporary:
        figure.savefig(temporary, format="png", dpi=DPI, metadata={"Software": None})
    with written(pdf_path) as temporary:
        figure.savefig(
            temporary,
            format="pdf",
            dpi=DPI,
            metadata={"CreationDate": None, "Creator": "Afterimage", "Producer": None},
        )


def save_saying(text: str, png_path: Path | str, pdf_path: Path | str) -> None:
    """Write a figure that only says why there is nothing to draw."""
    figure = Figure(figsize=(WIDTH, 1.0))
    say(figure.subplots(), text)
    save_figure(figure, png_path, pdf_path)


def panels_of(figure: Figure, count: int, columns: int, *, sharey: bool = False) -> list[Axes]:
    """Divide a figure into ``count`` panels, row by row; what is left of the last row is empty."""
    lines = -(-count // columns)
    panels = figure.subplots(lines, columns, sharey=sharey, squeeze=False).ravel()
    for panel in panels[count:]:
        panel.set_axis_off()
    return list(panels[:count])


def colour_of(subject: str, subjects: Sequence[str]) -> str:
    """Return the colour of a subject, the same in every figure of a report."""
    return COLOURS[sorted(set(subjects)).index(subject) % len(COLOURS)]


def say(axes: Axes, text: str) -> None:
    """Fill an empty panel with a line that says why it is empty."""
    axes.set_axis_off()
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color=QUIET)
