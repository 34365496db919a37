"""Read what one subject was shown from the files of a rule."""

from typing import Any

from afterimage.contracts.splits import SPLITS
from afterimage.contracts.stimuli import STIMULI
from afterimage.contracts.tables import read_table
from afterimage.contracts.trials import read_trials
from afterimage.evaluate.assemble import Shown


def read_shown(inputs: Any, subject: str) -> Shown:
    """Read trials of a subject, the splits and the stimuli.

    Parameters
    ----------
    inputs : object
        With the paths `trials` (one or several), `splits` and `stimuli`.
    subject : str
    """
    paths = [inputs.trials] if isinstance(inputs.trials, str) else list(inputs.trials)
    trials = read_trials(paths)
    return Shown(
        trials[trials["subject"] == subject].reset_index(drop=True),
        read_table(inputs.splits, SPLITS),
        read_table(inputs.stimuli, STIMULI),
    )
