"""How the YAML of an `arrays` data set says where an array or a vector lies.

Every field may be missing: a subject or a part of the data gives only what differs, and what is
missing is taken from the layer below (see :mod:`afterimage.ingest.arrays.layers`).
"""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

from afterimage.contracts.config.base import Entry

# Files of these kinds hold one array: their name alone says everything.
SINGLE_ARRAY = (".npy", ".nii", ".nii.gz")

Scalar = bool | int | float | str


def text(value: Any) -> str:
    """Return a value as a file and a YAML key would agree on it: 1.0 is "1", true is "true"."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _text_keys(value: Any) -> Any:
    return {text(key): item for key, item in value.items()} if isinstance(value, dict) else value


def listed(value: Any) -> Any:
    """Let one value stand for a list of one."""
    return value if value is None or isinstance(value, list | tuple) else [value]


def columns_form(value: Any) -> Any:
    """Let a wildcard or a list of names stand for the full form."""
    if isinstance(value, str):
        return {"like": value}
    if isinstance(value, list | tuple):
        return {"names": value}
    return value


Base = Literal[0, 1]
Names = Annotated[dict[str, Scalar], BeforeValidator(_text_keys)]
Values = Annotated[list[Scalar], BeforeValidator(listed)]


class Columns(Entry):
    """Which columns of a table form a matrix (short: a wildcard, or a list of names)."""

    names: list[str | int] | None = Field(
        default=None, description="Column names, or numbers counted from 0, in the order wanted."
    )
    like: str | None = Field(default=None, description="Wildcard such as `v*` or `roi?_*`.")
    regex: str | None = Field(
        default=None, description="Regular expression that the whole column name matches."
    )
    first: str | int | None = Field(
        default=None, description="First column of a range, as it stands in the file."
    )
    last: str | int | None = Field(default=None, description="Last column of the range, included.")
    without: list[str | int] | None = Field(
        default=None, description="All columns but these (or: the matches above but these)."
    )

    def text(self) -> str:
        """Return the choice in words, for an error."""
        given = self.model_dump(exclude_none=True)
        return ", ".join(f"{key} {value}" for key, value in given.items())


class Source(Entry):
    """Where an array lies.

    Short forms: a string is a key of the default file (or, if it ends in .npy, .nii or .nii.gz, a
    file); a number is the same value for all rows; a list holds the values themselves.
    """

    file: str | None = Field(
        default=None,
        description="Path below data_root; default: the nearest `file` above. May hold "
        "{subject}, {part}, {session}, {run}.",
    )
    key: str | int | None = Field(
        default=None,
        description="Array name in .mat or .npz (`data.responses`, `cells{2}` in a .mat), path in "
        "HDF5 (`a/b/c`), column of a table by name or by number from 0. May hold placeholders.",
    )
    columns: Annotated[Columns | None, BeforeValidator(columns_form)] = Field(
        default=None, description="Several columns of a table, together a matrix."
    )
    value: Scalar | None = Field(default=None, description="The same value for each row.")
    values: Values | None = Field(default=None, description="The values, one per row.")
    header: bool | None = Field(
        default=None,
        description="Whether a text table's first line names the columns. Default: yes for .csv "
        "and .tsv, no for .txt and .1D.",
    )
    separator: str | None = Field(
        default=None,
        description="Of a text table; `whitespace` for any run of blanks. Default: comma (.csv), "
        "tab (.tsv), whitespace (else).",
    )

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, data: Any) -> Any:
        if isinstance(data, str):
            return {"file" if data.lower().endswith(SINGLE_ARRAY) else "key": data}
        if isinstance(data, bool | int | float):
            return {"value": data}
        if isinstance(data, list | tuple):
            return {"values": data}
        return data

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Offer the short forms beside the full one."""
        return {"anyOf": [handler(core_schema), {"type": ["string", "number", "array"]}]}


class NameList(Source):
    """A vector of names in a file, for numbers that count along it."""

    base: Base = Field(description="Whether number 0 or number 1 is the first name: must be said.")


class Vector(Source):
    """One value per row: numbers or strings."""

    names: Names | None = Field(
        default=None,
        description="What the file's values mean: `{1: six, 2: nine}`. A value that is not listed "
        "is an error. Quote yes, no, on, off.",
    )
    names_from: NameList | None = Field(
        default=None, description="Instead of `names`: a vector of names in a file, and its `base`."
    )
    one_hot: bool | None = Field(
        default=None,
        description="The file holds a matrix rows x classes with one 1 per row; the value is the "
        "number of its column, counted from 0 (then `names`).",
    )
    scale: float | None = Field(default=None, description="Numbers are multiplied by this (1).")
    add: float | None = Field(default=None, description="Then this is added (0).")


class StimulusVector(Vector):
    """Which stimulus each trial showed."""

    base: Base | None = Field(
        default=None,
        description="Given: the values are row numbers of the stimuli, counted from 0 or from 1. "
        "Not given: the values are ids.",
    )


class Selector(Source):
    """Which rows are meant.

    A boolean vector is a mask; a vector of integers with `base` lists row numbers; any vector with
    `only` or `without` is compared with values; `ranges` needs no file.
    """

    base: Base | None = Field(
        default=None, description="Row numbers count from 0 or from 1: must be said."
    )
    ranges: list[tuple[int, int]] | None = Field(
        default=None, description="`[[first, last], ...]`, both included, counted from `base`."
    )
    only: Values | None = Field(default=None, description="Rows whose value is one of these.")
    without: Values | None = Field(default=None, description="Rows whose value is none of these.")
