"""Independent components that follow the eyes or the heart, found within one run."""

from typing import Any

from afterimage.contracts.parts import Note
from afterimage.ingest.meeg.sensors import Sensors
from afterimage.ingest.meeg.steps import Ica

SLOW_HERTZ = 1.0  # components are fitted above it: drifts are not what they should explain


def without_components(raw: Any, step: Ica, sensors: Sensors, notes: list[Note]) -> Any:
    """Fit components to the chosen sensors of a run and take out those that follow a channel.

    Components are fitted to a copy without what is slower than 1 Hz, as MNE advises, and taken out
    of the run as it is.

    Parameters
    ----------
    raw : mne.io.BaseRaw
        Loaded; overwritten.
    step : Ica
    sensors : Sensors
    notes : list of Note
        How many were taken out is added.
    """
    from mne.preprocessing import ICA

    if step.components > len(sensors.names):
        raise ValueError(
            f"{step.components} components of {len(sensors.names)} sensors: ask for fewer "
            "components"
        )
    picks = [raw.ch_names.index(name) for name in sensors.names]
    fast = raw.copy().filter(SLOW_HERTZ, None, picks=picks, verbose="error")
    ica = ICA(step.components, random_state=step.seed, max_iter="auto", verbose="warning")
    ica.fit(fast, picks=picks, verbose="warning")
    found = set()
    for name in step.follow:
        find = ica.find_bads_eog
        if raw.get_channel_types(picks=[name])[0] == "ecg":
            find = ica.find_bads_ecg
        found |= {int(number) for number in find(fast, ch_name=name, verbose="error")[0]}
    text = (
        "{taken} of {components} independent components follow "
        f"{', '.join(step.follow)} and are taken out."
    )
    notes.append(Note(text, {"taken": len(found), "components": int(ica.n_components_)}))
    ica.apply(raw, exclude=sorted(found), verbose="warning")
    return raw
