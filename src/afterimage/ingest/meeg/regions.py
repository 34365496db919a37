"""Regions of the head by the names of sensors."""

import re
from collections.abc import Sequence

CTF_NAME = re.compile(r"^M([LRZ])([OTPFC])\d\d(-\d+)?$")
CTF_REGIONS = {
    "O": "occipital",
    "T": "temporal",
    "P": "parietal",
    "F": "frontal",
    "C": "central",
}
SIDES = {"L": "left", "R": "right", "Z": "midline"}
EEG_NAME = re.compile(r"^(FP|AF|FC|FT|TP|CP|PO|F|C|T|P|O|I|N)(Z|\d+)$", re.IGNORECASE)
# By the 10-20 system: FC and CP are central, FT and TP temporal, PO and I (inion) occipital.
EEG_REGIONS = {
    "FP": "frontal",
    "AF": "frontal",
    "F": "frontal",
    "N": "frontal",
    "FC": "central",
    "C": "central",
    "CP": "central",
    "FT": "temporal",
    "T": "temporal",
    "TP": "temporal",
    "P": "parietal",
    "PO": "occipital",
    "O": "occipital",
    "I": "occipital",
}
REGIONS = tuple(CTF_REGIONS.values())
WORDS = (*REGIONS, *SIDES.values())
# Other caps have some names in common with the 10-20 system: C3 of BioSemi's 128 is elsewhere.
MOSTLY = 0.75


def is_ctf(name: str) -> bool:
    """Return whether a name is that of a CTF gradiometer, such as MLC11 or MLC11-1609."""
    return CTF_NAME.match(name) is not None


def regions_of(name: str, kind: str) -> tuple[str, ...]:
    """Return the region and the side of a sensor; nothing where the name does not tell.

    Parameters
    ----------
    name : str
        As the file has it.
    kind : {"mag", "grad", "eeg"}
    """
    if kind != "eeg":
        ctf = CTF_NAME.match(name)
        return (CTF_REGIONS[ctf[2]], SIDES[ctf[1]]) if ctf else ()
    eeg = EEG_NAME.match(name)
    if eeg is None:
        return ()
    # Odd numbers are on the left.
    side = "midline" if eeg[2] in "zZ" else "left" if int(eeg[2]) % 2 else "right"
    return (EEG_REGIONS[eeg[1].upper()], side)


def is_10_20(eeg: Sequence[str]) -> bool:
    """Return whether a cap's electrodes are named by the 10-20 system, as most of its names are."""
    return sum(EEG_NAME.match(name) is not None for name in eeg) >= MOSTLY * len(eeg) > 0


def regions_of_all(names: Sequence[str], kinds: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the region and the side of each of a recording's sensors, where the names tell."""
    both = list(zip(names, kinds, strict=True))
    known = is_10_20([name for name, kind in both if kind == "eeg"])
    return [regions_of(name, kind) if known or kind != "eeg" else () for name, kind in both]
