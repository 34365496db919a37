"""What a report is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pandas as pd

FigureKind = Literal[
    "grid",
    "picture_scores",
    "feature_scores",
    "encoding_scores",
    "encoding",
    "best_target",
    "regions",
    "ceilings",
    "learning_curve",
    "time_resolved",
    "evoked",
]


@dataclass(frozen=True)
class ReportFigure:
    """A drawn figure.

    Attributes
    ----------
    kind : str
        Decides the section and the caption.
    png : Path or str
        Is embedded in the page.
    pdf : str
        Link to the same figure as PDF, relative to the page.
    subject, model, target : str
        Whose figure it is; empty if of all.
    """

    kind: FigureKind
    png: Path | str
    pdf: str
    subject: str = ""
    model: str = ""
    target: str = ""


@dataclass(frozen=True)
class ReportContent:
    """Everything the page states.

    Attributes
    ----------
    config : mapping
        The resolved experiment without what changes speed only (``Plan.result_parameters()``).
    simulated : bool
        Whether the data set is simulated.
    metrics : DataFrame
        In the columns of METRICS.
    recordings : mapping of subject to mapping
        Card of each recording: trials (int), channels (int), excluded (reason to count), notes
        (list of str), unit, dims, shape, geometry, times.
    coordinates : mapping of subject to bool
        Whether channels have coordinates.
    audit : mapping
        The content of audit.json.
    neighbours : DataFrame
        In the columns of NEIGHBOURS; without rows if pictures are compared in no feature space.
    time_resolved : DataFrame
        In the columns of TIME_RESOLVED; without rows if nothing was decoded over time.
    compared : DataFrame
        In the columns of COMPARED; without rows if no encoder has several targets.
    released : sequence of str
        How measured noise ceilings agree with released ones.
    figures : sequence of ReportFigure
    links : sequence of (label, relative path)
        Logs, benchmarks, configuration, tables.
    versions : mapping of str to str
        Package or program to version.
    """

    config: Mapping[str, Any]
    simulated: bool
    metrics: pd.DataFrame
    recordings: Mapping[str, Mapping[str, Any]]
    coordinates: Mapping[str, bool]
    audit: Mapping[str, Any]
    neighbours: pd.DataFrame
    time_resolved: pd.DataFrame
    compared: pd.DataFrame
    released: Sequence[str] = ()
    figures: Sequence[ReportFigure] = ()
    links: Sequence[tuple[str, str]] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
