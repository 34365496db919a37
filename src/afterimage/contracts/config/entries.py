"""Entries that are shared or chosen by name: the data set, extractors, classes of the seams."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from afterimage.contracts import registry
from afterimage.contracts.config.describe import describe
from afterimage.contracts.config.mistakes import Mistakes
from afterimage.contracts.config.names import names_a_file, not_a_file_name, unknown_name
from afterimage.contracts.config.readable import Readable, texts
from afterimage.contracts.config.yaml_file import read_yaml
from afterimage.contracts.errors import ConfigError, UserError

EXTRACTORS = "config/extractors.yaml"


def checked_entry(
    seam: str, entry: dict[str, Any], path: str, mistakes: Mistakes, file: str | None = None
) -> dict[str, Any]:
    """Validate an entry by the class that its name chooses.

    Parameters
    ----------
    seam : str
    entry : dict
    path : str
        Its dotted path within the file.
    mistakes : Mistakes
        Those found are added.
    file : str, optional
        The file it stands in, if that is not the experiment's.

    Returns
    -------
    dict
        Plain values with defaults filled in; empty if the entry is wrong.
    """
    name_path = f"{path}.name" if path else "name"
    if "name" not in entry:
        mistakes.add(name_path, "this key is required, and is missing.", file)
        return {}
    try:
        model = registry.find_class(seam, entry["name"]).Config
        values: dict[str, Any] = model.model_validate(entry).model_dump(mode="json")
        return values
    except ValidationError as error:
        for place, line in describe(error, model):
            mistakes.add(".".join(part for part in (path, place) if part), line, file)
    except UserError as error:
        mistakes.add(name_path, f"{error.what} {error.remedy}", file)
    return {}


def checked_dataset(name: str, root: Path, mistakes: Mistakes) -> dict[str, Any]:
    """Read and validate a file of ``config/datasets/``; empty if it is wrong."""
    folder = root / "config" / "datasets"
    known = sorted(path.stem for path in folder.glob("*.yaml"))
    if name not in known:
        mistakes.add("dataset", unknown_name("data set", name, known))
        return {}
    file = f"config/datasets/{name}.yaml"
    try:
        entry = read_yaml(root / file)
    except ConfigError as error:
        mistakes.lines.append(error.what)
        return {}
    return checked_entry("dataset", entry, "", mistakes, file)


def checked_extractors(
    experiment: Readable, root: Path, mistakes: Mistakes
) -> dict[str, dict[str, Any]]:
    """Read and validate the extractors that an experiment names."""
    try:
        shared = read_yaml(root / EXTRACTORS)
    except ConfigError as error:
        mistakes.lines.append(error.what)
        return {}
    used = {
        target["extractor"]: f"targets.{key}.extractor"
        for key, target in experiment.section("targets").items()
        if isinstance(target.get("extractor"), str)
    }
    for name in texts(experiment.mapping("evaluation").get("spaces")):
        used.setdefault(name, "evaluation.spaces")
    clustered = experiment.clusters().get("extractor")
    if isinstance(clustered, str):
        used.setdefault(clustered, "split.clusters.extractor")
    chosen = {}
    for name, path in sorted(used.items()):
        if not names_a_file(name):
            mistakes.add(path, not_a_file_name(name))
        elif name not in shared:
            mistakes.add(path, unknown_name("extractor", name, list(shared)))
        elif entry := checked_entry("extractor", shared[name], name, mistakes, EXTRACTORS):
            chosen[name] = entry
    return chosen
