"""One subject's files and tables, cut into the sides of each fold."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, Self

import numpy as np
import pandas as pd

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.errors import DataError
from afterimage.contracts.splits import folds_of
from afterimage.models.average import Mode as Average
from afterimage.models.average import Samples, TestMode, make_samples
from afterimage.models.checks import require_finite
from afterimage.models.normalise import Mode as Normalise
from afterimage.models.normalise import fit_normalisation, group_labels, uses_test_responses
from afterimage.models.preparation import Preparation, Preparations
from afterimage.models.side_by_side import JoinedFiles, stimulus_rows
from afterimage.models.sources import (
    ResponseRows,
    RowSource,
    kept_channels,
    read_channels,
    response_width,
)
from afterimage.models.statistics import Statistics
from afterimage.models.training import TrainingData
from afterimage.models.whitening import Mode as Whiten
from afterimage.models.whitening import Whitening, fit_whitening

Kind = Literal["decoder", "encoder"]


@dataclass(frozen=True)
class ResponseSettings:
    """What happens to responses after the split; see the section ``responses``."""

    whiten: Whiten = "none"
    normalise: Normalise = "train"
    statistics: Statistics = "moments"
    pool_time: bool = False
    clamp: float | None = None
    average_train: Average = "none"
    average_test: TestMode = "stimulus"
    roi: str = "all"

    @property
    def uses_test_responses(self) -> bool:
        """Whether anything is computed from the responses of test trials before predicting."""
        return uses_test_responses(self.normalise)

    def record(self) -> dict[str, Any]:
        """Return every choice, for the model's card and the provenance of predictions."""
        return asdict(self)


@dataclass(frozen=True)
class SubjectData:
    """Everything that a model of one subject and one target may read.

    Attributes
    ----------
    responses : ArrayFile
        Key ``trial_id``.
    values : ArrayFile or JoinedFiles
        Of the stimuli: a target's values (decoder) or features (encoder). Key ``stimulus_id``,
        and ``fold`` if they depend on the split. Several files are feature spaces of an encoder.
    trials : DataFrame
        Of this subject, in the columns of ``TRIALS``, in the order of presentation.
    splits : DataFrame
        In the columns of ``SPLITS``; trials of other subjects are ignored.
    channels : DataFrame
        In the columns of ``CHANNELS``.
    settings : ResponseSettings
    others : tuple of SubjectData, optional
        Subjects whose training trials the models are fitted on instead of this one's.
    """

    responses: ArrayFile
    values: ArrayFile | JoinedFiles
    trials: pd.DataFrame
    splits: pd.DataFrame
    channels: pd.DataFrame
    settings: ResponseSettings
    others: tuple["SubjectData", ...] = ()

    @property
    def name(self) -> str:
        """The subject."""
        return str(self.trials["subject"].iloc[0])

    @property
    def learnt_from(self) -> tuple["SubjectData", ...]:
        """Return the subjects whose training trials the models are fitted on."""
        return self.others or (self,)

    @property
    def kept(self) -> np.ndarray:
        """Indices of the channels that models use; ShapeError if the file has no such channel."""
        kept = kept_channels(self.channels, self.settings.roi)
        response_width(self.responses, kept)
        return kept

    def folds(self) -> list[int]:
        """Return the folds, ascending."""
        return folds_of(self.splits)

    def side(self, fold: int, roles: Sequence[str]) -> pd.DataFrame:
        """Return the trials of some roles of a fold, in the order of presentation.

        Raises
        ------
        DataError
            If the fold has no such trial of this subject, or does not know all its trials.
        """
        here = self.splits.loc[self.splits["fold"] == fold].set_index("trial_id")["role"]
        role = self.trials["trial_id"].map(here)
        if role.isna().any():
            absent = self.trials.loc[role.isna(), "trial_id"].head(5).tolist()
            raise DataError(
                f"splits: {int(role.isna().sum())} trials have no role in fold {fold}, such as "
                f"{absent}.",
                "The splits belong to other trials: delete splits.parquet and run again.",
            )
        trials = self.trials.loc[role.isin(roles).to_numpy()]
        if trials.empty:
            raise DataError(
                f"splits: fold {fold} has no trial with the role {' or '.join(roles)} for "
                f"{self.responses.path}.",
                "Change the split so that every fold trains and tests on some trials.",
            )
        return trials

    def has_role(self, fold: int, role: str) -> bool:
        """Tell whether a fold has a trial of some role for this subject."""
        here = self.splits.loc[(self.splits["fold"] == fold) & (self.splits["role"] == role)]
        return bool(self.trials["trial_id"].isin(here["trial_id"]).any())

    def fit_preparation(self, trials: pd.DataFrame) -> Preparation:
        """Fit whitening and normalisation on single trials.

        Parameters
        ----------
        trials : DataFrame
            The training trials. Modes of normalisation that look at all trials of a session or
            run take all of the subject's, whatever their role in the fold, the unused ones
            included; whitening never does.
        """
        settings, kept = self.settings, self.kept
        steps = response_width(self.responses, kept) // len(kept)
        whitening = self._fit_whitening(trials, steps)
        looked_at = self.trials if settings.uses_test_responses else trials
        rows = self._rows(looked_at)
        session = pd.Series(looked_at["session"].to_numpy(), index=rows)

        def read(some: np.ndarray) -> np.ndarray:
            values = self._read(some)
            return whitening.apply(values, session[some].to_numpy()) if whitening else values

        normalisation = fit_normalisation(
            settings.normalise,
            read,
            rows,
            group_labels(settings.normalise, looked_at),
            settings.statistics,
            steps if settings.pool_time else 1,
        )
        return Preparation(normalisation, whitening, settings.clamp)

    def _fit_whitening(self, trials: pd.DataFrame, steps: int) -> Whitening | None:
        session, stimulus = (trials[name].to_numpy() for name in ("session", "stimulus_id"))
        rows = self._rows(trials)
        return fit_whitening(self.settings.whiten, self._read, rows, session, stimulus, steps)

    def _rows(self, trials: pd.DataFrame) -> np.ndarray:
        return self.responses.rows(trial_id=trials["trial_id"].tolist())

    def _read(self, rows: np.ndarray) -> np.ndarray:
        values = read_channels(self.responses, rows, self.kept)
        require_finite(values, f"{self.responses.path}")
        return values

    def response_rows(self, samples: Samples, preparation: Preparation) -> ResponseRows:
        """Return the responses of samples as rows."""
        return ResponseRows(self.responses, samples, self.kept, preparation)

    def stimulus_rows(self, samples: Samples, fold: int) -> RowSource:
        """Return the values of the samples' stimuli as rows."""
        return stimulus_rows(self.values, samples.keys["stimulus_id"].tolist(), fold)

    def input_rows(
        self, kind: Kind, samples: Samples, fold: int, preparation: Preparation
    ) -> RowSource:
        """Return what a decoder (responses) or an encoder (features) predicts from."""
        if kind == "decoder":
            return self.response_rows(samples, preparation)
        return self.stimulus_rows(samples, fold)

    def test_samples(self, fold: int) -> Samples:
        """Return the test samples of a fold: what one row of the predictions stands for."""
        mode = self.settings.average_test
        # Whether the mean is taken before or after the model, it is over the same trials.
        mode = "stimulus" if mode == "prediction" else mode
        return make_samples(self.side(fold, ["test"]), mode)

    def training_samples(self, fold: int, roles: Sequence[str]) -> list[Samples]:
        """Return the samples of some training roles of each subject that has any."""
        mode = self.settings.average_train
        return [
            make_samples(one.side(fold, roles), mode)
            for one in self.learnt_from
            if any(one.has_role(fold, role) for role in roles)
        ]

    def prepare(self, fold: int, *, needs_validation: bool) -> Preparations:
        """Fit the preparation of each subject on its own training side of a fold."""
        roles = fitted_roles(needs_validation)
        own = self.fit_preparation(self.side(fold, roles))
        others = [one.fit_preparation(one.side(fold, roles)) for one in self.others]
        return Preparations(own, tuple(others or [own]))

    def training(
        self, kind: Kind, fold: int, *, needs_validation: bool
    ) -> tuple[TrainingData, Preparation]:
        """Return the training side of a fold and the subject's own preparation.

        Parameters
        ----------
        kind : "decoder" or "encoder"
        fold : int
        needs_validation : bool
            Whether trials with the role ``val`` are kept aside, as ``.validation``. Otherwise
            they are training trials like any other.
        """
        preparations = self.prepare(fold, needs_validation=needs_validation)
        data = self.pairs(kind, fold, preparations, needs_validation=needs_validation)
        return data, preparations.own

    def pairs(
        self, kind: Kind, fold: int, preparations: Preparations, *, needs_validation: bool
    ) -> TrainingData:
        """Return the training side of a fold, prepared as was fitted before."""
        sides = zip(self.learnt_from, preparations.learnt_from, strict=True)
        return TrainingData.joined(
            [one._side_pairs(kind, fold, fitted, needs_validation) for one, fitted in sides]
        )

    def _side_pairs(
        self, kind: Kind, fold: int, preparation: Preparation, needs_validation: bool
    ) -> TrainingData:
        """Return this subject's own training side."""
        validation = None
        if needs_validation and self.has_role(fold, "val"):
            validation = self._pairs(kind, fold, self.side(fold, ["val"]), preparation)
        trials = self.side(fold, fitted_roles(needs_validation))
        return self._pairs(kind, fold, trials, preparation, validation)

    def steps(self, part: slice) -> Self:
        """Return the same data with some time steps of the responses only."""
        others = tuple(one.steps(part) for one in self.others)
        return replace(self, responses=self.responses.steps(part), others=others)

    def _pairs(
        self,
        kind: Kind,
        fold: int,
        trials: pd.DataFrame,
        preparation: Preparation,
        validation: TrainingData | None = None,
    ) -> TrainingData:
        samples = make_samples(trials, self.settings.average_train)
        responses = self.response_rows(samples, preparation)
        values = self.stimulus_rows(samples, fold)
        groups = samples.keys["stimulus_id"].to_numpy(dtype=str)
        if kind == "decoder":
            return TrainingData(responses, values, groups, "y", validation)
        return TrainingData(values, responses, groups, "x", validation)


def fitted_roles(needs_validation: bool) -> list[str]:
    """Return the roles of the trials that a model is fitted on."""
    return ["train"] if needs_validation else ["train", "val"]


def needs_validation(model_class: Any) -> bool:
    """Tell whether a class wants validation stimuli kept aside (networks do)."""
    return bool(getattr(model_class, "needs_validation", False))
