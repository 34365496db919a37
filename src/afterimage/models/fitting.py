"""Fit, apply and refit a model, fold by fold."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from afterimage.contracts.config.base import Entry
from afterimage.contracts.errors import DataError
from afterimage.contracts.modelfiles import part
from afterimage.contracts.progress import progress
from afterimage.contracts.seeds import derive_seed
from afterimage.models.card import model_card, repetitions
from afterimage.models.folds import SubjectData, fitted_roles, needs_validation
from afterimage.models.prediction_inputs import Predict, measured_inputs, prediction_inputs
from afterimage.models.preparation import Preparation
from afterimage.models.rescaling import Rescale, rescale_record, rescaling
from afterimage.models.rows import Rows, checked, with_fold


def fit_model(
    model_class: Any,
    config: Entry,
    subject: SubjectData,
    *,
    seed: int,
    device: str,
    work: Path,
    rescale: Rescale = "none",
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Fit a model on the training side of every fold.

    Parameters
    ----------
    model_class : type
        Of the seam ``decoder`` or ``encoder``.
    config : Entry
        An instance of the class's ``Config``.
    subject : SubjectData
    seed : int
        Of this job; each fold derives its own.
    device : str
        "cpu" or "cuda".
    work : Path
        Scratch folder; checkpoints in it are taken up. The caller removes it afterwards.
    rescale : "none" or "test", optional
        What will become of the predictions: the card says so, the fit is the same.

    Returns
    -------
    tensors : dict of str to ndarray
        ``fold<k>/model/...``, ``fold<k>/normalisation/...``, ``fold<k>/whitening/...`` if there is
        one, and ``channels``.
    card : dict
        What the model is, what it was fitted on, and each fold's summary.
    """
    tensors: dict[str, np.ndarray] = {"channels": subject.kept}
    summaries = []
    folds = subject.folds()
    for fold in progress(folds, len(folds), "folds"):
        data, preparation = subject.training(
            model_class.kind, fold, needs_validation=needs_validation(model_class)
        )
        model = model_class(config, seed=derive_seed(seed, "fit", fold), device=device)
        model.fit(data, work / f"fold{fold}")
        learnt = {f"model/{key}": value for key, value in model.state().items()}
        state = learnt | preparation.state()
        tensors |= {f"fold{fold}/{key}": value for key, value in state.items()}
        summaries.append(
            {
                "fold": fold,
                "training_rows": data.n,
                "training_stimuli": len(np.unique(data.groups)),
                "repetitions": repetitions(model_class, subject, fold),
                "channels_constant_in_training": preparation.normalisation.constant_channels(),
                "inputs": data.widths[0],
                "outputs": data.widths[1],
                **model.card(),
            }
        )
    card = model_card(model_class, config, subject, seed, summaries)
    return tensors, card | rescale_record(rescale)


def predict_model(
    model_class: Any,
    config: Entry,
    subject: SubjectData,
    tensors: Mapping[str, np.ndarray],
    *,
    device: str,
    rescale: Rescale = "none",
) -> Iterator[Rows]:
    """Apply a fitted model to the test side of every fold.

    Parameters
    ----------
    model_class, config, subject, device
        As in :func:`fit_model`.
    tensors : mapping of str to ndarray
        What :func:`fit_model` returned.
    rescale : "none" or "test", optional
        Whether a decoder's predictions of a fold are rescaled over its test side; see
        :mod:`afterimage.models.rescaling`.

    Yields
    ------
    Rows
        Fold after fold, in blocks. A decoder's values are targets, flattened; an encoder's are
        responses of the used channels in normalised units, flattened.

    Raises
    ------
    DataError
        If the model was fitted on other channels, or there is nothing to rescale over.
    """
    require_same_channels(subject, tensors)
    for fold in subject.folds():
        preparation = restored_preparation(subject, tensors, fold)
        model = model_class.restore(config, part(tensors, f"fold{fold}/model"), device)
        inputs = prediction_inputs(model_class.kind, subject, fold, preparation)
        predict = checked_predictions(model, config, fold)
        yield from rescaling(rescale, model_class, subject, fold).predictions(inputs, predict)


def null_predictions(
    model_class: Any,
    config: Entry,
    subject: SubjectData,
    *,
    n_refits: int,
    seed: int,
    device: str,
    rescale: Rescale = "none",
) -> Iterator[Rows]:
    """Fit on shuffled training pairs, and predict the test side with each such fit.

    Parameters
    ----------
    model_class, config, subject, seed, device
        As in :func:`fit_model`.
    n_refits : int
        Fits per fold. In each, every training stimulus keeps its repetitions together and is
        paired with another training stimulus.
    rescale : "none" or "test", optional
        As in :func:`predict_model`: each refit is rescaled over its own predictions.

    Yields
    ------
    Rows
        Fold after fold, refit after refit, in blocks; ``refit`` counts from 0.
    """
    for fold in subject.folds():
        data, preparation = subject.training(
            model_class.kind, fold, needs_validation=needs_validation(model_class)
        )
        inputs = prediction_inputs(model_class.kind, subject, fold, preparation).kept()
        seeds = [derive_seed(seed, "null", fold, refit) for refit in range(n_refits)]
        model = model_class(config, seed=derive_seed(seed, "fit", fold), device=device)
        fits = progress(model.refits(data, seeds), n_refits, "refits on shuffled pairs")
        own = rescaling(rescale, model_class, subject, fold)
        for refit, fitted in enumerate(fits):
            for rows in own.predictions(inputs, checked_predictions(fitted, config, fold)):
                yield Rows(rows.keys.assign(refit=np.int32(refit)), rows.values)


def held_out_training(
    model_class: Any,
    config: Entry,
    subject: SubjectData,
    tensors: Mapping[str, np.ndarray],
    *,
    device: str,
    rescale: Rescale = "none",
) -> Iterator[Rows]:
    """Predict the training rows of every fold, each by a fit that did not see its stimulus.

    They show how much a decoder shrinks towards the mean, without a look at the test side.
    Parameters are those of :func:`predict_model`; with ``rescale`` these rows are rescaled over
    themselves. Yields nothing for models without a method ``held_out`` (those that are not
    closed-form).
    """
    if not hasattr(model_class, "held_out"):
        return
    for fold in subject.folds():
        data, _ = subject.training(model_class.kind, fold, needs_validation=False)
        model = model_class.restore(config, part(tensors, f"fold{fold}/model"), device)
        samples = subject.training_samples(fold, fitted_roles(needs_validation=False))
        keys = pd.concat([one.keys for one in samples], ignore_index=True)
        own = rescaling(rescale, model_class, subject, fold)
        values = own.held_out(checked(model.held_out(data), config, fold))
        yield Rows(with_fold(keys, fold), values)


def measured_responses(subject: SubjectData, tensors: Mapping[str, np.ndarray]) -> Iterator[Rows]:
    """Return what an encoder's predictions are compared with, row by row.

    Test responses of the used channels in the normalised units of the fold's training side,
    averaged as the predictions are.
    """
    require_same_channels(subject, tensors)
    for fold in subject.folds():
        preparation = restored_preparation(subject, tensors, fold)
        yield from measured_inputs(subject, fold, preparation).predictions(lambda rows: rows)


def checked_predictions(model: Any, config: Entry, fold: int) -> Predict:
    """Return a model's ``predict`` that refuses to return what is not a number."""
    return lambda x: checked(model.predict(x), config, fold)


def restored_preparation(
    subject: SubjectData, tensors: Mapping[str, np.ndarray], fold: int
) -> Preparation:
    """Return what a fitted model's file holds of a fold's preparation."""
    settings = subject.settings
    return Preparation.restore(settings.normalise, settings.clamp, part(tensors, f"fold{fold}"))


def require_same_channels(subject: SubjectData, tensors: Mapping[str, np.ndarray]) -> None:
    """Refuse a model that was fitted on other channels."""
    if not np.array_equal(tensors["channels"], subject.kept):
        raise DataError(
            f"{subject.responses.path}: the model was fitted on {len(tensors['channels'])} "
            f"channels, the table now keeps {len(subject.kept)}, or others.",
            "Run snakemake: it fits the model again.",
        )
