"""The headline scores of the report, as DVC reads metrics and plots."""

import csv
import io
import json
from pathlib import Path
from typing import Any

from afterimage.contracts.errors import DataError
from afterimage.contracts.files import write_text

NAMED = ("subject", "roi", "model", "target", "generator", "metric")
EVERYWHERE = "all"


def write_scores(headline: Path, metrics: Path, plots: Path) -> None:
    """Write the headline table as nested JSON and as a table with one name per score.

    Parameters
    ----------
    headline : Path
        The CSV file of the report's headline scores.
    metrics : Path
        JSON: {subject: {model: {target: {metric: value}}}}, with the generator and the region of
        interest where there is one. Scores that are not defined are left out.
    plots : Path
        CSV: score (the same names in one column), value.

    Raises
    ------
    DataError
        If two rows have the same name.
    """
    nested: dict[str, Any] = {}
    rows = io.StringIO()
    table = csv.writer(rows, lineterminator="\n")
    table.writerow(["score", "value"])
    with headline.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            if not row["value"]:
                continue
            *places, metric = _name_of(row)
            place = nested
            for part in places:
                place = place.setdefault(part, {})
            if metric in place:
                raise DataError(
                    f"{headline}: two rows are called {' '.join([*places, metric])}.",
                    "This is a bug in Afterimage; please report it with the file.",
                )
            place[metric] = float(row["value"])
            table.writerow([" ".join([*places, metric]), row["value"]])
    write_text(metrics, json.dumps(nested, indent=1, sort_keys=True) + "\n")
    write_text(plots, rows.getvalue())


def _name_of(row: dict[str, str]) -> list[str]:
    return [row[key] for key in NAMED if row[key] and (key, row[key]) != ("roi", EVERYWHERE)]
