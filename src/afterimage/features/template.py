"""Sentences about stimuli, from the columns of their table."""

import string

import pandas as pd

from afterimage.contracts.errors import ConfigError, DataError


def fields_of(template: str) -> list[str]:
    """Return the column names between braces, sorted.

    Raises
    ------
    ValueError
        If the braces hold anything but plain names; for the validation of a configuration.
    """
    # Formatter.parse itself raises ValueError for braces that do not match.
    parts = list(string.Formatter().parse(template))
    names = {name for _, name, _, _ in parts if name is not None}
    odd = any(spec or conversion for _, _, spec, conversion in parts)
    if odd or not all(name.isidentifier() for name in names):
        raise ValueError("braces hold the name of a column and nothing else")
    return sorted(names)


def check_template(template: str, stimuli: pd.DataFrame) -> None:
    """Check that a template can be filled for each stimulus.

    Raises
    ------
    ConfigError
        If it names a column that the table does not have.
    DataError
        If a stimulus has no value there.
    """
    for name in fields_of(template):
        if name not in stimuli.columns:
            raise ConfigError(
                f"text: '{template}' names the column '{name}', which the stimuli do not have.",
                f"Columns: {', '.join(stimuli.columns)}.",
            )
        bare = stimuli.loc[stimuli[name].isna(), "stimulus_id"].tolist()
        if bare:
            raise DataError(
                f"stimuli table: {len(bare)} stimuli have no '{name}', such as {bare[:5]}.",
                f"Give them one, or leave '{{{name}}}' out of the extractor's text.",
            )


def fill(template: str, stimuli: pd.DataFrame) -> list[str]:
    """Return the sentence of each row."""
    rows = stimuli[fields_of(template)].to_dict("records")
    return [template.format(**{str(key): value for key, value in row.items()}) for row in rows]
