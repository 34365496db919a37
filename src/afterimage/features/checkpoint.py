"""Find and load a Hugging Face checkpoint: safe weights only, never code."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from afterimage.contracts.errors import DataError
from afterimage.contracts.files import sha256_of


def is_path(model: str) -> bool:
    """Tell a folder from a hub name, which is `name` or `owner/name`."""
    return Path(model).expanduser().is_dir() or model[:1] in "/.~" or model.count("/") > 1


def locate(model: str, revision: str | None) -> tuple[str, dict[str, Any]]:
    """Return what `from_pretrained` needs to find a checkpoint.

    Parameters
    ----------
    model : str
        A folder, or a hub name.
    revision : str, optional
        Branch, tag or commit on the hub.

    Returns
    -------
    where : str
    options : dict
        Keyword arguments. A folder is never looked up on the network.

    Raises
    ------
    DataError
        If a folder is meant but missing.
    """
    options: dict[str, Any] = {"trust_remote_code": False}
    if not is_path(model):
        return model, {**options, "revision": revision or "main"}
    folder = Path(model).expanduser()
    if not folder.is_dir():
        raise DataError(
            f"huggingface: the model's folder '{model}' does not exist.",
            "Give a folder written by save_pretrained(), or a hub name such as "
            "'facebook/dinov2-base'.",
        )
    return str(folder), {**options, "local_files_only": True}


def load(what: str, model: str, loader: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """Call a `from_pretrained`, telling the user what to do if it fails.

    Parameters
    ----------
    what : str
        "weights", "picture processor" or "tokenizer".
    model : str
        As the user wrote it.
    loader : callable

    Raises
    ------
    DataError
        If files are missing, unsafe or cannot be had from the hub.
    """
    try:
        return loader(*args, **options)
    # What transformers raises for a missing, foreign or damaged file, or without a network.
    except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
        first = str(error).strip().splitlines() or [type(error).__name__]
        remedy = (
            "The folder needs config.json, model.safetensors and preprocessor_config.json (or "
            "tokenizer.json for text), as save_pretrained() writes them."
            if is_path(model)
            else f"Check the name and the network: weights are downloaded on first use. Without a "
            f"network, run 'hf download {model} --local-dir FOLDER' elsewhere and give the folder."
        )
        raise DataError(
            f"huggingface: the {what} of '{model}' could not be loaded: {first[0]}", remedy
        ) from error


def load_model(model: str, revision: str | None, *, pooler: bool) -> Any:
    """Load a model in float32, in evaluation mode.

    Parameters
    ----------
    model : str
    revision : str, optional
    pooler : bool
        Whether the pooler's output is wanted. Only then need the file hold its weights.

    Raises
    ------
    DataError
        If it cannot be loaded, or weights that matter are not in the file: transformers would
        draw them at random, with a mere warning.
    """
    import torch
    from transformers import AutoModel

    where, options = locate(model, revision)
    loaded, info = load(
        "weights",
        model,
        AutoModel.from_pretrained,
        where,
        **options,
        use_safetensors=True,
        dtype=torch.float32,
        output_loading_info=True,
    )
    missing = sorted(key for key in info["missing_keys"] if pooler or not _of_pooler(key))
    if missing:
        raise DataError(
            f"huggingface: '{model}' lacks {len(missing)} weights, such as {missing[:3]}.",
            "The checkpoint belongs to another kind of model"
            + (" or has no pooler; take pooling: cls or mean." if pooler else "."),
        )
    return loaded.eval()


def _of_pooler(key: str) -> bool:
    return key.startswith("pooler.") or ".pooler." in key


def load_image_processor(model: str, revision: str | None) -> Any:
    """Load a model's picture processor in its Pillow form.

    The torchvision form, which transformers prefers where it is installed, differs by up to
    0.015; features must not depend on what happens to be installed.

    Raises
    ------
    DataError
        If there is none.
    """
    from transformers import AutoImageProcessor
    from transformers.image_processing_backends import PilBackend

    where, options = locate(model, revision)
    processor = load(
        "picture processor",
        model,
        AutoImageProcessor.from_pretrained,
        where,
        backend="pil",
        **options,
    )
    if not isinstance(processor, PilBackend):
        raise DataError(
            f"huggingface: the picture processor of '{model}' is a {type(processor).__name__}, "
            "which has no Pillow form.",
            "Take another checkpoint of the model, or write an extractor of your own.",
        )
    return processor


def load_tokenizer(model: str, revision: str | None) -> Any:
    """Load a model's tokenizer, or raise DataError."""
    from transformers import AutoTokenizer

    where, options = locate(model, revision)
    return load("tokenizer", model, AutoTokenizer.from_pretrained, where, **options)


def identity(model: str, loaded: Any) -> dict[str, Any]:
    """Say exactly which weights were used, for the provenance of a file.

    Returns
    -------
    dict
        The hub's commit, or the SHA-256 of each file of weights in the folder.
    """
    if not is_path(model):
        return {"commit": getattr(loaded.config, "_commit_hash", None)}
    files = sorted(Path(model).expanduser().glob("*.safetensors"))
    return {"weights": {file.name: sha256_of(file) for file in files}}
