"""What a stimulus shows, as a one-hot code."""

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from afterimage.contracts.config.base import Entry
from afterimage.contracts.errors import DataError


class CategoryConfig(Entry):
    """One-hot code of the table's category column."""

    name: Literal["category"] = Field(description="The extractor's name.")


class Category:
    """One-hot code, shape (categories,); `labels` names its entries in sorted order."""

    Config: ClassVar[type[Entry]] = CategoryConfig
    needs: Literal["image", "table"] = "table"
    dims: tuple[str, ...] = ("category",)
    unit = "1"

    def __init__(self, config: CategoryConfig, device: str = "cpu") -> None:
        self.config = config
        self.labels: list[str] = []

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of categories."""
        return (len(self.labels),)

    @property
    def details(self) -> dict[str, Any]:
        """For the file's provenance: the name of each entry."""
        return {"labels": self.labels}

    def prepare(self, stimuli: pd.DataFrame) -> None:
        """Collect the categories.

        Parameters
        ----------
        stimuli : DataFrame
            The whole table of stimuli.

        Raises
        ------
        DataError
            If a stimulus has no category.
        """
        nameless = stimuli.loc[stimuli["category"].isna(), "stimulus_id"]
        if len(nameless):
            raise DataError(
                f"stimuli table: {len(nameless)} of {len(stimuli)} stimuli have no category, "
                f"such as {nameless.tolist()[:5]}.",
                "Give the data set a category for each stimulus, or take 'category' out of the "
                "experiment.",
            )
        self.labels = sorted(set(stimuli["category"]))

    def extract(self, images: Sequence[np.ndarray] | None, stimuli: pd.DataFrame) -> np.ndarray:
        """Code the rows of a table.

        Parameters
        ----------
        images : None
            Not used.
        stimuli : DataFrame
            Rows of the table that `prepare` saw.

        Returns
        -------
        ndarray of float32, shape (n, categories)
        """
        codes = pd.Index(self.labels).get_indexer(pd.Index(stimuli["category"]))
        if (codes < 0).any():
            unknown = stimuli.loc[codes < 0, "stimulus_id"].tolist()[:5]
            raise DataError(
                f"stimuli table: the categories of {unknown} were not there at first.",
                "Extract from the table that prepare() was given.",
            )
        return (codes[:, None] == np.arange(len(self.labels))).astype(np.float32)
