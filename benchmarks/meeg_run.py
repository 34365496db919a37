"""Cut runs of THINGS-MEG's size into epochs, and say what it costs beside a plain MNE script.

    python benchmarks/meeg_run.py [--folder FOLDER] [--runs N]

A run of 272 sensors, 1200 Hz, 348 s and 226 events is made as FIF in a temporary folder (455 MB)
and preprocessed as THINGS-MEG was: band-pass, epochs, z-scored baseline, every sixth sample. The
adapter's way cuts run by run, some sensors at a time. The script holds everything: it loads and
filters each run, cuts epochs at the full rate, concatenates a session, and then z-scores and
decimates. Every measurement is a process of its own, so that its peak memory can be told; the
session of N runs reads the same file N times.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

SENSORS, RATE, SECONDS, EVENTS = 272, 1200.0, 348, 226
BAND, WINDOW, FACTOR = (0.1, 40), (-0.1, 1.3), 6


def samples() -> np.ndarray:
    """Return onsets every 1.5 s."""
    return (np.arange(EVENTS) * 1.5 * RATE + 2 * RATE).astype(np.int64)


def make(path: Path) -> None:
    import mne

    info = mne.channels.read_meg_canonical_info("ctf275")
    info = mne.pick_info(info, range(SENSORS))
    with info._unlock():
        info["sfreq"], info["lowpass"] = RATE, RATE / 2
    rng = np.random.default_rng(0)
    values = 1e-13 * rng.standard_normal((SENSORS, int(RATE * SECONDS)))
    mne.io.RawArray(values, info, verbose="error").save(path, verbose="error")


def plain(path: Path, runs: int) -> np.ndarray:
    """Do as the released script does: a session in memory, decimated at the end."""
    import mne

    events = np.c_[samples(), np.zeros(EVENTS, int), np.ones(EVENTS, int)]
    pieces = []
    for _ in range(runs):
        raw = mne.io.read_raw_fif(path, preload=True, verbose="error")
        raw.filter(*BAND, verbose="error")
        here = events + np.array([raw.first_samp, 0, 0])
        pieces.append(
            mne.Epochs(raw, here, 1, *WINDOW, baseline=None, preload=True, verbose="error")
        )
        del raw
    epochs = mne.concatenate_epochs(pieces, verbose="error") if runs > 1 else pieces[0]
    mne.baseline.rescale(epochs._data, epochs.times, (None, 0), "zscore", False, verbose=False)
    epochs.decimate(FACTOR, verbose="error")
    return epochs.get_data(copy=False).astype(np.float32)


def streamed(path: Path, runs: int) -> np.ndarray:
    """Cut run by run; a run's epochs are handed on before the next one is read."""
    import mne

    from afterimage.ingest.meeg.presets import PRESETS
    from afterimage.ingest.meeg.run import cut_run
    from afterimage.ingest.meeg.sensors import sensors_of

    for _ in range(runs):
        raw = mne.io.read_raw_fif(path, preload=False, verbose="error")
        sensors = sensors_of(raw.info, ["mag"])
        values = cut_run(raw, samples(), PRESETS["things_meg"], sensors, "run").values
    return np.swapaxes(values, 1, 2)


def spent(work: Callable[[Path, int], np.ndarray], path: Path, runs: int) -> dict[str, float]:
    values = work(path, runs)
    use = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "seconds": use.ru_utime + use.ru_stime,
        "peak": use.ru_maxrss / 1024,
        # Of one value of the last run, to see that both did the same.
        "check": float(values[-1, -1, -1]),
    }


def measured(what: str, path: Path, runs: int) -> dict[str, float]:
    """Do one thing in a process of its own; a child's peak is never below its parent's."""
    command = [sys.executable, __file__, "--measure", what, str(path), str(runs)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def table(path: Path, session: int) -> None:
    print(f"{'runs':>5} {'by':>9} {'CPU s':>7} {'peak MiB':>9} {'CPU ratio':>10} {'memory':>7}")
    for runs in (1, session):
        script = measured("plain", path, runs)
        ours = measured("streamed", path, runs)
        assert abs(ours["check"] - script["check"]) < 1e-4, "not the same epochs"
        print(f"{runs:>5} {'script':>9} {script['seconds']:7.1f} {script['peak']:9.0f}")
        time, memory = (ours[key] / script[key] for key in ("seconds", "peak"))
        print(
            f"{'':>5} {'adapter':>9} {ours['seconds']:7.1f} {ours['peak']:9.0f} {time:10.2f} "
            f"{memory:7.2f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", help="where the temporary file goes; 0.5 GB are needed")
    parser.add_argument(
        "--runs", type=int, default=10, help="of a session; the script needs 2 GB for each"
    )
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.measure:
        what, path, runs = chosen.measure
        print(
            json.dumps(spent({"plain": plain, "streamed": streamed}[what], Path(path), int(runs)))
        )
        return
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        path = Path(folder) / "run_raw.fif"
        subprocess.run(
            [sys.executable, "-c", f"import meeg_run; meeg_run.make({str(path)!r})"],
            check=True,
            cwd=Path(__file__).parent,
        )
        table(path, chosen.runs)


if __name__ == "__main__":
    main()
