"""What is wrong with an `arrays` configuration before any file is opened."""

import re
from collections.abc import Iterator

from afterimage.contracts.config.base import Entry
from afterimage.ingest.arrays.config import (
    Channels,
    Config,
    Images,
    Layer,
    Responses,
    Series,
    Split,
)
from afterimage.ingest.arrays.fields import SINGLE_ARRAY, Selector, Source, Vector
from afterimage.ingest.arrays.layers import PLACES, Piece, pieces, placeholders

SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
VOLUME = {"x", "y", "z"}
# Axes that are neither trials nor channels.
OTHER_AXES = {"time", "frequency"}


def mistakes(config: Config) -> list[str]:
    """Return every mistake in words that follow "expected", each said once."""
    found: list[str] = []
    for name in [*config.subjects, *(config.parts or {})]:
        if not SAFE_NAME.fullmatch(name):
            found.append(f"letters, digits, '-' and '_' in the name of a subject or part: '{name}'")
    if not config.subjects:
        found.append("at least one subject under `subjects`")
    for subject in config.subjects:
        for piece in pieces(config, subject):
            found += _piece(piece)
    return list(dict.fromkeys(found))


def _piece(piece: Piece) -> Iterator[str]:
    layer = piece.layer
    where = f" (part '{piece.part}')" if piece.part else ""
    if layer.responses is None:
        yield f"`responses`{where}: where the responses lie is not said"
    else:
        yield from (message + where for message in _responses(layer.responses, layer))
    yield from (message + where for message in _combinations(layer))
    if piece.role is not None and layer.split is not None:
        yield f"either parts with roles or `split`, not both{where}"
    yield from _placeholders("", layer, piece)
    for path, entry in _walk(layer, ""):
        yield from _placeholders(path, entry, piece)
        if isinstance(entry, Source):
            yield from _source(path, entry)
            yield from _names(path, entry)
        if isinstance(entry, Selector):
            yield from _selector(path, entry)


def _responses(responses: Responses, layer: Layer) -> Iterator[str]:
    row = "time" if layer.series else "trial"
    ways = [responses.key is not None, responses.columns is not None, responses.join is not None]
    if sum(ways) > 1:
        yield "one of `key`, `columns` and `join` in `responses`, not several"
    if responses.value is not None or responses.values is not None:
        yield "`responses` as the key of an array in a file, not as values"
    axes = responses.axes
    if axes is None:
        return
    if len(set(axes)) != len(axes):
        yield f"`responses.axes` without repeated names, found {axes}"
    rows = {"stimulus", "repetition"} & set(axes) if "stimulus" in axes else {row} & set(axes)
    if not rows:
        yield f"`responses.axes` with an axis named '{row}', found {axes}"
    rest = [a for a in axes if a not in rows | OTHER_AXES | VOLUME]
    volume = VOLUME & set(axes)
    if volume and volume != VOLUME:
        yield f"all of x, y, z in `responses.axes`, or none of them, found {axes}"
    if len(rest) + bool(volume) > 1:
        yield (
            f"one channel axis (such as voxel or sensor) in `responses.axes` beside {row}, time "
            f"and frequency, found {axes}"
        )


def _combinations(layer: Layer) -> Iterator[str]:
    stimuli, trials, series, split = layer.stimuli, layer.trials, layer.series, layer.split
    if stimuli is not None and stimuli.images is not None and stimuli.files is not None:
        yield "one of `stimuli.images` and `stimuli.files`, not both"
    if stimuli is not None and stimuli.files is not None:
        if "name" in placeholders(stimuli.files.pattern) and stimuli.files.name is None:
            yield "`stimuli.files.name` (a vector of file names) for the placeholder {name}"
        known = {"id", "number", "name", "category", "group", *PLACES}
        for name in sorted(placeholders(stimuli.files.pattern) - known):
            yield f"placeholders {sorted(known)} in `stimuli.files.pattern`, found {{{name}}}"
    if series is not None:
        yield from _series(series)
        if trials is not None:
            yield "`series.label`, `series.run`, ... instead of `trials` beside a series"
        if split is not None:
            yield "`parts`, or a split by the experiment, instead of `split` beside a series"
    for name in ("category", "group"):
        if stimuli and trials and getattr(stimuli, name) and getattr(trials, name):
            yield f"one of `stimuli.{name}` and `trials.{name}`, not both"
    if split is not None:
        yield from _split(split, layer)
    if layer.channels is not None:
        yield from _channels(layer.channels)
    responses = layer.responses
    stimulus_axis = bool(responses and responses.axes and "stimulus" in responses.axes)
    if stimulus_axis and trials is not None and trials.stimulus is not None:
        yield "either an axis `stimulus` of the responses or `trials.stimulus`, not both"


def _series(series: Series) -> Iterator[str]:
    if (series.label is None) == (series.events is None):
        yield "one of `series.label` (per volume) and `series.events`"
    if series.events is not None:
        for key in ("onset", "duration", "label"):
            if getattr(series.events, key) is None:
                yield f"`series.events.{key}`"
        if series.tr is None:
            yield "`series.tr`, the seconds between volumes, beside `series.events`"
        if series.run is not None or series.session is not None:
            yield "events per file: `runs` and `sessions` listed instead of `series.run`"
        if series.stimulus is not None:
            yield "`series.events.stimulus` instead of `series.stimulus` beside events"


def _split(split: Split, layer: Layer) -> Iterator[str]:
    chosen = [split.train, split.test, split.val]
    if split.role is None and not any(chosen):
        yield "`role`, `train` or `test` in `split`"
    if split.role is not None and any(chosen):
        yield "either `split.role` or `split.train`/`split.test`, not both"
    if split.by == "stimulus" and layer.stimuli is None:
        yield "`stimuli` beside `split.by: stimulus`"


def _channels(channels: Channels) -> Iterator[str]:
    single = [channels.x, channels.y, channels.z]
    if any(single) and (channels.xyz is not None or not all(single)):
        yield "either `channels.xyz` or all of `channels.x`, `channels.y`, `channels.z`"


def _walk(entry: Entry, path: str) -> Iterator[tuple[str, Entry]]:
    """Yield each entry below with its dotted path."""
    for name in type(entry).model_fields:
        value = getattr(entry, name)
        here = f"{path}.{name}" if path else name
        items = value if isinstance(value, list) else [value]
        items = list(value.values()) if isinstance(value, dict) else items
        for item in items:
            if isinstance(item, Entry):
                yield here, item
                yield from _walk(item, here)


def _placeholders(path: str, entry: Entry, piece: Piece) -> Iterator[str]:
    for name in ("file", "key"):
        pattern = getattr(entry, name, None)
        if not isinstance(pattern, str):
            continue
        here = f"{path}.{name}".lstrip(".")
        for place in sorted(placeholders(pattern) - set(piece.places)):
            if place in PLACES:
                yield f"`{place}s` listed, because `{here}` uses {{{place}}}"
            else:
                yield f"placeholders {list(PLACES)} in `{here}`, found {{{place}}}"
        if name == "file" and (pattern.startswith(("/", "~")) or ".." in pattern.split("/")):
            yield f"a path below data_root in `{here}`, found '{pattern}'"


def _source(path: str, source: Source) -> Iterator[str]:
    given = [k for k in ("key", "columns", "value", "values") if getattr(source, k) is not None]
    if len(given) > 1:
        yield f"one of {given} in `{path}`"
    ranges = isinstance(source, Selector) and source.ranges is not None
    joined = isinstance(source, Responses) and source.join is not None
    anonymous = not given and not ranges and not joined and source.file is None
    if anonymous and not isinstance(source, Responses | Images):
        yield f"`key` or `file` in `{path}`: where it lies is not said"
    single = source.file is not None and source.file.lower().endswith(SINGLE_ARRAY)
    if single and source.key is not None:
        yield f"no `key` in `{path}`: a .npy or NIfTI file holds one array"
    if source.columns is not None and not isinstance(source, Responses) and _is_vector(source):
        yield f"`key`, one column, in `{path}`"


def _names(path: str, source: Source) -> Iterator[str]:
    if not isinstance(source, Vector):
        return
    if source.names is not None and source.names_from is not None:
        yield f"one of `names` and `names_from` in `{path}`"


def _is_vector(source: Source) -> bool:
    return hasattr(source, "names") or isinstance(source, Selector)


def _selector(path: str, chosen: Selector) -> Iterator[str]:
    if (chosen.ranges is not None or chosen.values is not None) and chosen.base is None:
        yield f"`base: 0` or `base: 1` in `{path}`: where row numbers start"
    if chosen.only is not None and chosen.without is not None:
        yield f"one of `only` and `without` in `{path}`"
    for first, last in chosen.ranges or []:
        if chosen.base is not None and not chosen.base <= first <= last:
            yield f"ranges [first, last] from {chosen.base} on in `{path}`, found [{first}, {last}]"
