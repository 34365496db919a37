"""Hidden states of any Hugging Face vision model, or of a vision-language model's text tower."""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
import pandas as pd
from PIL import Image
from pydantic import Field, model_validator

from afterimage.contracts.config.base import Entry
from afterimage.contracts.errors import ConfigError
from afterimage.features import checkpoint
from afterimage.features.inference import exact_inference, in_parts
from afterimage.features.pooling import Pooling, pool, special_tokens
from afterimage.features.template import check_template, fields_of, fill

if TYPE_CHECKING:
    from torch import Tensor


class HuggingFaceConfig(Entry):
    """A layer of a pretrained network."""

    name: Literal["huggingface"] = Field(description="The extractor's name.")
    model: str = Field(min_length=1, description="Hub name, or a folder that holds a checkpoint.")
    revision: str | None = Field(
        None, description="Branch, tag or (best) commit on the hub; 'main' if not given."
    )
    tower: Literal["vision", "text"] = Field(
        "vision", description="What it reads: pictures, or sentences made from the stimuli table."
    )
    layer: int | Literal["last", "projection"] = Field(
        "last",
        description="0: embeddings, i: after block i, -1: after the last block; 'last': after "
        "the final normalisation, if the model has one; 'projection': the space that pictures "
        "and texts share.",
    )
    pooling: Pooling = Field(
        "none",
        description="'none' keeps all tokens, 'cls' the class token, 'mean' averages patches (or "
        "words), 'pooler' is the model's own summary of its last layer.",
    )
    text: str | None = Field(
        None,
        description="Sentence for tower: text, with columns of the stimuli table in braces: "
        "'a photo of a {category}'.",
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.layer == "projection" and self.pooling != "none":
            raise ValueError("layer 'projection' is one vector already: pooling must be 'none'")
        if self.pooling == "pooler" and self.layer != "last":
            raise ValueError("pooling 'pooler' summarises the last layer: layer must be 'last'")
        if (self.tower == "text") != (self.text is not None):
            raise ValueError("'text' belongs to tower 'text': give both or neither")
        if self.text is not None:
            fields_of(self.text)
        if self.tower == "text" and self.pooling == "cls":
            raise ValueError(
                "the first token of a text tower sees no other word: pooling 'pooler' or 'mean'"
            )
        return self


class HuggingFace:
    """Features of a pretrained network; their shape is known once the model is loaded."""

    Config: ClassVar[type[Entry]] = HuggingFaceConfig
    unit = "1"

    def __init__(self, config: HuggingFaceConfig, device: str = "cpu") -> None:
        self.config = config
        self.device = device
        self.needs: Literal["image", "table"] = "image" if config.tower == "vision" else "table"
        self.shape: tuple[int, ...] = ()
        self.dims: tuple[str, ...] = ()
        self.details: dict[str, Any] = {}

    def prepare(self, stimuli: pd.DataFrame) -> None:
        """Load the model and learn the shape of its features from one input.

        Parameters
        ----------
        stimuli : DataFrame
            The columns that `text` names are looked at.

        Raises
        ------
        DataError
            If the checkpoint cannot be had, or a stimulus lacks a word.
        ConfigError
            If the model has no such tower, layer or token.
        """
        config = self.config
        if config.text is not None:
            check_template(config.text, stimuli)
        self._model = checkpoint.load_model(
            config.model, config.revision, pooler=config.pooling == "pooler"
        ).to(self.device)
        self._tower = self._find_tower()
        if config.tower == "vision":
            self._reader = checkpoint.load_image_processor(config.model, config.revision)
            probe = self._forward(self._pixels([np.full((8, 8, 3), 128, dtype=np.uint8)]))
        else:
            self._reader = checkpoint.load_tokenizer(config.model, config.revision)
            probe = self._forward(self._words(["a"]))
        self.shape = tuple(probe.shape[1:])
        self.dims = {1: ("feature",), 2: ("token", "feature"), 3: ("channel", "row", "column")}[
            len(self.shape)
        ]
        self.details = {
            **checkpoint.identity(config.model, self._model),
            "reader": type(self._reader).__name__,
        }

    def extract(self, images: Sequence[np.ndarray] | None, stimuli: pd.DataFrame) -> np.ndarray:
        """Run the model.

        Parameters
        ----------
        images : sequence of ndarray of uint8, shape (H, W, 3), or None
            Of any size; the model's own processor resizes, crops and normalises.
        stimuli : DataFrame
            Read for tower "text".

        Returns
        -------
        ndarray of float32, shape (n, *shape)
        """
        if self.config.text is None:
            assert images is not None
            return self._run(self._pixels, images)
        # Many stimuli share a sentence: each is read once.
        texts, order = np.unique(fill(self.config.text, stimuli), return_inverse=True)
        return self._run(self._words, texts.tolist())[order]

    def _run(self, read: Callable[[Any], dict[str, "Tensor"]], items: Sequence[Any]) -> np.ndarray:
        """Pass inputs through the model, a few at a time."""
        return in_parts(items, self.shape, lambda some: self._forward(read(some)))

    def _find_tower(self) -> Any:
        """Return the part of the model that reads pictures (or words)."""
        wanted = self.config.tower
        reads = "pixel_values" if wanted == "vision" else "input_ids"
        tower = getattr(self._model, f"{wanted}_model", None)
        if tower is None and wanted == "vision":
            # GIT's name for its tower.
            tower = getattr(self._model, "image_encoder", None)
        if tower is None and self._model.main_input_name == reads:
            tower = self._model
        if tower is None:
            raise ConfigError(
                f"huggingface: '{self.config.model}' ({type(self._model).__name__}) has no "
                f"{wanted} tower.",
                "Choose the other tower, or a vision-language model such as "
                "'openai/clip-vit-large-patch14'.",
            )
        return tower

    def _pixels(self, images: Sequence[np.ndarray]) -> dict[str, "Tensor"]:
        """Prepare pictures as the model was trained on."""
        # Pillow pictures leave no doubt about which axis is colour.
        pictures = [Image.fromarray(image) for image in images]
        return dict(self._reader(images=pictures, return_tensors="pt"))

    def _words(self, texts: Sequence[str]) -> dict[str, "Tensor"]:
        """Cut sentences into tokens, always to the same length."""
        longest = self._tower.config.max_position_embeddings
        return dict(
            self._reader(
                list(texts),
                padding="max_length",
                truncation=True,
                max_length=min(self._reader.model_max_length, longest),
                return_tensors="pt",
            )
        )

    def _forward(self, inputs: dict[str, "Tensor"]) -> "Tensor":
        """Return features, shape (n, *shape), of one batch of inputs."""
        inputs = {name: values.to(self.device) for name, values in inputs.items()}
        with exact_inference():
            if self.config.layer == "projection":
                return self._projected(inputs)
            every = isinstance(self.config.layer, int)
            output = self._tower(**inputs, output_hidden_states=every, return_dict=True)
            if self.config.pooling == "pooler":
                return self._pooled(output)
            hidden = self._layer(output)
            return pool(hidden, self.config.pooling, self._counted(hidden, inputs))

    def _projected(self, inputs: dict[str, "Tensor"]) -> "Tensor":
        kind = "image" if self.config.tower == "vision" else "text"
        project = getattr(self._model, f"get_{kind}_features", None)
        if project is None:
            raise ConfigError(
                f"huggingface: '{self.config.model}' ({type(self._model).__name__}) has no space "
                "that pictures and texts share.",
                "Take layer: last or a number instead of projection.",
            )
        return project(**inputs).pooler_output

    def _pooled(self, output: Any) -> "Tensor":
        pooled = getattr(output, "pooler_output", None)
        if pooled is None:
            raise ConfigError(
                f"huggingface: '{self.config.model}' has no pooler.", "Take pooling: cls or mean."
            )
        # Convolutional networks keep two axes of length one.
        return pooled.reshape(len(pooled), -1)

    def _layer(self, output: Any) -> "Tensor":
        """Return the wanted layer's hidden states."""
        layer = self.config.layer
        if not isinstance(layer, int):
            return output.last_hidden_state
        states = output.hidden_states
        if not -len(states) <= layer < len(states):
            raise ConfigError(
                f"huggingface: layer is {layer}, but '{self.config.model}' has layers 0 "
                f"(embeddings) to {len(states) - 1}.",
                "Take one of these, or 'last'.",
            )
        return states[layer]

    def _counted(self, hidden: "Tensor", inputs: dict[str, "Tensor"]) -> "Tensor":
        """Tell which tokens a mean is over: patches, or words with their begin and end marks."""
        import torch

        counted = torch.ones(hidden.shape[:2], dtype=torch.bool, device=hidden.device)
        if self.config.tower == "text":
            return inputs.get("attention_mask", counted).bool()
        patches = hidden.shape[1]
        if hidden.ndim == 3:
            side = self._tower.config.patch_size
            sides = side if isinstance(side, tuple | list) else (side, side)
            size = inputs["pixel_values"].shape[-2:]
            patches = math.prod(n // side for n, side in zip(size, sides, strict=True))
        special = special_tokens(hidden.shape[1], patches, self.config.pooling, self.config.model)
        counted[:, :special] = False
        return counted
