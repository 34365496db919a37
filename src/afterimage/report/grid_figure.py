"""Pictures that were seen, above what was reconstructed from the brain and from nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from afterimage.contracts.errors import DataError
from afterimage.contracts.images import ImageFile
from afterimage.contracts.transductive import WORD, how_transductive
from afterimage.report.grid_choice import KEY, choose_columns, rule_text, scores_of
from afterimage.report.style import INK, QUIET, RULE, WIDTH, house_style, save_figure
from afterimage.report.words import metric_label, number

LETTERS_PER_INCH = 21  # of the note below the pictures
CELL_INCHES = 0.92
GAP = 0.07
GROUP_GAP = 0.42
LINE = 0.2
LABEL_CELLS = 1.75
HEAD = 0.55
FOOT = 0.35


@dataclass(frozen=True)
class GridRow:
    """One generator's pictures of a subject.

    Attributes
    ----------
    label : str
        Such as "ridge → linear". Further lines may follow a line break.
    pictures : ImageFile
        Keys fold, stimulus_id, trial_id.
    items : DataFrame
        Columns fold, stimulus_id, trial_id, metric, space, score.
    """

    label: str
    pictures: ImageFile
    items: pd.DataFrame


def grid_rows(
    rows: Sequence[Mapping[str, str]], pictures: Sequence[str], items: pd.DataFrame
) -> list[GridRow]:
    """Put each generator's pictures and scores together.

    Parameters
    ----------
    rows : sequence of mapping
        Keys model and generator, in the order of the grid.
    pictures : sequence of str
        Path of the reconstructions of each row.
    items : DataFrame
        In the columns of ITEMS: the scores of all of them.
    """
    return [
        GridRow(
            _label(row, drawn),
            drawn,
            items[(items["model"] == row["model"]) & (items["generator"] == row["generator"])],
        )
        for row, drawn in zip(rows, map(ImageFile, pictures), strict=True)
    ]


def _label(row: Mapping[str, str], drawn: ImageFile) -> str:
    """Name a generator's pictures, and say if they are transductive."""
    label = f"{row['model']} →\n{row['generator']}"
    return f"{label}\n({WORD})" if how_transductive(drawn.provenance) else label


@house_style()
def draw_grid(
    rows: Sequence[GridRow],
    seen: ImageFile,
    *,
    metric: str,
    space: str,
    columns: int,
    png_path: Path | str,
    pdf_path: Path | str,
) -> None:
    """Draw one subject's grid: a row of seen pictures, then one row per generator.

    Parameters
    ----------
    rows : sequence of GridRow
        The first one ranks the columns; the mean picture (the prior alone) belongs last.
    seen : ImageFile
        The stimuli; key stimulus_id.
    metric, space : str
        Score that ranks, and that is printed below each reconstruction.
    columns : int
        Room for pictures; see :func:`choose_columns`.
    png_path, pdf_path : Path or str

    Raises
    ------
    DataError
        If a reconstruction or a stimulus of the chosen columns is missing.
    """
    chosen = choose_columns(rows[0].items, metric, space, columns)
    name = " ".join(rows[0].label.split())
    rule = rule_text(rows[0].items, metric, space, columns, name)
    lefts = _lefts(chosen["rank"].tolist())
    pitch = 1 + GAP + LINE
    width = lefts[-1] + 1.05 if lefts else 1.0
    height = HEAD + 1 + GAP * 2 + len(rows) * pitch + FOOT
    inches = min(CELL_INCHES, WIDTH / (width + LABEL_CELLS))
    figure = Figure(figsize=((width + LABEL_CELLS) * inches, height * inches))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(-LABEL_CELLS, width)
    axes.set_ylim(height, 0)
    axes.set_axis_off()

    _draw_ranks(axes, chosen["rank"].tolist(), lefts)
    _draw_label(axes, "seen", HEAD)
    stimuli = seen.rows(stimulus_id=chosen["stimulus_id"].tolist())
    for left, row in zip(lefts, stimuli, strict=True):
        _draw_picture(axes, seen.image(row), left, HEAD)
    for index, row in enumerate(rows):
        top = HEAD + 1 + 2 * GAP + index * pitch
        _draw_label(axes, row.label, top)
        scores = _scores(row.items, chosen, metric, space)
        for left, picture, score in zip(lefts, _found(row, chosen), scores, strict=True):
            _draw_picture(axes, row.pictures.image(picture), left, top)
            axes.text(
                left + 0.5, top + 1.02, number(score, 2), ha="center", va="top",
                fontsize=6.5, color=QUIET,
            )  # fmt: skip
    note = f"{rule} Below each picture: its {metric_label(metric).lower()}."
    note = fill(note, max(40, int((width + LABEL_CELLS) * inches * LETTERS_PER_INCH)))
    axes.text(-LABEL_CELLS + 0.1, height - 0.1, note, va="bottom", fontsize=6.5, color=QUIET)
    save_figure(figure, png_path, pdf_path)


def _lefts(ranks: Sequence[str]) -> list[float]:
    """Return the left edge of each column: a wider gap where the rank changes."""
    lefts: list[float] = []
    for index, rank in enumerate(ranks):
        gap = GROUP_GAP if index and rank != ranks[index - 1] else GAP
        lefts.append(0.0 if not lefts else lefts[-1] + 1 + gap)
    return lefts


def _draw_ranks(axes: Axes, ranks: Sequence[str], lefts: Sequence[float]) -> None:
    for rank in dict.fromkeys(ranks):
        mine = [left for left, other in zip(lefts, ranks, strict=True) if other == rank]
        axes.text((mine[0] + mine[-1] + 1) / 2, 0.24, rank, ha="center", va="center", weight="bold")
        axes.plot([mine[0], mine[-1] + 1], [0.43, 0.43], color=RULE, linewidth=1.2)


def _draw_label(axes: Axes, label: str, top: float) -> None:
    axes.text(-0.14, top + 0.5, label, ha="right", va="center", fontsize=8, color=INK)


def _draw_picture(axes: Axes, image: np.ndarray, left: float, top: float) -> None:
    """Show a picture in its cell, pixels kept as squares, the longer side filling the cell."""
    height, width = image.shape[:2]
    longest = max(height, width)
    right, bottom = left + width / longest, top + height / longest
    x, y = (left + 1 - right) / 2, (top + 1 - bottom) / 2
    extent = (left + x, right + x, bottom + y, top + y)
    limits = (axes.get_xlim(), axes.get_ylim())
    axes.imshow(image, extent=extent, interpolation="nearest", aspect="auto")
    axes.set_xlim(limits[0])
    axes.set_ylim(limits[1])


def _found(row: GridRow, chosen: pd.DataFrame) -> list[int]:
    """Return the row numbers of the chosen reconstructions."""
    index = pd.MultiIndex.from_frame(row.pictures.keys[KEY])
    found = index.get_indexer(pd.MultiIndex.from_frame(chosen[KEY]))
    if (found < 0).any():
        absent = chosen.loc[found < 0, "stimulus_id"].tolist()[:5]
        raise DataError(
            f"{row.pictures.path}: no reconstruction of the stimuli {absent}.",
            "Its scores belong to another run: delete the file and run snakemake again.",
        )
    return [int(number) for number in found]


def _scores(items: pd.DataFrame, chosen: pd.DataFrame, metric: str, space: str) -> list[float]:
    mine = scores_of(items, metric, space)
    return chosen[KEY].merge(mine, on=KEY, how="left")["score"].tolist()
