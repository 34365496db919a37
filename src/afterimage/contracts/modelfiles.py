"""Models are two files: weights in safetensors, a card in JSON. Loading never runs code."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from afterimage.contracts.errors import DataError
from afterimage.contracts.files import write_text, written


def save_tensors(path: Path | str, tensors: Mapping[str, np.ndarray]) -> None:
    """Write arrays to a safetensors file; the same arrays give the same bytes."""
    from safetensors.numpy import save_file

    # No metadata: with two or more keys safetensors orders them differently in each process.
    with written(path) as temporary:
        # safetensors would make a file that nobody else may read.
        temporary.touch()
        mode = temporary.stat().st_mode
        save_file({k: np.ascontiguousarray(tensors[k]) for k in sorted(tensors)}, temporary)
        temporary.chmod(mode)


def load_tensors(path: Path | str) -> dict[str, np.ndarray]:
    """Read a safetensors file.

    Raises
    ------
    DataError
        If it is missing, truncated or something else.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise DataError(
            f"{path}: not a complete safetensors file ({error}).", "Delete it and run again."
        ) from error


def save_card(path: Path | str, card: Mapping[str, Any]) -> None:
    """Write what a model is: class, hyper-parameters, input and output, versions."""
    write_text(path, json.dumps(card, indent=2, sort_keys=True) + "\n")


def load_card(path: Path | str) -> dict[str, Any]:
    """Read a model's card.

    Raises
    ------
    DataError
        If it is missing or not JSON.
    """
    try:
        card: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(
            f"{path}: not a readable model card ({error}).", "Delete it and run again."
        ) from error
    return card


def part(tensors: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    """Return the tensors whose names start with ``prefix/``, without it."""
    start = f"{prefix}/"
    return {k.removeprefix(start): v for k, v in tensors.items() if k.startswith(start)}
