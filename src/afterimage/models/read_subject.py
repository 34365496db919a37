"""Read the data of a subject, and of those it is learnt from, from the files of a rule."""

from typing import Any

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.channels import CHANNELS
from afterimage.contracts.splits import SPLITS
from afterimage.contracts.tables import read_table
from afterimage.contracts.trials import TRIALS
from afterimage.models.alike import with_others
from afterimage.models.folds import ResponseSettings, SubjectData
from afterimage.models.side_by_side import joined


def read_subject(inputs: Any, responses: dict[str, Any]) -> SubjectData:
    """Read what a model of one subject and one target may see.

    Parameters
    ----------
    inputs : object
        With the paths `responses`, `target` (or a list of several that are joined), `trials`,
        `splits` and `channels`, and the lists
        `other_responses`, `other_trials` and `other_channels` of the subjects that it is learnt
        from instead, empty if it is learnt from itself.
    responses : dict
        The validated section of that name.

    Raises
    ------
    DataError
        If the other subjects have other channels.
    """
    targets = [inputs.target] if isinstance(inputs.target, str) else list(inputs.target)
    values, splits = (
        joined([ArrayFile(path) for path in targets]),
        read_table(inputs.splits, SPLITS),
    )
    subject, *others = (
        SubjectData(
            ArrayFile(response_file),
            values,
            read_table(trials, TRIALS),
            splits,
            read_table(channels, CHANNELS),
            ResponseSettings(**responses),
        )
        for response_file, trials, channels in zip(
            [inputs.responses, *inputs.other_responses],
            [inputs.trials, *inputs.other_trials],
            [inputs.channels, *inputs.other_channels],
            strict=True,
        )
    )
    return with_others(subject, others) if others else subject
