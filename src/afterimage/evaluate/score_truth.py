"""A linear decoder beside the best possible one; simulated data only."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
import pandas as pd

from afterimage.contracts.metrics import METRICS
from afterimage.contracts.modelfiles import load_tensors
from afterimage.contracts.seeds import derive_seed
from afterimage.contracts.tables import read_table
from afterimage.contracts.truth import load_truth
from afterimage.evaluate.ceilings import CEILINGS, by_channel
from afterimage.evaluate.frames import frame_of
from afterimage.evaluate.learning_curve import learning_curve
from afterimage.evaluate.summarise import Identity
from afterimage.evaluate.truth import (
    Moments,
    PairedGap,
    best_predictions,
    ceiling_agreement,
    closed_form_gap,
    paired_gap,
)


def measured_gap(
    moments: Moments,
    weights: np.ndarray,
    responses: np.ndarray,
    actual: np.ndarray,
    stimulus_ids: np.ndarray,
    *,
    repetitions: float,
    n_bootstrap: int,
    seed: int,
) -> PairedGap:
    """Measure a decoder against the best one on the same test responses.

    Parameters
    ----------
    moments : Moments
    weights : ndarray, shape (v, q)
        For responses in their own unit.
    responses : ndarray, shape (n, v)
        Test responses in their own unit, up to a constant per channel.
    actual : ndarray, shape (n, q)
    stimulus_ids : ndarray, shape (n,)
    repetitions, n_bootstrap, seed
        See :func:`afterimage.evaluate.truth.paired_gap`.
    """
    responses = np.asarray(responses, dtype=np.float64)
    return paired_gap(
        responses @ weights,
        best_predictions(moments, responses, repetitions),
        actual,
        stimulus_ids,
        closed_form=closed_form_gap(moments, weights, repetitions),
        n_bootstrap=n_bootstrap,
        seed=seed,
    )


def truth_rows(
    curve: pd.DataFrame,
    gap: PairedGap,
    estimated_ncsnr: np.ndarray,
    true_ncsnr: np.ndarray,
    identity: Identity,
    n_test: int,
) -> pd.DataFrame:
    """Return what the comparison with the truth says, in the columns of METRICS."""
    full = curve.sort_values("n_trials").iloc[-1]
    ceilings = replace(identity, model="noise ceiling", target="")
    found = [
        (identity, "best_linear_r", full["best_linear_r"], "r", {}),
        (identity, "closed_form_r", full["closed_form_r"], "r", {"ceiling": full["best_linear_r"]}),
        (identity, "closed_form_fraction", full["fraction"], "proportion", {"ceiling": 1.0}),
        (identity, "closed_form_excess", full["excess"], "r", {"ceiling": 0.0}),
        (identity, "closed_form_gap", gap.closed_form, "r", {"ceiling": 0.0}),
        (
            identity,
            "measured_gap",
            gap.measured,
            "r",
            {"ci_low": gap.ci_low, "ci_high": gap.ci_high},
        ),
        (identity, "gap_consistent", float(gap.consistent), "1 = yes", {"ceiling": 1.0}),
        (
            ceilings,
            "ceiling_correlation",
            ceiling_agreement(estimated_ncsnr, true_ncsnr),
            "r",
            {"ceiling": 1.0},
        ),
    ]
    rows = [
        {
            **who.columns(),
            "metric": name,
            "value": value,
            "n": n_test,
            "unit": unit,
            "transductive": who.transductive,
            **more,
        }
        for who, name, value, unit, more in found
    ]
    return frame_of(rows, METRICS)


class TestSide(Protocol):
    """Test responses in their own unit, with what was shown."""

    @property
    def responses(self) -> np.ndarray: ...  # noqa: D102

    @property
    def actual(self) -> np.ndarray: ...  # noqa: D102

    @property
    def stimulus_ids(self) -> np.ndarray: ...  # noqa: D102

    @property
    def n_trials(self) -> np.ndarray: ...  # noqa: D102

    @property
    def channels(self) -> np.ndarray: ...  # noqa: D102


def score_truth(
    inputs: Any,
    names: Mapping[str, str],
    test: TestSide,
    *,
    curve: Mapping[str, Any],
    evaluation: Mapping[str, Any],
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compare decoders and noise ceilings with what the simulator knows, from a rule's files.

    Parameters
    ----------
    inputs : object
        Paths `truth`, `ceilings`, and `curve`: the weights of each size of the learning curve.
    names : mapping
        The job's wildcards, with `experiment` and `subject`.
    test : TestSide
    curve, evaluation : mapping
        The validated sections ``learning_curve`` and ``evaluation``.
    seed : int
        The experiment's.

    Returns
    -------
    rows, curve : DataFrame
        See :func:`compare_with_truth`.
    """
    return compare_with_truth(
        load_truth(inputs.truth),
        {int(size): weights for size, weights in load_tensors(inputs.curve).items()},
        test,
        read_table(inputs.ceilings, CEILINGS),
        Identity(names["experiment"], names["subject"], curve["model"], curve["target"]),
        n_bootstrap=evaluation["bootstrap"],
        seed=derive_seed(seed, "truth", names["subject"]),
    )


def compare_with_truth(
    truth: Mapping[str, np.ndarray],
    weights: Mapping[int, np.ndarray],
    test: TestSide,
    ceilings: pd.DataFrame,
    identity: Identity,
    *,
    n_bootstrap: int,
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compare decoders and noise ceilings with what the simulator knows.

    Parameters
    ----------
    truth : mapping of str to ndarray
        Of one subject; see :mod:`afterimage.contracts.truth`.
    weights : mapping of int to ndarray, shape (all channels, q)
        By number of training trials.
    test : TestSide
    ceilings : DataFrame
        In the columns of CEILINGS.
    identity : Identity
        Of the decoder.
    n_bootstrap, seed : int

    Returns
    -------
    rows : DataFrame
        In the columns of METRICS.
    curve : DataFrame
        In the columns of CURVE.
    """
    used = np.asarray(test.channels)
    moments = Moments.from_truth(truth).of_channels(used)
    own = {size: matrix[used] for size, matrix in weights.items()}
    # Rows may average different numbers of trials; the noise of their mean is what counts.
    repetitions = 1 / float(np.mean(1 / np.asarray(test.n_trials, dtype=np.float64)))
    curve = learning_curve(moments, own, repetitions, identity.subject)
    gap = measured_gap(
        moments,
        own[max(own)],
        test.responses,
        test.actual,
        test.stimulus_ids,
        repetitions=repetitions,
        n_bootstrap=n_bootstrap,
        seed=seed,
    )
    estimated = by_channel(ceilings)["ncsnr"].reindex(used).to_numpy()
    rows = truth_rows(
        curve, gap, estimated, truth["ncsnr_shared"][used], identity, len(test.stimulus_ids)
    )
    return rows, curve
