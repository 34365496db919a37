"""Titles and captions of the figures of a report."""

from afterimage.report.content import ReportFigure

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
CAPTIONS = {
    "grid": "Top row: the picture that was seen. Below it, what each generator made of the decoded "
    "brain response. A row of the mean model is the prior alone: what the generator makes "
    "without a brain. The rule that chose the columns stands in the figure.",
    "picture_scores": MARKS,
    "feature_scores": MARKS,
    "encoding_scores": MARKS,
    "encoding": "Slices: correlation of predicted and measured responses on held-out stimuli "
    "(top) and the noise ceiling in the same unit (below), with one colour scale; negative "
    "correlations are drawn as zero, grey voxels have no value. Right: each channel against its "
    "ceiling; on the dashed line nothing is left to explain.",
    "regions": "Mean over the channels of a region, with 95% bootstrap interval over stimuli. "
    "Grey lines: the mean noise ceiling of the same channels, where it was estimated.",
    "ceilings": "How much of each channel's response to repeated stimuli is signal. For simulated "
    "data the estimated signal-to-noise ratio is drawn against the true one.",
    "learning_curve": "Score of the fitted linear decoder, computed in closed form from the known "
    "second moments of the simulated brain and thus free of sampling noise of the test, "
    "for growing numbers of training trials. Dashed: the best linear decoder there can be.",
}
NO_MAP_CAPTION = (
    "Left: how the correlations of predicted and measured responses are distributed over channels. "
    "Right: each channel against its noise ceiling; on the dashed line nothing is left to explain."
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
