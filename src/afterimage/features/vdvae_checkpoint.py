"""Read a published checkpoint of the very deep VAE: tensors only, and all that are expected."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from afterimage.contracts.errors import DataError

if TYPE_CHECKING:
    from torch import Tensor

    from afterimage.features.vdvae_layout import Layout
    from afterimage.features.vdvae_network import Vdvae

SOURCE = (
    "Download imagenet64-iter-1600000-model-ema.th (see the README of github.com/openai/vdvae) and "
    "give its path as 'weights'."
)


def load_vdvae(path: Path, layout: "Layout") -> "Vdvae":
    """Load weights.

    Parameters
    ----------
    path : Path
    layout : Layout

    Raises
    ------
    DataError
        If the file is missing, holds anything but tensors, or belongs to another network.
    """
    from afterimage.features.vdvae_network import empty_network, with_weights

    weights = _tensors(path)
    expected, found = _sizes(empty_network(layout).state_dict()), _sizes(weights)
    lacking, foreign = sorted(set(expected) - set(found)), sorted(set(found) - set(expected))
    other = [name for name in expected if name in found and expected[name] != found[name]]
    if lacking or foreign or other:
        raise DataError(
            f"{path}: not the weights of this network: {_differences(lacking, foreign)}"
            f"{_shapes(other, expected, found)}.",
            "Give the extractor the encoder, decoder, width and latent channels of this "
            f"checkpoint, or another one. {SOURCE}",
        )
    return with_weights(layout, weights)


def _tensors(path: Path) -> "dict[str, Tensor]":
    """Read a file that torch wrote, without running any code of it."""
    import pickle

    import torch

    if not path.is_file():
        raise DataError(f"{path}: the weights of the very deep VAE are not there.", SOURCE)
    try:
        loaded: Any = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, OSError, ValueError, KeyError, pickle.UnpicklingError) as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise DataError(f"{path}: not a file of tensors by torch ({first}).", SOURCE) from error
    tensors = loaded if isinstance(loaded, dict) else {}
    if not tensors or not all(isinstance(value, torch.Tensor) for value in tensors.values()):
        raise DataError(f"{path}: expected named tensors. Found: {type(loaded).__name__}.", SOURCE)
    # Names as they are within a network that was trained on several devices.
    return {str(name).removeprefix("module."): value for name, value in tensors.items()}


def _sizes(tensors: "Mapping[str, Tensor]") -> dict[str, tuple[int, ...]]:
    return {name: tuple(value.shape) for name, value in tensors.items()}


def _differences(lacking: list[str], foreign: list[str]) -> str:
    texts = [
        f"{len(names)} tensors {what}, such as {names[0]}; "
        for names, what in ((lacking, "are absent"), (foreign, "are unknown"))
        if names
    ]
    return "".join(texts)


def _shapes(other: list[str], expected: dict[str, Any], found: dict[str, Any]) -> str:
    if not other:
        return "shapes of the others agree"
    name = other[0]
    return (
        f"{len(other)} have another shape, such as {name}: expected {expected[name]}, found "
        f"{found[name]}"
    )
