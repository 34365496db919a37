"""Against the truth: what the best linear decoder of a simulated brain reaches, and who is close.

Second moments of noise-free responses s, target y and noise e determine the score of every
linear decoder, however non-linear s is in the picture. With Srr(k) = Sigma_ss + Sigma_e / k for
averages over k repetitions:

- best decoder W* = Srr^-1 Sigma_sy,
- score of any decoder rho_j(W) = w_j' Sigma_sy,j / sqrt(w_j' Srr w_j var y_j),
- its bound R_j = rho_j(W*) = sqrt((Sigma_ys Srr^-1 Sigma_sy)_jj) / sd y_j (Cauchy-Schwarz).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from afterimage.contracts.errors import DataError
from afterimage.contracts.seeds import rng as seeded
from afterimage.contracts.truth import MOST_VOXELS_WITH_MOMENTS
from afterimage.evaluate.bootstrap import percentile_interval
from afterimage.evaluate.voxel_correlation import resampled_r, voxel_r


@dataclass(frozen=True)
class Moments:
    """Second moments of a simulated brain, in the units of its raw responses.

    Attributes
    ----------
    sigma_ss : ndarray, shape (v, v)
        Covariance of the noise-free responses over the population of pictures.
    sigma_sy : ndarray, shape (v, q)
    var_y : ndarray, shape (q,)
    sigma_e : ndarray, shape (v, v) or (v,)
        Covariance of the noise of one trial, or its diagonal.
    mean_s : ndarray, shape (v,)
    mean_y : ndarray, shape (q,)
    """

    sigma_ss: np.ndarray
    sigma_sy: np.ndarray
    var_y: np.ndarray
    sigma_e: np.ndarray
    mean_s: np.ndarray
    mean_y: np.ndarray

    @classmethod
    def from_truth(cls, truth: Mapping[str, np.ndarray]) -> Self:
        """Take the moments from the tensors of a truth file.

        Raises
        ------
        DataError
            If the recording has too many voxels for them.
        """
        if "sigma_ss" not in truth:
            raise DataError(
                f"the truth of {len(truth['noise_sd'])} voxels holds no second moments: they are "
                f"kept for at most {MOST_VOXELS_WITH_MOMENTS}.",
                "Simulate or read fewer voxels, or remove learning_curve from the experiment.",
            )
        names = ("sigma_ss", "sigma_sy", "var_y", "sigma_e", "mean_s", "mean_y")
        return cls(*(np.asarray(truth[name], dtype=np.float64) for name in names))

    def of_channels(self, channels: np.ndarray) -> Self:
        """Return the moments of some voxels only (indices or a mask)."""
        some = np.asarray(channels)
        square = self.sigma_e.ndim == 2
        return replace(
            self,
            sigma_ss=self.sigma_ss[some][:, some],
            sigma_sy=self.sigma_sy[some],
            sigma_e=self.sigma_e[some][:, some] if square else self.sigma_e[some],
            mean_s=self.mean_s[some],
        )

    def response_covariance(self, repetitions: float) -> np.ndarray:
        """Return Srr(k) = Sigma_ss + Sigma_e / k, shape (v, v)."""
        noise = self.sigma_e if self.sigma_e.ndim == 2 else np.diag(self.sigma_e)
        return self.sigma_ss + noise / repetitions


def best_decoder(moments: Moments, repetitions: float) -> np.ndarray:
    """Return W* = Srr(k)^-1 Sigma_sy, shape (v, q), for averages over k repetitions."""
    return np.linalg.solve(moments.response_covariance(repetitions), moments.sigma_sy)


def best_predictions(moments: Moments, responses: np.ndarray, repetitions: float) -> np.ndarray:
    """Decode raw responses with W*.

    Parameters
    ----------
    moments : Moments
        Of the same channels.
    responses : ndarray, shape (n, v)
        Raw units, averaged over ``repetitions`` trials.
    repetitions : float

    Returns
    -------
    ndarray, shape (n, q)
    """
    weights = best_decoder(moments, repetitions)
    return (np.asarray(responses, dtype=np.float64) - moments.mean_s) @ weights + moments.mean_y


def decoder_score(moments: Moments, weights: np.ndarray, repetitions: float) -> np.ndarray:
    """Return the closed-form correlation rho_j(W) of a linear decoder's output and the target.

    Parameters
    ----------
    moments : Moments
    weights : ndarray, shape (v, q)
        For responses in raw units: divide weights for standardised responses by their sd.
    repetitions : float
        Averaged at test.

    Returns
    -------
    ndarray, shape (q,)
        Zero for a decoder that always answers the same.
    """
    weights = np.asarray(weights, dtype=np.float64)
    products = (weights * moments.sigma_sy).sum(axis=0)
    spread = (weights * (moments.response_covariance(repetitions) @ weights)).sum(axis=0)
    scale = np.sqrt(np.clip(spread, 0, None) * moments.var_y)
    return np.where(scale > 0, products / np.where(scale > 0, scale, 1.0), 0.0)


def best_score(moments: Moments, repetitions: float) -> np.ndarray:
    """Return R_j, the score of the best linear decoder, shape (q,)."""
    return decoder_score(moments, best_decoder(moments, repetitions), repetitions)


def closed_form_gap(moments: Moments, weights: np.ndarray, repetitions: float) -> float:
    """Return mean rho - mean R over the target's dimensions, at most 0."""
    gap = decoder_score(moments, weights, repetitions) - best_score(moments, repetitions)
    return float(gap.mean())


@dataclass(frozen=True)
class PairedGap:
    """A fitted decoder's measured score less the best decoder's, on the same responses.

    Attributes
    ----------
    measured : float
        Difference of mean r over the target's dimensions.
    ci_low, ci_high : float
        95% bootstrap over test stimuli, both decoders on the same sample.
    closed_form : float
        What the difference should be, by the moments.
    """

    measured: float
    ci_low: float
    ci_high: float
    closed_form: float
    tolerance: float = 0.01

    @property
    def above_best(self) -> bool:
        """Whether the interval lies wholly above zero: better than the best possible."""
        return self.ci_low > 0

    @property
    def consistent(self) -> bool:
        """Whether the measured gap can be the closed-form one.

        The interval's lower end is at most .01 above the closed-form gap, and the interval is
        not wholly above zero. A decoder that has seen a third of the test noise fails the first.
        """
        return self.ci_low <= self.closed_form + self.tolerance and not self.above_best


def paired_gap(
    predicted: np.ndarray,
    best: np.ndarray,
    actual: np.ndarray,
    stimulus_ids: np.ndarray,
    *,
    closed_form: float,
    n_bootstrap: int,
    seed: int,
) -> PairedGap:
    """Measure the gap between a fitted and the best linear decoder.

    Parameters
    ----------
    predicted, best : ndarray, shape (n, q)
        Outputs of the two decoders for the same test responses.
    actual : ndarray, shape (n, q)
    stimulus_ids : array of labels, shape (n,)
    closed_form : float
        From :func:`closed_form_gap`.
    n_bootstrap, seed : int
    """
    measured = _mean(voxel_r(predicted, actual)) - _mean(voxel_r(best, actual))
    draws = _resampled_mean(predicted, actual, stimulus_ids, n_bootstrap, seed)
    draws -= _resampled_mean(best, actual, stimulus_ids, n_bootstrap, seed)
    low, high = percentile_interval(draws)
    return PairedGap(measured, low, high, closed_form)


def ceiling_agreement(estimated: np.ndarray, true: np.ndarray) -> float:
    """Correlate estimated with true noise ceilings over voxels in which both are known."""
    known = ~(np.isnan(estimated) | np.isnan(true))
    return float(voxel_r(estimated[known][:, None], true[known][:, None])[0])


def _mean(scores: np.ndarray) -> float:
    """Average with undefined correlations (a constant prediction) counted as zero."""
    return float(np.where(np.isnan(scores), 0.0, scores).mean())


def _resampled_mean(
    predicted: np.ndarray, actual: np.ndarray, ids: np.ndarray, draws: int, seed: int
) -> np.ndarray:
    result = np.full(draws, np.nan)
    # The same seed for both decoders draws the same samples: that makes the bootstrap paired.
    generator = seeded(seed, "paired_gap")
    for part, scores in resampled_r(predicted, actual, ids, generator, draws):
        result[part] = np.where(np.isnan(scores), 0.0, scores).mean(axis=1)
    return result
