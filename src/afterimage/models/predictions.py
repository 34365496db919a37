"""Write predictions from the files of a rule."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from afterimage.contracts.registry import configured
from afterimage.models.read_subject import read_subject
from afterimage.models.rescaling import rescale_record
from afterimage.models.rows import Rows, write_rows


def write_predictions(
    predict: Callable[..., Iterator[Rows]],
    inputs: Any,
    path: str,
    *,
    model: Mapping[str, Any],
    responses: dict[str, Any],
    provenance: Mapping[str, Any],
) -> None:
    """Let a model predict for one subject and one target, and write what it says.

    Parameters
    ----------
    predict : callable
        A function of :mod:`afterimage.models.fitting` that takes a model's class, its
        configuration, a subject and ``rescale``, and yields rows; all other arguments bound.
    inputs : object
        Paths as :func:`afterimage.models.read_subject.read_subject` wants them.
    path : str
        The array file.
    model : mapping
        ``seam``, ``entry`` and ``rescale``, validated.
    responses : dict
        The validated section of that name.
    provenance : mapping
        It is added whether predictions are rescaled.
    """
    subject = read_subject(inputs, responses)
    model_class, config = configured(model["seam"], model["entry"])
    rescale = model["rescale"]
    rows = predict(model_class, config, subject, rescale=rescale)
    provenance = {**provenance, **rescale_record(rescale)}
    write_rows(path, rows, model_class.kind, subject, provenance)
