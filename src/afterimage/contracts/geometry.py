"""Where channels lie in the files that they came from, so that results can go back there."""

from dataclasses import asdict, dataclass
from typing import Any, Literal, Self


@dataclass(frozen=True)
class Geometry:
    """The grid that the ``index`` of the channels table points into.

    Attributes
    ----------
    kind : str
        "volume" (index in C order of X x Y x Z) or "surface" (vertex number, the right
        hemisphere's after the left one's).
    shape : tuple of int
        (X, Y, Z) of a volume; vertices of the left and right hemisphere of a surface.
    space : str
        The name that the data set gives it: "func1pt8mm", "fsaverage".
    affine : tuple of tuple of float, optional
        From voxel numbers to mm, 4 x 4; of volumes only.
    codes : tuple of int
        NIfTI's sform and qform codes of the source (1: scanner, 2: aligned, 4: MNI).
    """

    kind: Literal["volume", "surface"]
    shape: tuple[int, ...]
    space: str
    affine: tuple[tuple[float, ...], ...] | None = None
    codes: tuple[int, int] = (1, 1)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for a card."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Rebuild it from a card."""
        affine = values["affine"]
        return cls(
            values["kind"],
            tuple(values["shape"]),
            values["space"],
            None if affine is None else tuple(tuple(map(float, row)) for row in affine),
            (int(values["codes"][0]), int(values["codes"][1])),
        )
