"""How close test pictures come to training pictures in feature space, in lines and a sentence."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from afterimage.evaluate.neighbours import EXACT_COPY
from afterimage.report.rows import records
from afterimage.report.words import MISSING, count, listing, number

# Of the reference: a test picture that is nearer than this is all but a training picture.
CLOSE = 0.1
HEAD = (
    "Space",
    "Test pictures",
    "Median distance",
    "Reference",
    "Ratio",
    "Closest test picture, its training picture",
    "Below a tenth of the reference",
    "Exact copies",
    "Without distance",
)


@dataclass(frozen=True)
class Closeness:
    """What the nearest training pictures in one feature space come to, all folds together.

    Attributes
    ----------
    space : str
    n : int
        Test pictures, counted once in each fold that tests them.
    median : float
        Distance (1 - r) from a test picture to its nearest training picture; NaN if unknown.
    reference : float
        The same between training pictures: median over folds of each fold's median.
    closest : tuple of (str, str, float) or None
        The test picture that comes closest, its training picture, and their distance.
    close, copies, unknown : int
        Test pictures below a tenth of their fold's reference, at distance zero up to rounding,
        and without a distance because their features do not vary.
    """

    space: str
    n: int
    median: float
    reference: float
    closest: tuple[str, str, float] | None
    close: int
    copies: int
    unknown: int

    @property
    def ratio(self) -> float:
        """Median over reference; NaN if either is not known, or the reference is zero."""
        return self.median / self.reference if self.reference > 0 else float("nan")


def closeness(neighbours: pd.DataFrame) -> list[Closeness]:
    """Summarise each feature space.

    Parameters
    ----------
    neighbours : DataFrame
        In the columns of NEIGHBOURS.
    """
    return [_summary(str(space), rows) for space, rows in neighbours.groupby("space", sort=False)]


def _summary(space: str, rows: pd.DataFrame) -> Closeness:
    known = rows[rows["distance"].notna()]
    closest = None
    if len(known):
        first = records(known.nsmallest(1, "distance"))[0]
        closest = (first["stimulus_id"], first["nearest_id"], float(first["distance"]))
    return Closeness(
        space,
        n=len(rows),
        median=float(known["distance"].median()),
        reference=float(rows.drop_duplicates("fold")["reference"].median()),
        closest=closest,
        close=int((known["distance"] < CLOSE * known["reference"]).sum()),
        copies=int((known["distance"] < EXACT_COPY).sum()),
        unknown=len(rows) - len(known),
    )


def neighbour_lines(spaces: Sequence[Closeness]) -> list[list[str]]:
    """Return one printed line per feature space, under HEAD."""
    return [
        [
            of.space,
            count(of.n),
            _distance(of.median),
            _distance(of.reference),
            number(of.ratio, 2),
            _pair(of.closest),
            count(of.close),
            count(of.copies),
            count(of.unknown),
        ]
        for of in spaces
    ]


def neighbour_sentence(spaces: Sequence[Closeness]) -> str:
    """Say in one sentence how close test pictures come to training pictures."""
    if not spaces:
        return "Not known: pictures are compared in no feature space."
    ratios = listing([f"{number(of.ratio, 2)} in {of.space}" for of in spaces])
    close = listing([f"{count(of.close)} in {of.space}" for of in spaces])
    copies = listing([f"{count(of.copies)} in {of.space}" for of in spaces if of.copies])
    return (
        "Median distance from a test picture to the nearest training picture, in units of that "
        f"between training pictures: {ratios}. Closer than a tenth of that unit: {close}. "
        f"Exact copies: {copies or 'none'}."
    )


def _pair(closest: tuple[str, str, float] | None) -> str:
    if closest is None:
        return MISSING
    tested, known, distance = closest
    return f"{tested}, {known} ({_distance(distance)})"


def _distance(value: float) -> str:
    """Return a distance with three decimals, or with two digits where that would be too few."""
    return f"{value:.2g}" if value < 0.01 else number(value)
