"""Writes files of epochs in MNE's format, in bounded memory and always with the same bytes."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from afterimage.contracts.files import written

NOBODY = {"version": (1 << 16) | 3, "machid": (0, 0), "secs": 0, "usecs": 0}
MATRIX = 1 << 30


def save_epochs(
    paths: list[Path], info: Any, codes: np.ndarray, times: np.ndarray, blocks: Iterable[np.ndarray]
) -> None:
    """Write epochs into several files, each naming the next.

    Parameters
    ----------
    paths : list of Path
        In their order. Every one holds as many epochs as the others, or one more.
    info : mne.Info
    codes : ndarray of int, shape (n,)
        Of the events.
    times : ndarray, shape (t,)
        In seconds from the onset, a whole number of samples.
    blocks : iterable of ndarray of float32, shape (m, t, sensors)
        Epochs, a few at a time.
    """
    shares = np.array_split(np.arange(len(codes)), len(paths))
    rest = _single(blocks)
    for number, (path, own) in enumerate(zip(paths, shares, strict=True)):
        following = paths[number + 1].name if number + 1 < len(paths) else None
        with written(path) as temporary, temporary.open("wb") as stream:
            _write_file(stream, info, own, codes, times, rest, (following, number + 1))


def _single(blocks: Iterable[np.ndarray]) -> Iterable[np.ndarray]:
    for block in blocks:
        yield from block


def _write_file(
    stream: Any,
    info: Any,
    own: np.ndarray,
    codes: np.ndarray,
    times: np.ndarray,
    epochs: Iterable[np.ndarray],
    following: tuple[str | None, int],
) -> None:
    from mne._fiff import write
    from mne._fiff.constants import FIFF
    from mne._fiff.meas_info import write_meas_info

    write.write_id(stream, FIFF.FIFF_FILE_ID, NOBODY)
    write.write_int(stream, FIFF.FIFF_DIR_POINTER, -1)
    write.write_int(stream, FIFF.FIFF_FREE_LIST, -1)
    write.start_block(stream, FIFF.FIFFB_MEAS)
    write.write_id(stream, FIFF.FIFF_BLOCK_ID, NOBODY)
    write_meas_info(stream, info)
    write.start_block(stream, FIFF.FIFFB_PROCESSED_DATA)
    write.start_block(stream, FIFF.FIFFB_MNE_EPOCHS)
    write.start_block(stream, FIFF.FIFFB_MNE_EVENTS)
    # Samples of events must differ over all files.
    events = np.stack([(own + 1) * 2 * len(times), np.zeros_like(own), codes[own]])
    write.write_int(stream, FIFF.FIFF_MNE_EVENT_LIST, events.astype(np.int32))
    known = ";".join(f"{code}:{code}" for code in np.unique(codes))
    write.write_string(stream, FIFF.FIFF_DESCRIPTION, known)
    write.end_block(stream, FIFF.FIFFB_MNE_EVENTS)
    rate = float(info["sfreq"])
    write.write_int(stream, FIFF.FIFF_FIRST_SAMPLE, round(times[0] * rate))
    write.write_int(stream, FIFF.FIFF_LAST_SAMPLE, round(times[-1] * rate))
    write.write_float(stream, FIFF.FIFF_MNE_EPOCHS_RAW_SFREQ, rate)
    _write_values(stream, epochs, (len(own), len(info["chs"]), len(times)))
    inside = np.isin(np.arange(len(codes)), own).tolist()
    log = [[] if here else ["IGNORED"] for here in inside]
    write.write_string(stream, FIFF.FIFF_MNE_EPOCHS_DROP_LOG, json.dumps(log))
    write.write_int(stream, FIFF.FIFF_MNE_EPOCHS_SELECTION, own)
    if following[0] is not None:
        write.start_block(stream, FIFF.FIFFB_REF)
        write.write_int(stream, FIFF.FIFF_REF_ROLE, FIFF.FIFFV_ROLE_NEXT_FILE)
        write.write_string(stream, FIFF.FIFF_REF_FILE_NAME, following[0])
        write.write_int(stream, FIFF.FIFF_REF_FILE_NUM, following[1])
        write.end_block(stream, FIFF.FIFFB_REF)
    write.end_block(stream, FIFF.FIFFB_MNE_EPOCHS)
    write.end_block(stream, FIFF.FIFFB_PROCESSED_DATA)
    write.end_block(stream, FIFF.FIFFB_MEAS)
    write.write_nop(stream, last=True)


def _write_values(stream: Any, epochs: Iterable[np.ndarray], shape: tuple[int, int, int]) -> None:
    """Write the matrix of all values, epoch by epoch: a tag's header, numbers, and its size."""
    from mne._fiff.constants import FIFF

    size = 4 * int(np.prod(shape)) + 4 * (len(shape) + 1)
    header = [FIFF.FIFF_EPOCH, FIFF.FIFFT_FLOAT | MATRIX, size, FIFF.FIFFV_NEXT_SEQ]
    stream.write(np.array(header, dtype=">i4").tobytes())
    for _, epoch in zip(range(shape[0]), epochs, strict=False):
        stream.write(epoch.T.astype(">f4").tobytes())
    stream.write(np.array([*shape[::-1], len(shape)], dtype=">i4").tobytes())
