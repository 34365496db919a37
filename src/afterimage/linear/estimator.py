"""The engine with the face of scikit-learn, for those who want only this part."""

from collections.abc import Sequence
from typing import Any, Literal, Self

import numpy as np
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from afterimage.contracts.errors import UserError
from afterimage.linear.ridge_cv import RidgeFit, ridge_cv
from afterimage.linear.scores import Scoring
from afterimage.linear.settings import RidgeSettings, Search, Standardise


class RidgeRegressionCV(MultiOutputMixin, RegressorMixin, BaseEstimator):
    """Ridge regression with a penalty per target, chosen by exact cross-validation.

    Parameters
    ----------
    penalties : sequence of float
        The grid.
    relative : bool
        Whether penalties are multiples of the mean eigenvalue of the inputs' Gram matrix.
    folds : int, "groups" or "gcv"
        K-fold over groups, each group left out in turn, or generalised cross-validation.
    scoring : {"r2", "correlation"}
    search : {"grid", "bracket"}
    standardise : {"no", "once", "fold"}
    fit_intercept : bool
    per_target : bool
        Whether each target has its own penalty, or all share one.
    dtype : {"float32", "float64"}
    random_state : int
        Of the folds.

    Attributes
    ----------
    coef_ : ndarray, shape (n_targets, n_features) or (n_features,)
    intercept_ : ndarray, shape (n_targets,), or float
    penalties_ : ndarray, shape (n_targets,), or float
    best_scores_ : ndarray, shape (n_targets,), or float
    result_ : RidgeFit
        All of it, with one column per target.

    See Also
    --------
    afterimage.linear.settings.RidgeSettings : what the parameters mean.
    """

    def __init__(
        self,
        penalties: Sequence[float] = (0.1, 1.0, 10.0, 100.0, 1000.0),
        *,
        relative: bool = False,
        folds: int | Literal["groups", "gcv"] = "groups",
        scoring: Scoring = "r2",
        search: Search = "grid",
        standardise: Standardise = "no",
        fit_intercept: bool = True,
        per_target: bool = True,
        dtype: Literal["float32", "float64"] = "float64",
        random_state: int = 0,
    ) -> None:
        self.penalties = penalties
        self.relative = relative
        self.folds = folds
        self.scoring = scoring
        self.search = search
        self.standardise = standardise
        self.fit_intercept = fit_intercept
        self.per_target = per_target
        self.dtype = dtype
        self.random_state = random_state

    def fit(self, X: Any, y: Any, groups: Any = None) -> Self:
        """Choose penalties and solve.

        Parameters
        ----------
        X : array-like, shape (n_samples, n_features)
        y : array-like, shape (n_samples,) or (n_samples, n_targets)
        groups : array-like, shape (n_samples,), optional
            Rows of one group are left out together.

        Raises
        ------
        ValueError
            If the data or the parameters cannot be used; of what is wrong with them.
        """
        X, y = validate_data(
            self, X, y, multi_output=True, y_numeric=True, ensure_min_samples=2, dtype=np.float64
        )
        targets = y.reshape(len(y), -1)
        share = None if self.per_target else np.zeros(targets.shape[1])
        groups = None if groups is None else np.asarray(groups)
        try:
            self.result_: RidgeFit = ridge_cv(
                X, targets, self._settings(), groups=groups, share=share
            )
        except UserError as error:
            raise ValueError(str(error)) from error
        single = y.ndim == 1
        self.coef_ = self.result_.weights[:, 0] if single else self.result_.weights.T
        self.intercept_ = self._of_targets(self.result_.intercept, single)
        self.penalties_ = self._of_targets(self.result_.penalties, single)
        self.best_scores_ = self._of_targets(self.result_.best_scores, single)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return predictions, shape (n_samples,) or (n_samples, n_targets)."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=np.float64)
        predicted: np.ndarray = X @ self.coef_.T + self.intercept_
        return predicted

    def _settings(self) -> RidgeSettings:
        return RidgeSettings(
            penalties=self.penalties,
            relative=self.relative,
            folds=self.folds,
            scoring=self.scoring,
            search=self.search,
            standardise=self.standardise,
            intercept=self.fit_intercept,
            dtype=self.dtype,
            seed=self.random_state,
        )

    @staticmethod
    def _of_targets(values: np.ndarray, single: bool) -> Any:
        return float(values[0]) if single else values
