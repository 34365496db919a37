"""Titles and captions of the figures of a report."""

import pandas as pd

from afterimage.contracts.geometry import Geometry
from afterimage.report.content import ReportFigure
from afterimage.report.map_kind import is_oblique, map_kind
from afterimage.report.rows import any_transductive, encoding_rows, feature_rows, picture_rows
from afterimage.report.words import count

TITLES = {
    "grid": "Seen and reconstructed",
    "picture_scores": "Scores of reconstructed pictures",
    "feature_scores": "Scores of decoded features",
    "encoding_scores": "Scores of predicted responses",
    "encoding": "Predicted responses",
    "best_target": "Best target",
    "regions": "Regions",
    "ceilings": "Noise ceilings",
    "learning_curve": "Learning curve",
    "time_resolved": "Decoding over time",
    "evoked": "Sensors",
}
MARKS = (
    "Dot: score of a subject, with its 95% bootstrap interval over stimuli. Thin grey line: "
    "chance. Open diamond: mean of the null refits. Thick dark line: ceiling, where one is known."
)
AGAINST_CEILING = (
    "Right: each channel against its noise ceiling; on the dashed line nothing is left to explain. "
    "Ceilings are estimates, so that points can lie above the line."
)
CAPTIONS = {
    "grid": "Top row: the picture that was seen. Below it, what each generator made of the decoded "
    "brain response. A row of the mean model is the prior alone: what the generator makes "
    "without a brain. The rule that chose the columns stands in the figure.",
    "picture_scores": MARKS,
    "feature_scores": MARKS,
    "encoding_scores": MARKS,
    "best_target": "From which target each channel is predicted best. The choice is made by the "
    "cross-validated R2 within training trials, fold by fold; a channel (and time) is coloured if "
    "the held-out correlation of that choice is significant. Numbers of channels stand behind the "
    "bars. A target wins a channel by however little: whether one is better in a region, the table "
    "of differences says.",
    "regions": "Mean over the channels of a region, with 95% bootstrap interval over stimuli. "
    "Grey lines: the mean noise ceiling of the same channels, where it was estimated. "
    "r / ceiling: mean of each channel's correlation over its ceiling, of channels with a ceiling. "
    "n/a: the subject has no scored channel in that region. More than six encoders and scores are "
    "a matrix of means over subjects; the table has each subject's, with intervals.",
    "ceilings": "How much of each channel's response to repeated stimuli is signal. For simulated "
    "data the estimated signal-to-noise ratio is drawn against the true one. Over time: the median "
    "over channels, and shaded what the best tenth of them passes.",
    "time_resolved": "Score of a decoder that is fitted and tested in each window of time. "
    "Coloured band: 95% bootstrap interval over stimuli. Grey band: 95% of random pairings, window "
    "by window. Squares: windows above the maximum that random pairings reach over all windows in "
    "95 of 100 cases. A square matrix: fitted in one window (row), tested in another (column).",
    "evoked": "Above: mean response over all trials, as root mean square over the sensors of each "
    "region (their number in brackets). Below: signal sd over noise sd of single trials, from "
    "repetitions of stimuli, where sensors lie on the head.",
    "learning_curve": "Score of the fitted linear decoder, computed in closed form from the known "
    "second moments of the simulated brain and thus free of sampling noise of the test, "
    "for growing numbers of training trials. Dashed: the best linear decoder there can be.",
}
# The scores that a figure shows.
SHOWN = {
    "grid": picture_rows,
    "picture_scores": picture_rows,
    "feature_scores": feature_rows,
    "encoding_scores": encoding_rows,
    "regions": encoding_rows,
    "encoding": encoding_rows,
    "best_target": encoding_rows,
}
TRANSDUCTIVE = (
    "Transductive: what bears this word was made with the help of the whole test set, and "
    "compares with results that were made so only."
)
MAPS = (
    "Left: correlation of predicted and measured responses on held-out stimuli and, below it where "
    "it was estimated, the noise ceiling in the same unit, with one colour scale; negative "
    "correlations are drawn as zero."
)
COURSE = (
    "Above: correlation of predicted and measured responses over held-out stimuli, time by time; "
    "the best channel is another one at each time. In the middle: the share of channels that are "
    "significant, the false discovery rate being that of all channels and times together. Below: "
    "where on the head, evenly spaced in time and at the best time; negative correlations have the "
    "colour of zero."
)
HISTOGRAM = "Left: how the correlations of predicted and measured responses are distributed."
# One of these stands in the figure itself and in its caption.
SLICES = "Slices across z of a grid through the coordinates; grey: voxels without a value."
SURFACES = "Views of the inflated fsaverage5 surface; grey: vertices without a value."
UNPLACED = "Histogram of the correlations: channels have no coordinates, so there is no map."


def drawn(geometry: Geometry | None, coordinates: bool) -> str:
    """Say what an encoding figure draws.

    Parameters
    ----------
    geometry : Geometry or None
        Of the recording.
    coordinates : bool
        Whether channels have coordinates.
    """
    kind = map_kind(geometry, coordinates)
    if kind == "views":
        return SURFACES
    if geometry is not None and kind == "no mesh":
        return _no_mesh(geometry)
    if kind == "no places":
        return UNPLACED
    return SLICES if geometry is None else _slices(geometry)


def _slices(geometry: Geometry) -> str:
    turned = ", turned upright to the nearest voxel" if is_oblique(geometry) else ""
    return (
        f"Axial slices of the volume ({geometry.space}){turned}; left (L), right (R) and z by its "
        "affine; grey: voxels without a value."
    )


def _no_mesh(geometry: Geometry) -> str:
    left, right = map(count, geometry.shape)
    return (
        f"Histogram of the correlations: no mesh is at hand of {geometry.space} with "
        f"{left} + {right} vertices, so there is no map."
    )


def figure_title(figure: ReportFigure) -> str:
    """Return the printed title of a figure: what it shows, and of whom."""
    flow = f"{figure.target} → {figure.model}" if figure.model and figure.target else figure.model
    parts = [TITLES[figure.kind], figure.subject, flow]
    return " · ".join(part for part in parts if part)


def transductive_note(figure: ReportFigure, metrics: pd.DataFrame) -> list[str]:
    """Return a sentence for the caption of a figure that shows transductive scores, or none.

    Parameters
    ----------
    figure : ReportFigure
    metrics : DataFrame
        In the columns of METRICS, of the whole experiment.
    """
    shown = SHOWN.get(figure.kind)
    if shown is None:
        return []
    rows = shown(metrics)
    for column in ("subject", "model", "target"):
        if wanted := getattr(figure, column):
            rows = rows[rows[column] == wanted]
    return [TRANSDUCTIVE] if any_transductive(rows) else []


def figure_caption(
    figure: ReportFigure, geometry: Geometry | None, coordinates: bool, timed: bool = False
) -> str:
    """Return the caption of a figure.

    Parameters
    ----------
    figure : ReportFigure
    geometry : Geometry or None
        Of its subject's recording.
    coordinates : bool
        Whether that subject's channels have coordinates.
    timed : bool
        Whether its responses have a time axis.
    """
    if figure.kind != "encoding":
        return CAPTIONS[figure.kind]
    if timed:
        return COURSE
    has_map = map_kind(geometry, coordinates) in ("views", "slices")
    return " ".join([MAPS if has_map else HISTOGRAM, drawn(geometry, coordinates), AGAINST_CEILING])
