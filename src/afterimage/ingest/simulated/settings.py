"""What the configurations of simulated sensors share."""

from typing import Annotated

from pydantic import Field

SharedPatterns = Annotated[
    float,
    Field(
        ge=0,
        le=1,
        description="Share of the variance of each sensor pattern that all subjects have in "
        "common: what can be learnt from other subjects.",
    ),
]
