"""Tables are Parquet files with a declared schema, checked when written and read."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from afterimage.contracts.errors import DataError
from afterimage.contracts.files import written

ARROW_TYPES = {
    "string": pa.string(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "bool": pa.bool_(),
    "list<string>": pa.list_(pa.string()),
}


@dataclass(frozen=True)
class Column:
    """One column of a table: its name, Arrow type, unit and meaning."""

    name: str
    type: str
    unit: str
    meaning: str
    nullable: bool = False


@dataclass(frozen=True)
class TableSchema:
    """A table's declared columns and the columns that identify a row."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """Column names in order."""
        return [column.name for column in self.columns]

    def arrow(self) -> pa.Schema:
        """Return the Arrow schema with units and meanings as field metadata."""
        return pa.schema(
            [
                pa.field(
                    column.name,
                    ARROW_TYPES[column.type],
                    column.nullable,
                    {"unit": column.unit, "meaning": column.meaning},
                )
                for column in self.columns
            ],
            metadata={"afterimage.table": self.name},
        )


def check_table(frame: pd.DataFrame, schema: TableSchema, where: str) -> None:
    """Check columns, missing values and the uniqueness of the key.

    Parameters
    ----------
    frame : DataFrame
    schema : TableSchema
    where : str
        The file (or the maker) that an error names.

    Raises
    ------
    DataError
        Naming the column or the first duplicate keys.
    """
    if list(frame.columns) != schema.names:
        raise DataError(
            f"{where}: table '{schema.name}' should have the columns {schema.names}, "
            f"found {list(frame.columns)}.",
            "If the file is an older version's, delete it and run again.",
        )
    for column in schema.columns:
        if not column.nullable and frame[column.name].isna().any():
            rows = frame.index[frame[column.name].isna()][:5].tolist()
            raise DataError(
                f"{where}: column '{column.name}' of table '{schema.name}' has missing values "
                f"(rows {rows}).",
                f"Give a value for each row: {column.meaning}.",
            )
    if schema.key and frame.duplicated(list(schema.key)).any():
        twice = frame[frame.duplicated(list(schema.key), keep=False)]
        examples = twice[list(schema.key)].drop_duplicates().head(5).to_dict("records")
        raise DataError(
            f"{where}: duplicate {', '.join(schema.key)} in table '{schema.name}': {examples}.",
            "Each row needs a key of its own; rename or remove the duplicates.",
        )


def write_table(path: Path | str, frame: pd.DataFrame, schema: TableSchema) -> None:
    """Check a table and write it whole.

    Raises
    ------
    DataError
        If the table breaks its schema.
    """
    frame = frame.reset_index(drop=True)
    check_table(frame, schema, str(path))
    try:
        table = pa.Table.from_pandas(frame, schema=schema.arrow(), preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise DataError(
            f"{path}: table '{schema.name}': {error}",
            "A column holds values of another type than the table declares.",
        ) from error
    # pandas would add its own version to the metadata, and the bytes would follow it.
    table = table.replace_schema_metadata(schema.arrow().metadata)
    with written(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")


def read_table(
    path: Path | str, schema: TableSchema, columns: Sequence[str] | None = None
) -> pd.DataFrame:
    """Read a table and check it against its schema.

    Raises
    ------
    DataError
        If the file is missing, damaged or of another schema.
    """
    if not Path(path).is_file():
        raise DataError(
            f"{path}: the table '{schema.name}' is missing.", "Run snakemake to make it."
        )
    try:
        table = pq.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(
            f"{path}: not a readable Parquet file ({error}).", "Delete it and run again."
        ) from error
    frame = table.to_pandas()
    check_table(frame, schema, str(path))
    return frame if columns is None else frame[list(columns)]
