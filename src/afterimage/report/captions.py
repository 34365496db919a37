"""Titles and captions of the figures of a report."""

from afterimage.contracts.geometry import Geometry
from afterimage.report.content import ReportFigure
from afterimage.report.words import count

TITLES = {
    "grid": "Seen and reconstructed",
    "picture_scores": "Scores of reconstructed pictures",
    "feature_scores": "Scores of decoded features",
    "encoding_scores": "Scores of predicted responses",
    "encoding": "Predicted responses",
    "regions": "Regions",
    "ceilings": "Noise ceilings",
    "learning_curve": "Learning curve",
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
    "encoding": "Left: correlation of predicted and measured responses on held-out stimuli (top) "
    "and the noise ceiling in the same unit (below), with one colour scale; negative correlations "
    "are drawn as zero. The line below says what is drawn: slices of a volume, views of the "
    "fsaverage5 surface, or, where there is no mesh, a histogram of the correlations. "
    + AGAINST_CEILING,
    "regions": "Mean over the channels of a region, with 95% bootstrap interval over stimuli. "
    "Grey lines: the mean noise ceiling of the same channels, where it was estimated. "
    "n/a: the subject has no scored channel in that region.",
    "ceilings": "How much of each channel's response to repeated stimuli is signal. For simulated "
    "data the estimated signal-to-noise ratio is drawn against the true one.",
    "learning_curve": "Score of the fitted linear decoder, computed in closed form from the known "
    "second moments of the simulated brain and thus free of sampling noise of the test, "
    "for growing numbers of training trials. Dashed: the best linear decoder there can be.",
}
NO_MAP_CAPTION = (
    "Left: how the correlations of predicted and measured responses are distributed over channels, "
    "whose places are not known; vertices of the average brain are drawn on its fsaverage5 surface "
    "instead. " + AGAINST_CEILING
)
# These stand in the figure itself, which knows what was drawn.
SLICES = "Slices of the volume, seen from above; grey: voxels without a value."
SURFACES = "Views of the inflated fsaverage5 surface; grey: vertices without a value."
UNPLACED = "Histogram of the correlations: channels have no coordinates, so there is no map."


def no_mesh(geometry: Geometry) -> str:
    """Say why vertices of a surface are not drawn on it."""
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


def figure_caption(figure: ReportFigure, coordinates: bool) -> str:
    """Return the caption of a figure."""
    if figure.kind == "encoding" and not coordinates:
        return NO_MAP_CAPTION
    return CAPTIONS[figure.kind]
