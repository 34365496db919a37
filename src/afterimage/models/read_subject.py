"""Read one subject's data from the files of a rule."""

from typing import Any

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.channels import CHANNELS
from afterimage.contracts.splits import SPLITS
from afterimage.contracts.tables import read_table
from afterimage.contracts.trials import TRIALS
from afterimage.models.folds import ResponseSettings, SubjectData


def read_subject(inputs: Any, responses: dict[str, Any]) -> SubjectData:
    """Read what a model of one subject and one target may see.

    Parameters
    ----------
    inputs : object
        With the paths `responses`, `target`, `trials`, `splits` and `channels`.
    responses : dict
        The validated section of that name.
    """
    target = inputs.target if isinstance(inputs.target, str) else inputs.target[0]
    return SubjectData(
        ArrayFile(inputs.responses),
        ArrayFile(target),
        read_table(inputs.trials, TRIALS),
        read_table(inputs.splits, SPLITS),
        read_table(inputs.channels, CHANNELS),
        ResponseSettings(**responses),
    )
