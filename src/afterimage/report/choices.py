"""What an experiment chose to do with trials, in words: split, normalisation, averaging."""

from collections.abc import Mapping
from typing import Any

from afterimage.report.words import listing

PLURAL = {"stimulus": "stimuli", "category": "categories"}
NORMALISED = {
    "none": "as recorded",
    "train": "mean 0 and SD 1 over the training trials",
    "session_train": "mean 0 and SD 1 over the training trials of each session",
    "run_train": "mean 0 and SD 1 over the training trials of each run",
    "session_all": "mean 0 and SD 1 over all trials of each session, test trials included",
    "run_all": "mean 0 and SD 1 over all trials of each run, test trials included",
}
TESTED = {
    "none": "single test trials are decoded",
    "stimulus": "test responses to one stimulus are averaged before the model",
    "prediction": "predictions of one test stimulus are averaged after the model",
}
TRANSDUCTIVE = ("session_all", "run_all")


def split_sentence(split: Mapping[str, Any], models: Mapping[str, Any]) -> str:
    """Describe in words the split protocol, and which models are tested on another subject."""
    return "; ".join([_protocol(split), *_narrowed(split), *_across_subjects(models)])


def _across_subjects(models: Mapping[str, Any]) -> list[str]:
    across = [name for name, model in models.items() if model["learn_from"] == "others"]
    if not across:
        return []
    return [
        f"leave one subject out: {listing(across)} {'is' if len(across) == 1 else 'are'} fitted "
        "on the training trials of the other subjects, and on none of the tested one's"
    ]


def _protocol(split: Mapping[str, Any]) -> str:
    group = split.get("group", "stimulus")
    whole = f"whole {PLURAL.get(group, group + 's')}"
    kept = "single trials (nothing is kept together)" if group == "trial" else whole
    version = split.get("version", "default")
    named = "" if version == "default" else f" ('{version}')"
    texts = {
        "published": f"the split published with the data set{named}",
        "kfold": f"{split.get('folds')}-fold cross-validation over {kept}",
        "leave_out": f"leave one {group} out",
        "holdout": f"{100 * split.get('test', 0):.0f}% of {kept} held out at random",
    }
    return texts.get(split["protocol"], split["protocol"])


def _narrowed(split: Mapping[str, Any]) -> list[str]:
    lines = []
    if clusters := split.get("clusters"):
        lines.append(f"{clusters['count']} clusters of the features '{clusters['extractor']}'")
    if split.get("first_sessions"):
        lines.append(f"training trials of the first {split['first_sessions']} sessions only")
    if split.get("exclude_tested", "none") != "none":
        lines.append(f"training trials whose {split['exclude_tested']} is tested are left out")
    if split.get("validation"):
        lines.append(
            f"{100 * split['validation']:.0f}% of the training stimuli kept for validation"
        )
    return lines


def responses_sentence(responses: Mapping[str, Any]) -> str:
    """Describe normalisation and averaging in words."""
    lines = [*_whitened(responses), _normalised(responses), *_clamped(responses)]
    if responses["average_train"] == "stimulus":
        lines.append("training responses to one stimulus are averaged")
    lines.append(TESTED[responses["average_test"]])
    if responses["roi"] != "all":
        lines.append(f"channels of {responses['roi']}")
    return "; ".join(lines)


def _whitened(responses: Mapping[str, Any]) -> list[str]:
    within = {"train": "", "session_train": " of each session"}.get(responses["whiten"])
    return (
        [] if within is None else [f"noise of the sensors whitened by the training trials{within}"]
    )


def _normalised(responses: Mapping[str, Any]) -> str:
    text = NORMALISED[responses["normalise"]]
    if responses["normalise"] == "none":
        return text
    if responses["statistics"] == "quartiles":
        text = text.replace("mean 0 and SD 1", "median 0 and distance of quartiles 1")
    return f"{text}, one for all time steps of a channel" if responses["pool_time"] else text


def _clamped(responses: Mapping[str, Any]) -> list[str]:
    limit = responses["clamp"]
    return [] if limit is None else [f"values beyond {limit:g} set to it"]


def transductive_warnings(responses: Mapping[str, Any]) -> list[str]:
    """Return a loud line if anything was fitted on test responses."""
    if responses["normalise"] not in TRANSDUCTIVE:
        return []
    return [
        "Transductive: responses were normalised over all trials, those of the test set included "
        f"(responses.normalise: {responses['normalise']}). Compare these scores only with others "
        "that were made so."
    ]


def rescaled_warnings(models: Mapping[str, Any]) -> list[str]:
    """Return a loud line if predictions were rescaled over the test set."""
    found = [name for name, model in models.items() if model["rescale"] != "none"]
    if not found:
        return []
    return [
        f"Transductive: the predictions of {listing(found)} were z-scored over the test set and "
        "given the mean and SD of the training targets (models.<name>.rescale: test), so that each "
        "depends on the other test items. Compare these scores only with others that were made so."
    ]
