"""What a split is made from, read from the files of the rule and joined by key."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from afterimage.contracts.clusters import CLUSTERS
from afterimage.contracts.errors import DataError
from afterimage.contracts.published import read_published
from afterimage.contracts.stimuli import STIMULI
from afterimage.contracts.tables import read_table
from afterimage.contracts.trials import read_trials

PLACES = ["trial_id", "subject", "session", "run", "stimulus_id"]


@dataclass(frozen=True)
class SplitInputs:
    """Everything that decides a split.

    Attributes
    ----------
    trials : DataFrame
        Of all subjects, in the columns of ``TRIALS``.
    stimuli : DataFrame
        With stimulus_id, source_id and category.
    published : Series of str, indexed by trial_id
        Roles under the published split; empty if there is none.
    settings : dict
        The validated section ``split``.
    seed : int
        The experiment's.
    clusters : DataFrame, optional
        In the columns of ``CLUSTERS``, if the split asks for clusters.
    """

    trials: pd.DataFrame
    stimuli: pd.DataFrame
    published: pd.Series
    settings: dict[str, Any]
    seed: int
    clusters: pd.DataFrame | None = None

    def shown(self) -> pd.DataFrame:
        """Return the trials in their order, with all that a protocol may look at.

        Returns
        -------
        DataFrame
            trial_id, subject, session, run, stimulus_id, source_id, category, published_role and,
            if the split asks for it, cluster.

        Raises
        ------
        DataError
            If a trial shows a stimulus that is not in the table of stimuli.
        """
        known = self.stimuli[["stimulus_id", "source_id", "category"]]
        if self.clusters is not None:
            known = known.merge(self.clusters[["stimulus_id", "cluster"]], how="left")
        shown = self.trials[PLACES].merge(known, on="stimulus_id", how="left", validate="m:1")
        absent = shown.loc[shown["source_id"].isna(), "stimulus_id"].unique()
        if len(absent):
            raise DataError(
                f"split: {len(absent)} stimuli of the trials are not in the table of stimuli, "
                f"such as {', '.join(absent[:5])}.",
                "Delete stimuli.parquet and trials.parquet of the data set and run again.",
            )
        shown["published_role"] = shown["trial_id"].map(self.published.to_dict())
        return shown


def read_inputs(files: Any, settings: dict[str, Any], seed: int) -> SplitInputs:
    """Read what a split is made from.

    Parameters
    ----------
    files : object
        With the paths `trials` and `published` (of each subject), `stimuli` and `clusters` (one
        or none).
    settings : dict
        The validated section ``split``.
    seed : int
    """
    return SplitInputs(
        trials=read_trials(files.trials),
        stimuli=read_table(files.stimuli, STIMULI),
        published=read_published(files.published, settings.get("version", "default")),
        settings=settings,
        seed=seed,
        clusters=read_table(files.clusters, CLUSTERS) if files.clusters else None,
    )
