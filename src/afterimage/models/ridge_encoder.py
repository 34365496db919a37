"""Ridge encoder: responses from stimulus features."""

from typing import ClassVar, Literal

from pydantic import Field

from afterimage.models.ridge_model import Ridge, RidgeEntry


class RidgeEncoderConfig(RidgeEntry):
    """Configuration of the ridge encoder."""

    name: Literal["ridge_encoder"] = Field(
        description="Ridge regression from features to responses."
    )


class RidgeEncoder(Ridge):
    """Responses from features by ridge regression, a penalty per channel."""

    Config = RidgeEncoderConfig
    kind: ClassVar[Literal["decoder", "encoder"]] = "encoder"
