"""What was presented to a subject, and in which channels its responses were predicted."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from afterimage.evaluate.blocks import Blocks, block_labels


@dataclass(frozen=True)
class Presented:
    """One subject's trials and channels.

    Attributes
    ----------
    trials, splits, channels : DataFrame
        In the columns of their tables; trials of the subject, in the order of presentation.
    kept : ndarray of int, shape (v,)
        The channels that were predicted, in order.
    """

    trials: pd.DataFrame
    splits: pd.DataFrame
    channels: pd.DataFrame
    kept: np.ndarray

    def blocks(self, keys: pd.DataFrame, blocks: Blocks) -> np.ndarray | None:
        """Return the block of each predicted row; see :func:`afterimage.evaluate.blocks`."""
        return block_labels(keys, self.trials, self.splits, blocks)

    def kept_channels(self) -> pd.DataFrame:
        """Return the rows of the predicted channels, in order."""
        return self.channels.set_index("channel").loc[self.kept].reset_index()
