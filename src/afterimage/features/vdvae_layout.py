"""The sizes of a very deep VAE, in the notation of its published code."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """One block of a path.

    Attributes
    ----------
    side : int
        Pixels of the picture that it works on.
    down : int or None
        By which factor the encoder's block shrinks its output.
    above : int or None
        The side of the picture that is enlarged and added before a block of the top-down path.
    """

    side: int
    down: int | None = None
    above: int | None = None


def parse_path(text: str) -> list[Step]:
    """Read a path in the published notation.

    Parameters
    ----------
    text : str
        "64x11": eleven blocks at side 64; "64d2": a block at 64 that halves its output; "4m1": a
        block at 4 to which the picture of side 1 is added; separated by commas.

    Raises
    ------
    ValueError
        If a part is none of these.
    """
    steps: list[Step] = []
    for part in text.split(","):
        letter = next((one for one in "xdm" if one in part), "")
        numbers = part.split(letter) if letter else []
        known = len(numbers) == 2 and all(n.isdecimal() and int(n) > 0 for n in numbers)
        if not known:
            raise ValueError(f"parts such as '64x11', '64d2' or '4m1', not '{part}'")
        side, number = (int(n) for n in numbers)
        if letter == "x":
            steps += [Step(side)] * number
        else:
            steps.append(Step(side, down=number) if letter == "d" else Step(side, above=number))
    return steps


@dataclass(frozen=True)
class Layout:
    """The sizes of a network.

    Attributes
    ----------
    encoder, decoder : sequence of Step
    width : int
        Channels of the pictures inside.
    latent : int
        Channels of a latent.
    """

    encoder: Sequence[Step]
    decoder: Sequence[Step]
    width: int
    latent: int

    @property
    def side(self) -> int:
        """Side of the pictures that go in."""
        return self.encoder[0].side

    def sizes(self) -> list[int]:
        """Return how many values each latent has, from the top down."""
        return [self.latent * step.side**2 for step in self.decoder]

    def check(self) -> None:
        """Check that each block gets pictures of its side.

        Raises
        ------
        ValueError
            If one does not.
        """
        side = self.side
        left = {side}
        for step in self.encoder:
            if step.side != side or step.above is not None or side % (step.down or 1):
                raise ValueError(f"'encoder': a block works at side {step.side}, not {side}")
            side //= step.down or 1
            left.add(side)
        shown: set[int] = set()
        for step in self.decoder:
            if step.side not in left or step.down is not None:
                raise ValueError(f"'decoder': the encoder leaves no picture of side {step.side}")
            above = step.above
            if above is not None and (above not in shown or step.side % above):
                raise ValueError(f"'decoder': nothing of side {above} can be added at {step.side}")
            shown.add(step.side)
