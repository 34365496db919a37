"""Arrays in MATLAB files: up to v7 by scipy, v7.3 (which is HDF5) by h5py.

Both give what MATLAB shows: ``size(X)`` in MATLAB is the shape here. Version 7.3 stores every array
with its axes reversed; that is undone here, so the YAML never depends on the version of the file.
"""

import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from afterimage.contracts.errors import DataError
from afterimage.ingest.arrays.files import (
    FileArray,
    damaged,
    describe,
    in_memory,
    on_demand,
    wrong_key,
)
from afterimage.ingest.own_values import refuse_foreign_values

# data.trials(2).responses or cells{3}: names, and numbers that count from one as in MATLAB.
STEP = re.compile(r"[A-Za-z_]\w*|\{\d+\}|\(\d+\)")


def open_matlab(path: Path, key: str | int | None) -> FileArray:
    """Open a variable, or a field of a struct, or an element of a cell array.

    Raises
    ------
    DataError
        If the file is damaged, has no such variable, or holds a MATLAB object (table, string,
        categorical), which no reader outside MATLAB understands.
    """
    return _open_73(path, key) if _is_hdf5(path) else _open_5(path, key)


def matlab_keys(path: Path) -> dict[str, str]:
    """Return each variable and each field of a struct with its shape and type."""
    return _keys_73(path) if _is_hdf5(path) else _keys_5(path)


def _is_hdf5(path: Path) -> bool:
    import h5py

    return bool(h5py.is_hdf5(path))


def _steps(key: str | int | None) -> list[str]:
    return STEP.findall(str(key)) if key is not None else []


def _object(path: Path, key: Any) -> DataError:
    return DataError(
        f"{path}, key '{key}': is a MATLAB object (table, string or categorical), expected an "
        "array, a struct or a cell array of character vectors.",
        "In MATLAB convert it: cellstr(x) for strings and categoricals, table2struct or "
        "T.Variables for a table; then save again.",
    )


# ---------------------------------------------------------------------------- up to version 7


def _load_5(path: Path, names: list[str] | None) -> dict[str, Any]:
    import scipy.io

    try:
        with warnings.catch_warnings():
            # mat_dtype drops imaginary parts: an error where the variable is wanted.
            if names is None:
                warnings.simplefilter("ignore", np.exceptions.ComplexWarning)
            else:
                warnings.simplefilter("error", np.exceptions.ComplexWarning)
            # mat_dtype: MATLAB stores whole doubles as bytes; the type that MATLAB shows is meant.
            content = scipy.io.loadmat(
                path, variable_names=names, mat_dtype=True, struct_as_record=False
            )
    except np.exceptions.ComplexWarning as error:
        raise DataError(
            f"{path}, key '{(names or [''])[0]}': holds complex numbers, expected real ones.",
            "Save the real part, the magnitude or the phase.",
        ) from error
    except Exception as error:  # scipy raises a dozen kinds for a damaged file
        raise damaged(path, error) from error
    return {name: value for name, value in content.items() if not name.startswith("__")}


def _open_5(path: Path, key: str | int | None) -> FileArray:
    steps = _steps(key)
    if not steps:
        found = _keys_5(path)
        if len(found) != 1:
            raise wrong_key(path, key, found)
        key = next(iter(found))
        steps = _steps(key)
    if len(steps) == 1 and (known := _numeric_5(path, steps[0])) is not None:
        return on_demand(_read_5, path, steps[0], f"{path}, key '{key}'", *known)
    content = _load_5(path, [steps[0]])
    if steps[0] not in content:
        raise wrong_key(path, key, _keys_5(path))
    value = content[steps[0]]
    for step in steps[1:]:
        value = _step_5(value, step)
        if value is None:
            raise wrong_key(path, key, _keys_5(path))
    return in_memory(_plain_5(value, path, key), f"{path}, key '{key}'")


CLASSES = {"single": "float32", "double": "float64", "logical": "bool"}


def _numeric_5(path: Path, name: str) -> tuple[tuple[int, ...], str] | None:
    """Return shape and type of a numeric variable from the file's headers; None for others."""
    import scipy.io

    try:
        found = {item[0]: item[1:] for item in scipy.io.whosmat(path)}
    except Exception as error:  # scipy raises a dozen kinds for a damaged file
        raise damaged(path, error) from error
    shape, kind = found.get(name, ((), ""))
    kind = CLASSES.get(kind, kind)
    return (shape, kind) if kind.startswith(("float", "int", "uint", "bool")) else None


def _read_5(path: Path, name: str) -> np.ndarray:
    return np.asarray(_load_5(path, [name])[name])


def _step_5(value: Any, step: str) -> Any:
    """Go one step into a struct, a struct array or a cell array; None if there is no such thing."""
    if step[0] in "{(":
        number = int(step[1:-1])
        flat = np.asarray(value, dtype=object).ravel(order="F")
        return flat[number - 1] if 1 <= number <= flat.size else None
    elements = [value] if hasattr(value, "_fieldnames") else list(np.asarray(value).ravel("F"))
    if not elements or not all(step in getattr(e, "_fieldnames", ()) for e in elements):
        return None
    fields = [getattr(element, step) for element in elements]
    if len(fields) == 1:
        return fields[0]
    collected = np.empty(len(fields), dtype=object)
    collected[:] = fields
    return collected


def _plain_5(value: Any, path: Path, key: Any) -> np.ndarray:
    from scipy.io.matlab import MatlabFunction, MatlabOpaque

    if isinstance(value, MatlabOpaque | MatlabFunction):
        raise _object(path, key)
    if hasattr(value, "_fieldnames") or _holds_structs(value):
        raise DataError(
            f"{path}, key '{key}': is a struct with the fields {_fields(value)}, expected an "
            "array.",
            f"Name a field: `key: {key}.{_fields(value)[0] if _fields(value) else 'field'}`.",
        )
    array = np.asarray(value.toarray() if hasattr(value, "toarray") else value)
    return cells(list(array.ravel("F")), path, key) if array.dtype == object else array


def _holds_structs(value: Any) -> bool:
    array = np.asarray(value)
    return array.dtype == object and array.size > 0 and hasattr(array.flat[0], "_fieldnames")


def _fields(value: Any) -> list[str]:
    first = value if hasattr(value, "_fieldnames") else np.asarray(value).flat[0]
    return list(first._fieldnames)


def cells(elements: list[Any], path: Path, key: Any) -> np.ndarray:
    """Turn a cell array of strings or single numbers into a vector.

    Raises
    ------
    DataError
        If an element is neither.
    """
    plain: list[Any] = []
    for number, element in enumerate(elements, 1):
        array = np.asarray(element)
        if array.dtype.kind in "US" and array.size <= 1:
            plain.append(str(array.flat[0]) if array.size else "")
        elif array.size == 1 and array.dtype.kind in "biuf":
            plain.append(array.flat[0].item())
        else:
            raise DataError(
                f"{path}, key '{key}': cell {number} holds an array {array.shape}, expected a "
                "string or one number in each cell.",
                f"Name one cell, `key: {key}{{{number}}}`, or make one array of them "
                "(`responses.join` puts arrays side by side; `runs` with `{{run}}` stacks them).",
            )
    strings = any(isinstance(item, str) for item in plain)
    return np.array([str(item) for item in plain] if strings else plain)


def _keys_5(path: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in _load_5(path, None).items():
        _describe_5(name, value, found)
    return found


def _describe_5(name: str, value: Any, found: dict[str, str]) -> None:
    if type(value).__name__ in ("MatlabOpaque", "MatlabFunction"):
        found[name] = "(MATLAB object)"
        return
    array = np.asarray(value)
    if hasattr(value, "_fieldnames") or _holds_structs(value):
        first = value if hasattr(value, "_fieldnames") else array.flat[0]
        for field in first._fieldnames:
            _describe_5(f"{name}.{field}", getattr(first, field), found)
        return
    found[name] = describe(array.shape, "cell" if array.dtype == object else array.dtype)


# ------------------------------------------------------------------------------- version 7.3


def _open_73(path: Path, key: str | int | None) -> FileArray:
    import h5py

    steps = _steps(key)
    try:
        with h5py.File(path, "r") as file:
            if not steps:
                found = _keys_73(path)
                if len(found) != 1:
                    raise wrong_key(path, key, found)
                key = next(iter(found))
                steps = _steps(key)
            item: Any = file
            for step in steps:
                item = _step_73(file, item, step)
                if item is None:
                    raise wrong_key(path, key, _keys_73(path))
            where = f"{path}, key '{key}'"
            for data in item if isinstance(item, list) else [item]:
                if isinstance(data, h5py.Dataset):
                    refuse_foreign_values(path, data)
            if isinstance(item, list):
                return in_memory(cells([_value_73(file, i) for i in item], path, key), where)
            if isinstance(item, h5py.Group):
                raise wrong_key(path, key, _keys_73(path))
            if _kind_73(item) in ("cell", "char") or item.dtype.kind == "O":
                return in_memory(_vector_73(file, item, path, key), where)
            if "MATLAB_object_decode" in item.attrs:
                raise _object(path, key)
            if _empty_73(item):
                return in_memory(np.zeros(tuple(int(n) for n in item[()])), where)
            name, logical = item.name, _kind_73(item) == "logical"
            shape = item.shape[::-1]
            dtype = np.dtype(bool) if logical else item.dtype
    except OSError as error:
        raise damaged(path, error) from error

    def part(axis: int, rows: slice) -> np.ndarray:
        stored = len(shape) - 1 - axis
        try:
            with h5py.File(path, "r") as file:
                block = file[name][(slice(None),) * stored + (rows,)]
        except OSError as error:
            raise damaged(path, error) from error
        return np.asarray(block).T.astype(dtype, copy=False)

    return FileArray(where, shape, dtype, part)


def _kind_73(item: Any) -> str:
    kind = item.attrs.get("MATLAB_class", b"")
    return kind.decode() if isinstance(kind, bytes) else str(kind)


def _empty_73(item: Any) -> bool:
    return bool(item.attrs.get("MATLAB_empty", 0))


def _step_73(file: Any, item: Any, step: str) -> Any:
    import h5py

    if step[0] in "{(":
        number = int(step[1:-1])
        elements = item if isinstance(item, list) else _referred(file, item)
        return elements[number - 1] if 1 <= number <= len(elements) else None
    if isinstance(item, list):
        fields = [_step_73(file, element, step) for element in item]
        return None if any(field is None for field in fields) else fields
    found = item.get(step) if isinstance(item, h5py.Group) else None
    # A field of a struct array is a data set of references, one per element.
    if isinstance(found, h5py.Dataset) and found.dtype.kind == "O" and _kind_73(found) != "cell":
        return _referred(file, found)
    return found


def _referred(file: Any, item: Any) -> list[Any]:
    import h5py

    if not isinstance(item, h5py.Dataset) or item.dtype.kind != "O":
        return []
    elements = [file[reference] for reference in np.asarray(item[()]).T.ravel("F")]
    for element in elements:
        if isinstance(element, h5py.Dataset):
            refuse_foreign_values(file.filename, element)
    return elements


def _value_73(file: Any, item: Any) -> Any:
    if _kind_73(item) == "char":
        return _characters(item)[0] if not _empty_73(item) else ""
    if _empty_73(item):
        return ""
    return np.asarray(item[()]).T


def _characters(item: Any) -> list[str]:
    rows = np.asarray(item[()]).T
    return ["".join(map(chr, row)).rstrip() for row in np.atleast_2d(rows)]


def _vector_73(file: Any, item: Any, path: Path, key: Any) -> np.ndarray:
    if _kind_73(item) == "char":
        return np.array(_characters(item))
    return cells([_value_73(file, element) for element in _referred(file, item)], path, key)


def _keys_73(path: Path) -> dict[str, str]:
    import h5py

    found: dict[str, str] = {}

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and not name.startswith("#"):
            dtype = "cell" if item.dtype.kind == "O" else _kind_73(item) or item.dtype
            shape = item.shape if _empty_73(item) else item.shape[::-1]
            found[name.replace("/", ".")] = describe(shape, dtype)

    with h5py.File(path, "r") as file:
        file.visititems(visit)
    return dict(sorted(found.items()))
