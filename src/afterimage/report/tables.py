"""The tables of a report as files: CSV for machines, LaTeX for papers."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from afterimage.contracts.files import write_text
from afterimage.report.cells import printed_table
from afterimage.report.headline import headline_rows
from afterimage.report.words import DASH, MINUS

LATEX_SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"$<$",
    ">": r"$>$",
    MINUS: r"$-$",
    DASH: "--",
    "²": r"$^2$",
}
LATEX_COLUMNS = (
    "subject", "model", "generator", "target", "metric",
    "value", "interval", "chance", "null_mean", "prior", "p_value", "ceiling", "n",
)  # fmt: skip


def write_full_table(metrics: pd.DataFrame, csv_path: Path | str) -> None:
    """Write every row and column of the metrics table as CSV."""
    write_text(csv_path, metrics.to_csv(index=False, lineterminator="\n", float_format="%.6g"))


def write_headline_tables(
    metrics: pd.DataFrame,
    baselines: Sequence[str],
    priors: Sequence[str],
    csv_path: Path | str,
    tex_path: Path | str,
) -> None:
    """Write the headline scores, one per line, as CSV and as a LaTeX longtable (booktabs).

    Parameters
    ----------
    metrics : DataFrame
        In the columns of METRICS.
    baselines, priors : sequence of str
        See :func:`headline_rows`.
    csv_path, tex_path : Path or str
    """
    rows = headline_rows(metrics, baselines, priors)
    write_full_table(rows, csv_path)
    write_text(tex_path, _latex(rows))


def latex_escape(text: str) -> str:
    """Return text that LaTeX prints as it is."""
    return "".join(LATEX_SPECIAL.get(letter, letter) for letter in text)


def _latex(rows: pd.DataFrame) -> str:
    head, lines = printed_table(rows, LATEX_COLUMNS)
    return "\n".join(
        [
            r"% Needs \usepackage{booktabs,longtable}.",
            r"\begin{longtable}{lllll" + "r" * 8 + "}",
            r"\toprule",
            _latex_line(head),
            r"\midrule",
            r"\endhead",
            r"\bottomrule",
            r"\endfoot",
            *map(_latex_line, lines),
            r"\end{longtable}",
            "",
        ]
    )


def _latex_line(cells: Sequence[str]) -> str:
    return " & ".join(map(latex_escape, cells)) + r" \\"
