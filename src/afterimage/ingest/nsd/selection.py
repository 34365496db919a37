"""What the entries of ``voxels`` mean: the brain, an atlas or one of its labels, maybe one side."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from afterimage.ingest.nsd.layout import HEMISPHERES, Hemisphere

BRAIN = "brain"


@dataclass(frozen=True)
class Choice:
    """One entry of ``voxels``.

    Attributes
    ----------
    side : str or None
        "lh" or "rh", if one hemisphere is meant.
    atlas : str
        Name of an atlas, or "brain".
    label : str or None
        Name or number of one of the atlas's labels; all above 0 are meant without it.
    """

    side: Hemisphere | None
    atlas: str
    label: str | None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an entry such as "nsdgeneral", "streams:early" or "lh.floc-faces:FFA-1"."""
        atlas, _, label = text.partition(":")
        for side in HEMISPHERES:
            if atlas.startswith(f"{side}."):
                return cls(side, atlas.removeprefix(f"{side}."), label or None)
        return cls(None, atlas, label or None)

    @property
    def is_brain(self) -> bool:
        """Return whether everything is meant."""
        return self.atlas == BRAIN

    @property
    def text(self) -> str:
        """Return the entry as it is written in a configuration."""
        side = f"{self.side}." if self.side else ""
        return f"{side}{self.atlas}" + (f":{self.label}" if self.label else "")


def sides_of(voxels: Iterable[str]) -> tuple[Hemisphere, ...]:
    """Return the hemispheres that some entry can lie in, left first."""
    sides = {Choice.parse(text).side for text in voxels}
    return tuple(side for side in HEMISPHERES if None in sides or side in sides)
