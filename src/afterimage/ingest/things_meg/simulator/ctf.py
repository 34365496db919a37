"""Writes recordings in CTF's format, as far as MNE reads them: .res4, .meg4, .hc."""

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from afterimage.contracts.files import write_bytes, write_text, written

# Types of channels.
REFERENCE_MAGNETOMETER, REFERENCE_GRADIOMETER, GRADIOMETER, STIMULUS, CLOCK = 0, 1, 5, 11, 17
NAME_BYTES = 32
HEADER_BYTES = 1844
COMPENSATION = int.from_bytes(b"G1BR", "big")  # of the first grade
MAGIC_HEADER, MAGIC_DATA = b"MEG41RS\0", b"MEG41CP\0"
# Offsets in the header.
AVERAGES, TIME, DATE, SHAPE, RATE, TRIALS = 776, 778, 1033, 1288, 1296, 1312

_COIL = np.dtype(
    [
        ("place", ">f8", 3),
        ("fill0", ">f8"),
        ("normal", ">f8", 3),
        ("fill1", ">f8"),
        ("turns", ">i2"),
        ("fill2", ">i4"),
        ("fill3", ">i2"),
        ("area", ">f8"),
    ]
)
_CHANNEL = np.dtype(
    [
        ("type", ">i2"),
        ("run", ">i2"),
        ("shape", ">i4"),
        ("proper_gain", ">f8"),
        ("q_gain", ">f8"),
        ("io_gain", ">f8"),
        ("io_offset", ">f8"),
        ("coils", ">i2"),
        ("grade", ">i2"),
        ("fill", ">i4"),
        ("coil", _COIL, 8),
        ("head_coil", _COIL, 8),
    ]
)
_COMPENSATION = np.dtype(
    [
        ("sensor", "S32"),
        ("kind", ">i4"),
        ("fill", ">i4"),
        ("count", ">i2"),
        ("references", "S31", 50),
        ("weights", ">f8", 50),
    ]
)


@dataclass(frozen=True)
class Channel:
    """One channel of a recording.

    Attributes
    ----------
    name : str
    type : int
    proper_gain, q_gain : float
        A stored whole number divided by both is the value, in T.
    coils : tuple of (place, normal)
        In metres of the device's coordinates.
    """

    name: str
    type: int
    proper_gain: float = 1.0
    q_gain: float = 1.0
    coils: tuple[tuple[np.ndarray, np.ndarray], ...] = ()


def write_ctf(
    folder: Path,
    channels: Sequence[Channel],
    rate: float,
    block: int,
    blocks: Iterable[np.ndarray],
    coils: Mapping[str, Mapping[str, np.ndarray]],
    weights: Mapping[str, Mapping[str, float]],
) -> None:
    """Write a recording, block by block.

    Parameters
    ----------
    folder : Path
        Its name ends in ".ds".
    channels : sequence of Channel
    rate : float
        In Hz.
    block : int
        Samples of each block; CTF calls it a trial.
    blocks : iterable of ndarray of int32, shape (channels, block)
    coils : mapping of "dewar" and "head" to mapping of str to ndarray, shape (3,)
        Where the head coils are, in metres.
    weights : mapping of sensor to mapping of reference to float
        Compensation of the first grade, not applied; at least one sensor's.
    """
    stem = folder.name.removesuffix(".ds")
    count = 0
    with written(folder / f"{stem}.meg4") as temporary, temporary.open("wb") as stream:
        stream.write(MAGIC_DATA)
        for values in blocks:
            stream.write(values.astype(">i4").tobytes())
            count += 1
    header = _header(len(channels), rate, block, count)
    body = _channels(channels) + _compensation(weights)
    write_bytes(folder / f"{stem}.res4", header + body)
    write_text(folder / f"{stem}.hc", _coil_text(coils))


def _header(channels: int, rate: float, block: int, count: int) -> bytes:
    header = bytearray(HEADER_BYTES)
    header[: len(MAGIC_HEADER)] = MAGIC_HEADER
    struct.pack_into(">h", header, AVERAGES, 1)
    for place, text in ((TIME, b"10:00"), (DATE, b"01-Jan-2018")):
        header[place : place + len(text)] = text
    struct.pack_into(">ih", header, SHAPE, block, channels)
    struct.pack_into(">dd", header, RATE, rate, block * count / rate)
    struct.pack_into(">h2xih", header, TRIALS, count, 0, count)
    return bytes(header) + struct.pack(">h", 0)  # no filters


def _channels(channels: Sequence[Channel]) -> bytes:
    names = b"".join(one.name.encode("ascii").ljust(NAME_BYTES, b"\0") for one in channels)
    table = np.zeros(len(channels), dtype=_CHANNEL)
    for row, one in zip(table, channels, strict=True):
        row["type"], row["proper_gain"], row["q_gain"] = one.type, one.proper_gain, one.q_gain
        row["io_gain"], row["coils"] = 1, len(one.coils)
        for coil, (place, normal) in zip(row["coil"], one.coils, strict=False):
            coil["place"], coil["normal"] = np.asarray(place) * 100, normal
            coil["turns"], coil["area"] = 1, 2.5
    return names + table.tobytes()


def _compensation(weights: Mapping[str, Mapping[str, float]]) -> bytes:
    table = np.zeros(len(weights), dtype=_COMPENSATION)
    for row, (sensor, own) in zip(table, weights.items(), strict=True):
        row["sensor"], row["kind"], row["count"] = sensor.encode(), COMPENSATION, len(own)
        row["references"][: len(own)] = [name.encode() for name in own]
        row["weights"][: len(own)] = list(own.values())
    return struct.pack(">h", len(weights)) + table.tobytes()


def _coil_text(coils: Mapping[str, Mapping[str, np.ndarray]]) -> str:
    lines = []
    for frame, own in coils.items():
        for name, place in own.items():
            lines.append(f"measured {name} coil position relative to {frame} (cm):")
            lines += [f"\t{axis} = {100 * at:.6f}" for axis, at in zip("xyz", place, strict=True)]
    return "\n".join(lines) + "\n"
