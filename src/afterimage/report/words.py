"""Words and numbers as the report prints them."""

import math

DASH = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"
TIMES = "\N{MULTIPLICATION SIGN}"
MISSING = DASH
CEILING_UNKNOWN = "The noise ceiling is not known:\nno stimulus was repeated."

METRIC_LABELS = {
    "accuracy": "Accuracy",
    "auc": "Area under the ROC curve",
    "best_linear_r": "Best linear decoder, R",
    "ceiling_correlation": "Ceilings, estimated vs true (r)",
    "closed_form_excess": "Largest excess over R",
    "closed_form_fraction": "Fraction of R",
    "closed_form_gap": "Gap, closed form",
    "closed_form_r": "Fitted decoder, closed form r",
    "encoding_median_r": "Encoding correlation, median",
    "encoding_normalised_r": "Encoding r / ceiling",
    "encoding_normalised_r2": "Encoding R² / ceiling",
    "encoding_r": "Encoding correlation",
    "encoding_r2": "Encoding R²",
    "encoding_significant": "Significant channels",
    "gap_consistent": "Gaps agree",
    "measured_gap": "Gap, measured",
    "pixel_correlation": "Pixel correlation",
    "ssim": "SSIM",
    "top1": "Top-1 retrieval",
    "top5": "Top-5 retrieval",
    "two_way": "Two-way identification",
    "two_way_raw": "Two-way, not centred",
    "two_way_within_category": "Two-way within category",
}
SHORT_LABELS = {
    "auc": "AUC",
    "two_way": "Two-way",
    "two_way_within_category": "Two-way in category",
}
# Rows of the metrics table that compare with the truth of a simulation: statements about the
# estimators, not scores of a decoder.
TRUTH_METRICS = (
    "best_linear_r",
    "closed_form_excess",
    "gap_consistent",
    "closed_form_r",
    "closed_form_fraction",
    "closed_form_gap",
    "measured_gap",
    "ceiling_correlation",
)


def metric_label(metric: str) -> str:
    """Return the printed name of a metric."""
    return METRIC_LABELS.get(metric, metric.replace("_", " ").capitalize())


def number(value: float | None, decimals: int = 3) -> str:
    """Return a number with a fixed count of decimals and a true minus sign."""
    if value is None or math.isnan(value):
        return MISSING
    text = f"{value:.{decimals}f}"
    if float(text) == 0:
        text = text.lstrip("-")
    return text.replace("-", MINUS)


def interval(low: float | None, high: float | None) -> str:
    """Return an interval in brackets, or a dash where there is none."""
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return MISSING
    return f"[{number(low)}, {number(high)}]"


def p_value(value: float | None) -> str:
    """Return a p-value: three decimals, or below which power of ten it lies."""
    if value is None or math.isnan(value):
        return MISSING
    return "< 0.001" if value < 0.001 else number(value)


def count(value: int) -> str:
    """Return a whole number with separators of thousands."""
    return f"{value:,}"


def plural(value: int, word: str) -> str:
    """Return a counted noun, such as "3 subjects"."""
    return f"{count(value)} {word}" if value == 1 else f"{count(value)} {word}s"


def listing(names: list[str]) -> str:
    """Return names as in a sentence: "a, b and c"."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
