"""From a layer's tokens (or maps) to what is kept of them."""

from typing import TYPE_CHECKING, Literal

from afterimage.contracts.errors import ConfigError

if TYPE_CHECKING:
    from torch import Tensor

Pooling = Literal["none", "cls", "mean", "pooler"]


def pool(hidden: "Tensor", pooling: Pooling, counted: "Tensor") -> "Tensor":
    """Reduce the hidden states of a layer.

    Parameters
    ----------
    hidden : Tensor, shape (n, tokens, features) or (n, channels, rows, columns)
    pooling : str
        "none" keeps all; "cls" takes token 0; "mean" averages the tokens that count, or the map.
    counted : Tensor of bool, shape (n, tokens)
        Tokens that "mean" averages. Not used with maps.

    Returns
    -------
    Tensor, shape (n, features), (n, channels) or that of `hidden`
    """
    if pooling == "none":
        return hidden
    if pooling == "cls":
        return hidden[:, 0]
    if hidden.ndim == 4:
        return hidden.mean(dim=(2, 3))
    weights = counted.to(hidden.dtype)[..., None]
    return (hidden * weights).sum(dim=1) / weights.sum(dim=1)


def special_tokens(tokens: int, patches: int, pooling: Pooling, model: str) -> int:
    """Count the tokens before the patches: class token and registers.

    Parameters
    ----------
    tokens : int
        In the layer's sequence.
    patches : int
        That the picture is cut into.
    pooling : str
    model : str
        For the error.

    Raises
    ------
    ConfigError
        If "cls" is asked of a model that has no class token.
    """
    # Models that merge patches on the way (Swin) end up with fewer tokens than patches.
    special = max(0, tokens - patches)
    if pooling == "cls" and special == 0:
        raise ConfigError(
            f"huggingface: pooling is 'cls', but '{model}' has no class token.",
            "Take pooling: mean, or pooling: pooler with layer: last.",
        )
    return special
