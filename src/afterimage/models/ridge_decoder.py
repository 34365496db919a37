"""Ridge decoder: stimulus features from responses."""

from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal, Self

from pydantic import Field

from afterimage.models.ridge_model import PreparedRidge, Ridge, RidgeEntry
from afterimage.models.ridge_null import exchangeable, shuffled_fits
from afterimage.models.training import TrainingData


class RidgeConfig(RidgeEntry):
    """Configuration of the ridge decoder."""

    name: Literal["ridge"] = Field(description="Ridge regression from responses to features.")


class RidgeDecoder(Ridge):
    """Features from responses by ridge regression, a penalty per feature."""

    Config = RidgeConfig
    kind: ClassVar[Literal["decoder", "encoder"]] = "decoder"

    def refits(self, data: TrainingData, seeds: Sequence[int]) -> Iterator[Self]:
        """Yield shuffled refits that share one decomposition.

        Equal to fitting ``data.shuffled(seed)`` for each seed: the responses, and so their
        decomposition, stay; only the stimuli that they are paired with change.
        """
        if not exchangeable(self.config):
            yield from super().refits(data, seeds)
            return
        prepared = PreparedRidge(data, self.config, self.device)
        first, members = data.first_rows()
        values = data.read_y(first).astype("float64")
        orders = [members[data.shuffled(seed).pairing[first]] for seed in seeds]
        fits = shuffled_fits(prepared.problem, members, values, orders)
        for weights, means, penalties in fits:
            model = type(self)(self.config, device=self.device)
            model._set(weights.astype("float32"), prepared.input_mean(), means, penalties)
            yield model
