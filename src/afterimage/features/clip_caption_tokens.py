"""Captions of a picture as the tokens that condition Versatile Diffusion, averaged."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from afterimage.contracts.config.base import Entry
from afterimage.features import checkpoint
from afterimage.features.clip_tokens import ClipEntry, load_clip, text_tokens
from afterimage.features.inference import exact_inference, in_parts

if TYPE_CHECKING:
    from torch import Tensor


class ClipCaptionTokensConfig(ClipEntry):
    """CLIP's tokens of captions in the shared space, over the length of the end of the text."""

    name: Literal["clip_caption_tokens"] = Field(description="The extractor's name.")


class ClipCaptionTokens:
    """Mean over a picture's captions of their tokens; (77, 768) for ViT-L/14."""

    Config: ClassVar[type[Entry]] = ClipCaptionTokensConfig
    needs: Literal["image", "table", "captions"] = "captions"
    dims: tuple[str, ...] = ("token", "feature")
    unit = "1"

    def __init__(self, config: ClipCaptionTokensConfig, device: str = "cpu") -> None:
        self.config = config
        self.device = device
        self.shape: tuple[int, ...] = ()
        self.details: dict[str, Any] = {}

    def prepare(self, stimuli: pd.DataFrame) -> None:
        """Load the model and learn the shape of its tokens.

        Raises
        ------
        DataError
            If the checkpoint cannot be had.
        ConfigError
            If it is of another kind of model.
        """
        config = self.config
        self._clip = load_clip(config, self.device)
        self._tokenizer = checkpoint.load_tokenizer(config.model, config.revision)
        self.shape = tuple(self._forward(["a"]).shape[1:])
        self.details = {
            **checkpoint.identity(config.model, self._clip),
            "reader": type(self._tokenizer).__name__,
        }

    def extract(self, images: Sequence[np.ndarray] | None, stimuli: pd.DataFrame) -> np.ndarray:
        """Describe captions.

        Parameters
        ----------
        images : None
            Not used.
        stimuli : DataFrame
            Column ``captions``: a sequence of texts for each picture, at least one.

        Returns
        -------
        ndarray of float32, shape (n, tokens, d)
        """
        values = np.empty((len(stimuli), *self.shape), dtype=np.float32)
        for row, captions in enumerate(stimuli["captions"]):
            tokens = in_parts(list(captions), self.shape, self._forward)
            values[row] = tokens.mean(axis=0, dtype=np.float64)
        return values

    def _forward(self, captions: Sequence[str]) -> "Tensor":
        longest = self._clip.text_model.config.max_position_embeddings
        ids = self._tokenizer(
            list(captions),
            padding="max_length",
            truncation=True,
            max_length=min(self._tokenizer.model_max_length, longest),
            return_tensors="pt",
        )["input_ids"]
        with exact_inference():
            return text_tokens(self._clip, ids.to(self.device))
