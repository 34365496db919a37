"""A pickle machine that knows data only: it has no instruction that could call anything.

Pickles are programs. This one reads the instructions that lists, dictionaries, texts, numbers and
NumPy arrays of protocols 2 to 4 are made of, and builds the arrays itself; every other instruction,
and every global that is not on a short list, is refused. No module is imported for a pickle.

References
----------
Python's ``pickletools`` describes each instruction.
"""

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pickletools import opcodes
from typing import IO, Any

import numpy as np

NAMES = {known.code: known.name for known in opcodes}
MAPPED_BYTES = 1 << 16  # longer byte strings stay in the file
SIMPLE_DTYPE = re.compile(r"[biufc]\d{1,2}|[US]\d{1,6}")
ORDERS = ("<", ">", "|", "=")
MULTIARRAY = ("numpy.core.multiarray", "numpy._core.multiarray")  # numpy 1 and 2
NDARRAY, DTYPE, RECONSTRUCT, SCALAR, ENCODE = "ndarray", "dtype", "_reconstruct", "scalar", "encode"
ALLOWED = {
    ("numpy", NDARRAY),
    ("numpy", DTYPE),
    *((module, name) for module in MULTIARRAY for name in (RECONSTRUCT, SCALAR)),
    ("_codecs", ENCODE),  # byte strings of protocol 2
}


class RefusedError(Exception):
    """The pickle holds something else than plain data and arrays."""


class DamagedError(Exception):
    """The pickle ends early, or makes no sense."""


@dataclass(frozen=True)
class Name:
    """An allowed global: a name, never the thing itself."""

    name: str


@dataclass(frozen=True)
class Hole:
    """A long byte string that was left in the file."""

    offset: int
    length: int


@dataclass(eq=False)
class Unbuilt:
    """An array or dtype of which the state is still to come."""

    dtype: np.dtype | None = None


_MARK = object()


class Machine:
    """Reads one pickle from an open file.

    Parameters
    ----------
    stream : binary file
        At the start of the pickle; seekable.
    mapped : callable
        Makes an array of (dtype, offset, shape, order) from the file behind the stream.
    outer : bool
        Whether the pickle is what ``np.save`` makes of a dictionary: a 0-dimensional array of
        objects, which holds it.
    """

    def __init__(
        self,
        stream: IO[bytes],
        mapped: Callable[[np.dtype, int, tuple[int, ...], str], np.ndarray],
        outer: bool,
    ) -> None:
        self.stream, self.mapped, self.outer = stream, mapped, outer
        here = stream.tell()
        self.size = stream.seek(0, 2)
        stream.seek(here)
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def run(self) -> Any:
        """Return what the pickle holds.

        Raises
        ------
        RefusedError
            For a global that is not allowed, by its name, or an instruction that is not data.
        DamagedError
        """
        try:
            while (code := self._take(1)) != b".":
                act = INSTRUCTIONS.get(code)
                if act is None:
                    name = NAMES.get(code.decode("latin1"), repr(code))
                    raise RefusedError(f"the instruction {name}")
                act(self)
            (value,) = self.stack
        except (IndexError, KeyError, TypeError, ValueError, OverflowError) as error:
            raise DamagedError(f"{type(error).__name__}: {error}") from error
        return value

    def _take(self, count: int) -> bytes:
        if count > self.size - self.stream.tell():
            raise DamagedError("it ends in the middle")
        return self.stream.read(count)

    def number(self, form: str) -> Any:
        """Read one number, in the words of :mod:`struct`."""
        return struct.unpack(form, self._take(struct.calcsize(form)))[0]

    def push(self, value: Any) -> None:
        """Put a value onto the stack."""
        self.stack.append(value)

    def since_mark(self) -> list[Any]:
        """Take everything above the last mark off the stack."""
        place = len(self.stack) - 1
        while self.stack[place] is not _MARK:
            place -= 1
            if place < 0:
                raise DamagedError("a mark is missing")
        values = self.stack[place + 1 :]
        del self.stack[place:]
        return values

    def top(self, kind: type) -> Any:
        """Return the top of the stack if it is of a kind."""
        if type(self.stack[-1]) is not kind:
            raise RefusedError(f"items added to a {type(self.stack[-1]).__name__}")
        return self.stack[-1]

    # ------------------------------------------------------------------ plain data

    def text(self, form: str) -> None:
        """Push a text."""
        self.push(str(self._take(self.number(form)), "utf-8", "surrogatepass"))

    def bytes(self, form: str) -> None:
        """Push a byte string, or the place of a long one."""
        length, here = self.number(form), self.stream.tell()
        if length <= MAPPED_BYTES:
            return self.push(self._take(length))
        if length > self.size - here:
            raise DamagedError("it ends in the middle")
        self.stream.seek(length, 1)
        return self.push(Hole(here, length))

    def whole(self, form: str) -> None:
        """Push an integer of any length."""
        self.push(int.from_bytes(self._take(self.number(form)), "little", signed=True))

    def tuple_of(self, count: int) -> None:
        """Push a tuple of the last values."""
        values = tuple(self.stack[len(self.stack) - count :])
        del self.stack[len(self.stack) - count :]
        self.push(values)

    def put_items(self, pairs: list[Any]) -> None:
        """Set keys of the dictionary on top of the stack."""
        self.top(dict).update(zip(pairs[::2], pairs[1::2], strict=True))

    # -------------------------------------------------------------- arrays and dtypes

    def find(self, module: str, name: str) -> None:
        """Push an allowed global's name."""
        if (module, name) not in ALLOWED:
            raise RefusedError(f"'{module}.{name}'")
        self.push(Name(name))

    def line(self) -> str:
        """Read a line of text."""
        return self.stream.readline(1000).decode("utf-8").rstrip("\n")

    def reduce(self) -> None:
        """Make what a call of an allowed global would make."""
        arguments, called = self.stack.pop(), self.stack.pop()
        if not isinstance(called, Name) or type(arguments) is not tuple:
            raise RefusedError("a call of something that is no global")
        if called.name == RECONSTRUCT and arguments[0] == Name(NDARRAY):
            self.push(Unbuilt())
        elif called.name == DTYPE:
            self.push(Unbuilt(_dtype(arguments[0])))
        elif called.name == SCALAR:
            self.push(_array((), _simple(arguments[0]), "C", arguments[1])[()])
        elif called.name == ENCODE and arguments[1:] == ("latin1",):
            self.push(arguments[0].encode("latin1"))
        else:
            raise RefusedError(f"a call of '{called.name}' that makes no array")

    def build(self) -> None:
        """Give an array or a dtype its state; nothing else may have one."""
        state, unbuilt = self.stack.pop(), self.stack.pop()
        if not isinstance(unbuilt, Unbuilt):
            raise RefusedError(f"a state given to {_kind(unbuilt)}")
        built = self._array(state) if unbuilt.dtype is None else _ordered(unbuilt.dtype, state)
        for key in [key for key, value in self.memo.items() if value is unbuilt]:
            self.memo[key] = built
        self.push(built)

    def _array(self, state: Any) -> Any:
        _, shape, dtype, fortran, content = state
        if isinstance(content, list):
            # Nothing else is being built: this is the array around the dictionary.
            if self.outer and shape == () and len(content) == 1 and not self.stack:
                return content[0]
            raise RefusedError("an array of Python objects")
        dtype, order = _simple(dtype), "F" if fortran else "C"
        shape = tuple(int(extent) for extent in shape)
        if isinstance(content, Hole):
            _check_length(content.length, shape, dtype)
            return self.mapped(dtype, content.offset, shape, order)
        return _array(shape, dtype, order, content)


def _kind(value: Any) -> str:
    return f"the function '{value.name}'" if isinstance(value, Name) else type(value).__name__


def _dtype(text: str) -> np.dtype:
    """Return a dtype of numbers or texts; objects get a stand-in that only the outer array has."""
    if text in {"O8", "O4"}:
        return np.dtype(object)
    if not isinstance(text, str) or not SIMPLE_DTYPE.fullmatch(text):
        raise RefusedError(f"an array of type '{text}'")
    return np.dtype(text)


def _ordered(dtype: np.dtype, state: tuple[Any, ...]) -> np.dtype:
    if state[2:5] != (None, None, None):
        raise RefusedError("an array of records")
    if state[1] not in ORDERS:
        raise DamagedError(f"byte order {state[1]!r}")
    return dtype.newbyteorder(state[1])


def _simple(dtype: Any) -> np.dtype:
    # A dtype whose state the pickle leaves out is in the machine's own byte order.
    dtype = dtype.dtype if isinstance(dtype, Unbuilt) else dtype
    if not isinstance(dtype, np.dtype) or dtype.hasobject:
        raise RefusedError("an array of Python objects")
    return dtype


def _array(shape: tuple[int, ...], dtype: np.dtype, order: Any, content: bytes) -> np.ndarray:
    if not isinstance(content, bytes):
        raise RefusedError("an array without numbers")
    _check_length(len(content), shape, dtype)
    return np.ndarray(shape, dtype, content, order=order).copy(order)


def _check_length(length: int, shape: tuple[int, ...], dtype: np.dtype) -> None:
    count = 1
    for extent in shape:
        count *= extent
    if length != count * dtype.itemsize:
        raise DamagedError(f"{length} bytes for an array of {shape} {dtype}")


def _stack_global(m: Machine) -> None:
    name, module = m.stack.pop(), m.stack.pop()
    m.find(module, name)


def _append(m: Machine) -> None:
    value = m.stack.pop()
    m.top(list).append(value)


def _set_item(m: Machine) -> None:
    value, key = m.stack.pop(), m.stack.pop()
    m.put_items([key, value])


def _appends(m: Machine) -> None:
    values = m.since_mark()
    m.top(list).extend(values)


def _add_items(m: Machine) -> None:
    values = m.since_mark()
    m.top(set).update(values)


def _remember(m: Machine, key: int) -> None:
    m.memo[key] = m.stack[-1]


INSTRUCTIONS: dict[bytes, Callable[[Machine], Any]] = {
    b"\x80": lambda m: m.number("B"),  # protocol
    b"\x95": lambda m: m.number("<Q"),  # frame: a hint for reading ahead
    b"(": lambda m: m.push(_MARK),
    b"0": lambda m: m.stack.pop(),
    b"N": lambda m: m.push(None),
    b"\x88": lambda m: m.push(True),
    b"\x89": lambda m: m.push(False),
    b"J": lambda m: m.push(m.number("<i")),
    b"K": lambda m: m.push(m.number("B")),
    b"M": lambda m: m.push(m.number("<H")),
    b"\x8a": lambda m: m.whole("B"),
    b"G": lambda m: m.push(m.number(">d")),
    b"X": lambda m: m.text("<I"),
    b"\x8c": lambda m: m.text("B"),
    b"\x8d": lambda m: m.text("<Q"),
    b"B": lambda m: m.bytes("<I"),
    b"C": lambda m: m.bytes("B"),
    b"\x8e": lambda m: m.bytes("<Q"),
    b")": lambda m: m.push(()),
    b"\x85": lambda m: m.tuple_of(1),
    b"\x86": lambda m: m.tuple_of(2),
    b"\x87": lambda m: m.tuple_of(3),
    b"t": lambda m: m.push(tuple(m.since_mark())),
    b"]": lambda m: m.push([]),
    b"a": _append,
    b"e": _appends,
    b"}": lambda m: m.push({}),
    b"s": _set_item,
    b"u": lambda m: m.put_items(m.since_mark()),
    b"\x8f": lambda m: m.push(set()),
    b"\x90": _add_items,
    b"q": lambda m: _remember(m, m.number("B")),
    b"r": lambda m: _remember(m, m.number("<I")),
    b"\x94": lambda m: _remember(m, len(m.memo)),
    b"h": lambda m: m.push(m.memo[m.number("B")]),
    b"j": lambda m: m.push(m.memo[m.number("<I")]),
    b"c": lambda m: m.find(m.line(), m.line()),
    b"\x93": _stack_global,
    b"R": lambda m: m.reduce(),
    b"b": lambda m: m.build(),
}
