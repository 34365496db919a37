"""All tokens of CLIP in the space that pictures and texts share, as Versatile Diffusion takes them.

Every token passes the tower's last normalisation and its projection, not only the one that stands
for the whole, and all are divided by the length of that one: ||class token|| or ||end of text|| is
one. Versatile Diffusion is conditioned on these (Xu et al. 2023, ICCV; `lib/model_zoo/clip.py` in
its repository and in Brain-Diffuser's copy of it), and Brain-Diffuser decodes them.
"""

from typing import TYPE_CHECKING, Any

from pydantic import Field

from afterimage.contracts.config.base import Entry
from afterimage.contracts.errors import ConfigError
from afterimage.features import checkpoint

if TYPE_CHECKING:
    from torch import Tensor

PARTS = ("vision_model", "visual_projection", "text_model", "text_projection")


class ClipEntry(Entry):
    """Which CLIP."""

    model: str = Field(
        "openai/clip-vit-large-patch14",
        min_length=1,
        description="Hub name of a CLIP model, or a folder that holds its checkpoint.",
    )
    revision: str | None = Field(
        None, description="Branch, tag or (best) commit on the hub; 'main' if not given."
    )


def load_clip(config: ClipEntry, device: str) -> Any:
    """Load both towers of a CLIP model.

    Raises
    ------
    DataError
        If the checkpoint cannot be had.
    ConfigError
        If it is of another kind of model.
    """
    model = checkpoint.load_model(config.model, config.revision, pooler=True)
    lacking = [part for part in PARTS if not hasattr(model, part)]
    if lacking:
        raise ConfigError(
            f"clip tokens: '{config.model}' ({type(model).__name__}) has no {lacking[0]}.",
            "Choose a CLIP model, such as 'openai/clip-vit-large-patch14'.",
        )
    return model.to(device)


def picture_tokens(clip: Any, pixels: "Tensor") -> "Tensor":
    """Return projected tokens over the length of the projected class token.

    Parameters
    ----------
    clip : CLIPModel
    pixels : Tensor, shape (n, 3, height, width)
        From the model's own processor.

    Returns
    -------
    Tensor, shape (n, tokens, d)
        The class token first; its length is one.
    """
    hidden = clip.vision_model(pixel_values=pixels).last_hidden_state
    tokens = clip.visual_projection(clip.vision_model.post_layernorm(hidden))
    return tokens / tokens[:, :1].norm(dim=-1, keepdim=True)


def text_tokens(clip: Any, ids: "Tensor") -> "Tensor":
    """Return projected tokens over the length of the projected end-of-text token.

    Parameters
    ----------
    clip : CLIPModel
    ids : Tensor of int, shape (n, tokens)
        Padded. No mask hides the padding: each token sees those before it, as in the source.

    Returns
    -------
    Tensor, shape (n, tokens, d)
    """
    output = clip.text_model(input_ids=ids)
    tokens = clip.text_projection(output.last_hidden_state)
    end = clip.text_projection(output.pooler_output)
    return tokens / end[:, None].norm(dim=-1, keepdim=True)
