"""Which sensors are read, and where they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd

from afterimage.contracts.channels import CHANNELS
from afterimage.contracts.errors import ConfigError
from afterimage.ingest.meeg.regions import WORDS, is_10_20, is_ctf, regions_of_all

# "meg" is both kinds of MEG sensors, without the reference sensors that MNE adds to its "meg".
KINDS = {"mag": ("mag",), "grad": ("grad",), "eeg": ("eeg",), "meg": ("mag", "grad")}
CTF_LAYOUT = "CTF275"
EEG_LAYOUT = "colin27_1005"
METRES = 1000  # millimetres in one
UNKNOWN = np.full(3, np.nan)
NAMED = 5  # sensors that an error names


@dataclass(frozen=True)
class Sensors:
    """Chosen sensors, in the order of the file.

    Attributes
    ----------
    names : tuple of str
        As in the file.
    kinds : tuple of str
        "mag", "grad" or "eeg".
    millimetres : ndarray, shape (n, 3)
        NaN where unknown. Head coordinates if they are known, else the device's.
    layout : str or None
        Of MNE, if all sensors are in it: "CTF275" (names without their suffix), "colin27_1005".
    """

    names: tuple[str, ...]
    kinds: tuple[str, ...]
    millimetres: np.ndarray
    layout: str | None

    def channels(self) -> pd.DataFrame:
        """Return the table of channels: kind, region and side as ``rois``; nothing excluded."""
        regions = zip(self.kinds, regions_of_all(self.names, self.kinds), strict=True)
        table = pd.DataFrame(
            {
                "channel": np.arange(len(self.names), dtype=np.int32),
                "name": list(self.names),
                "excluded": False,
                "reason": "",
                "index": pd.array([None] * len(self.names), dtype="Int64"),
                **dict(zip("xyz", self.millimetres.T, strict=True)),
                "rois": [[kind, *words] for kind, words in regions],
            }
        )
        return table[CHANNELS.names]


def sensors_of(info: Any, chosen: Sequence[str]) -> Sensors:
    """Choose sensors by kind, region, side or name; all that any of the words stands for.

    Parameters
    ----------
    info : mne.Info
        Of the file.
    chosen : sequence of str
        Kinds ("mag", "grad", "meg", "eeg"), regions ("occipital", ...), sides ("left", "right",
        "midline") and names. Reference sensors are never among a kind.

    Raises
    ------
    ConfigError
        If a word stands for no sensor of the file.
    """
    kinds = dict(zip(info["ch_names"], info.get_channel_types(), strict=True))
    known = {name: kind for name, kind in kinds.items() if kind in ("mag", "grad", "eeg")}
    found = {name for word in chosen for name in _named(word, known)}
    names = tuple(name for name in known if name in found)
    if not names:
        raise ConfigError("sensors: none is chosen.", _known_words(known))
    own = tuple(known[name] for name in names)
    return Sensors(names, own, _places(info, names, own), _layout(names, own))


def _named(word: str, known: dict[str, str]) -> list[str]:
    if word in known:
        return [word]
    if word in KINDS:
        found = [name for name, kind in known.items() if kind in KINDS[word]]
    else:
        found = [name for name, words in _regions(known).items() if word in words]
    if not found:
        close = get_close_matches(word, [*KINDS, *WORDS, *known], n=1)
        hint = f" Did you mean '{close[0]}'?" if close and close[0] != word else ""
        raise ConfigError(
            f"sensors: '{word}' is no sensor of this recording.{hint}", _known_words(known)
        )
    return found


def _regions(known: dict[str, str]) -> dict[str, tuple[str, ...]]:
    return dict(zip(known, regions_of_all([*known], [*known.values()]), strict=True))


def _known_words(known: dict[str, str]) -> str:
    kinds = [word for word, own in KINDS.items() if set(own) & set(known.values())]
    found = {word for words in _regions(known).values() for word in words}
    regions = [word for word in WORDS if word in found]
    names = [*list(known)[:NAMED], *(["..."] if len(known) > NAMED else [])]
    return (
        f"Known kinds: {', '.join(kinds) or 'none'}; regions: {', '.join(regions) or 'none'}; "
        f"{len(known)} sensors: {', '.join(names)}."
    )


def _layout(names: Sequence[str], kinds: Sequence[str]) -> str | None:
    if all(is_ctf(name) for name in names):
        return CTF_LAYOUT
    if set(kinds) == {"eeg"} and set(names) <= set(_standard_places()):
        return EEG_LAYOUT
    return None


def _places(info: Any, names: Sequence[str], kinds: Sequence[str]) -> np.ndarray:
    """Return where sensors are, in millimetres; standard places for EEG that was not measured."""
    places = {c["ch_name"]: np.array(c["loc"][:3], dtype=np.float64) for c in info["chs"]}
    found = np.array([places[name] for name in names])
    unknown = ~np.isfinite(found).all(axis=1) | (found == 0).all(axis=1)
    found[unknown] = np.nan
    meg = np.array([kind != "eeg" for kind in kinds])
    if info["dev_head_t"] is not None:
        turned = info["dev_head_t"]["trans"]
        found[meg] = found[meg] @ turned[:3, :3].T + turned[:3, 3]
    eeg = np.flatnonzero(~meg).tolist()
    if unknown[eeg].all() and is_10_20([names[row] for row in eeg]):
        standard = {name.upper(): place for name, place in _standard_places().items()}
        for row in eeg:
            found[row] = standard.get(names[row].upper(), UNKNOWN)
    return found * METRES


def _standard_places() -> dict[str, np.ndarray]:
    """Return where the 10-05 system puts electrodes, in metres, in head coordinates."""
    from mne import create_info
    from mne.channels import make_standard_montage

    montage = make_standard_montage(EEG_LAYOUT)
    info = create_info(montage.ch_names, 1000.0, "eeg").set_montage(montage)
    return {c["ch_name"]: np.array(c["loc"][:3], dtype=np.float64) for c in info["chs"]}
