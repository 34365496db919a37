"""What all metrics share: a configuration, a kind and a name."""

from typing import ClassVar, Literal

from pydantic import Field

from afterimage.contracts.config.base import Entry

NAMED = "name of the metric"


class MetricEntry(Entry):
    """Base of the configuration of a metric, which narrows ``name`` to its own."""

    name: str = Field("", description=NAMED)


class SimilarityEntry(MetricEntry):
    """Configuration of a metric that looks for the most similar candidate."""

    similarity: Literal["correlation", "cosine"] = Field(
        "correlation", description="how a prediction is compared with a candidate"
    )


class ConfiguredMetric:
    """Base of metrics: a subclass states its ``Config``, its ``kind`` and how it scores.

    Parameters
    ----------
    config : MetricEntry, optional
        A validated ``Config`` of the class; by default one without any key set.
    """

    Config: ClassVar[type[MetricEntry]]
    kind: ClassVar[Literal["features", "images", "labels", "encoding"]]

    def __init__(self, config: MetricEntry | None = None) -> None:
        self.config = config or self.Config()
        self.name = self.config.name
