"""Entries whose settings are validated by the class that their `name` chooses."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field


def _named(value: Any) -> Any:
    """Let a bare name stand for an entry without settings."""
    return {"name": value} if isinstance(value, str) else value


# The class behind the name is looked up by `check_seams`, which knows the seam.
SeamEntry = Annotated[
    dict[str, Any],
    BeforeValidator(_named),
    Field(json_schema_extra={"required": ["name"]}),
]
