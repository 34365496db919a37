"""What every configured entry shares: no unknown keys, no later changes."""

from pydantic import BaseModel, ConfigDict


class Entry(BaseModel):
    """Base of all configuration models."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
