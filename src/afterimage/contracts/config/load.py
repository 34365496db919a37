"""From YAML files to one validated experiment, or to all of its mistakes at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from afterimage.contracts import registry
from afterimage.contracts.config.experiment import Experiment
from afterimage.contracts.config.mistakes import describe
from afterimage.contracts.config.yaml_file import read_yaml
from afterimage.contracts.errors import ConfigError, UserError

SEAM_SECTIONS = (("models", "decoder"), ("models", "encoder"), ("generators", "generator"))


@dataclass(frozen=True)
class Configuration:
    """A validated experiment with the shared entries that it names.

    Attributes
    ----------
    experiment : Experiment
    dataset : dict
        The data set's validated entry, plain values only.
    extractors : dict of str to dict
        The extractors that the experiment uses, validated, plain values only.
    subjects : list of str
    simulated : bool
        Whether the raw data are made by the workflow.
    """

    experiment: Experiment
    dataset: dict[str, Any]
    extractors: dict[str, dict[str, Any]]
    subjects: list[str]
    simulated: bool


@dataclass
class _Mistakes:
    lines: list[str] = field(default_factory=list)

    def raise_if_any(self) -> None:
        if not self.lines:
            return
        count = len(self.lines)
        head = "1 mistake" if count == 1 else f"{count} mistakes"
        text = "; ".join(self.lines) if count == 1 else head + " in the configuration"
        error = ConfigError(text, "Nothing was run. docs/configuration.md lists every key.")
        if count > 1:
            listed = "\n".join(f"  {i}. {line}" for i, line in enumerate(self.lines, 1))
            error.args = (f"{head} in the configuration:\n{listed}\n{error.remedy}",)
        raise error


def load_configuration(
    merged: dict[str, Any], root: Path, files: Sequence[Path | str]
) -> Configuration:
    """Validate an experiment and everything that it refers to.

    Parameters
    ----------
    merged : dict
        The experiment as Snakemake merged it from files and ``--config``.
    root : Path
        The project's folder, which holds ``config/``.
    files : sequence of path
        The files it was read from: read again, because duplicate keys do not survive merging.

    Raises
    ------
    ConfigError
        With every mistake, each with its path, what was found and what was expected.
    """
    mistakes = _Mistakes()
    for path in files:
        try:
            read_yaml(path)
        except ConfigError as error:
            mistakes.lines.append(error.what)
    where = ", ".join(Path(path).name for path in files)
    try:
        experiment = Experiment.model_validate(merged)
    except ValidationError as error:
        mistakes.lines += describe(error, where, Experiment)
        _check_named_files(merged, root, where, mistakes)
        _check_named_classes(merged, where, mistakes)
        mistakes.raise_if_any()
        raise
    dataset = _dataset(experiment.dataset, root, mistakes)
    extractors = _extractors(experiment, root, where, mistakes)
    experiment = _with_checked_seams(experiment, where, mistakes)
    _check_references(experiment, where, mistakes)
    subjects, simulated = _subjects(experiment, dataset, where, mistakes)
    mistakes.raise_if_any()
    return Configuration(experiment, dataset, extractors, subjects, simulated)


def _check_named_files(merged: dict[str, Any], root: Path, where: str, mistakes: _Mistakes) -> None:
    """Report a wrong data set beside the mistakes of the experiment itself."""
    if isinstance(merged.get("dataset"), str):
        _dataset(merged["dataset"], root, mistakes)


def _check_named_classes(merged: dict[str, Any], where: str, mistakes: _Mistakes) -> None:
    """Report wrong models, generators and metrics beside the mistakes of the experiment itself."""
    entries = [
        (seam, f"{where}.{section}.{key}.{seam}", item.get(seam))
        for section, seam in SEAM_SECTIONS
        for key, item in _mapping(merged.get(section)).items()
        if isinstance(item, dict)
    ]
    metrics = _mapping(merged.get("evaluation")).get("metrics")
    if isinstance(metrics, list):
        path = f"{where}.evaluation.metrics"
        entries += [("metric", f"{path}.{i}", entry) for i, entry in enumerate(metrics)]
    for seam, path, entry in entries:
        named = {"name": entry} if isinstance(entry, str) else entry
        if isinstance(named, dict) and isinstance(named.get("name", ""), str):
            _checked_entry(seam, named, path, mistakes)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _unknown(path: str, kind: str, name: str, known: Sequence[str]) -> str:
    close = get_close_matches(name, known, n=1)
    hint = f" Did you mean '{close[0]}'?" if close else ""
    listed = ", ".join(sorted(known)) or "none"
    return f"{path}: there is no {kind} named '{name}'.{hint} Known: {listed}."


def _dataset(name: str, root: Path, mistakes: _Mistakes) -> dict[str, Any]:
    folder = root / "config" / "datasets"
    known = sorted(path.stem for path in folder.glob("*.yaml"))
    if name not in known:
        mistakes.lines.append(_unknown("dataset", "data set", name, known))
        return {}
    where = f"config/datasets/{name}.yaml"
    try:
        entry = read_yaml(folder / f"{name}.yaml")
    except ConfigError as error:
        mistakes.lines.append(error.what)
        return {}
    return _checked_entry("dataset", entry, where, mistakes)


def _checked_entry(
    seam: str, entry: dict[str, Any], where: str, mistakes: _Mistakes
) -> dict[str, Any]:
    """Validate an entry by the class that its name chooses; return plain values."""
    if "name" not in entry:
        mistakes.lines.append(f"{where}.name: this key is required, and is missing.")
        return {}
    try:
        model = registry.find_class(seam, entry["name"]).Config
        return model.model_validate(entry).model_dump(mode="json")
    except ValidationError as error:
        mistakes.lines += describe(error, where, model)
    except UserError as error:
        mistakes.lines.append(f"{where}.name: {error.what} {error.remedy}")
    return {}


def _extractors(
    experiment: Experiment, root: Path, where: str, mistakes: _Mistakes
) -> dict[str, dict[str, Any]]:
    try:
        shared = read_yaml(root / "config" / "extractors.yaml")
    except ConfigError as error:
        mistakes.lines.append(error.what)
        return {}
    used = {
        name: f"{where}.targets.{key}.extractor"
        for key, target in experiment.targets.items()
        if (name := target.extractor) is not None
    }
    for name in experiment.evaluation.spaces:
        used.setdefault(name, f"{where}.evaluation.spaces")
    chosen = {}
    for name, path in sorted(used.items()):
        if name not in shared:
            mistakes.lines.append(_unknown(path, "extractor", name, list(shared)))
            continue
        entry = _checked_entry(
            "extractor", shared[name], f"config/extractors.yaml.{name}", mistakes
        )
        if entry:
            chosen[name] = entry
    return chosen


def _with_checked_seams(experiment: Experiment, where: str, mistakes: _Mistakes) -> Experiment:
    """Fill in and check the settings of each model, generator and metric."""
    models = {
        key: model.model_copy(
            update={
                model.seam: _checked_entry(
                    model.seam, model.entry, f"{where}.models.{key}.{model.seam}", mistakes
                )
            }
        )
        for key, model in experiment.models.items()
    }
    generators = {
        key: entry.model_copy(
            update={
                "generator": _checked_entry(
                    "generator", entry.generator, f"{where}.generators.{key}.generator", mistakes
                )
            }
        )
        for key, entry in experiment.generators.items()
    }
    metrics = [
        _checked_entry("metric", entry, f"{where}.evaluation.metrics.{i}", mistakes)
        for i, entry in enumerate(experiment.evaluation.metrics)
    ]
    evaluation = experiment.evaluation.model_copy(update={"metrics": metrics})
    return experiment.model_copy(
        update={"models": models, "generators": generators, "evaluation": evaluation}
    )


def _check_references(experiment: Experiment, where: str, mistakes: _Mistakes) -> None:
    """Check that every name within the experiment is defined there."""
    targets, models = list(experiment.targets), list(experiment.models)
    for section in ("targets", "models", "generators"):
        for key in getattr(experiment, section):
            if not key.replace("_", "").replace("-", "").isalnum():
                mistakes.lines.append(
                    f"{where}.{section}.{key}: expected letters, digits, '_' and '-' in a name."
                )
    for key, target in experiment.targets.items():
        if target.generator is not None:
            _check_latents(
                experiment, f"{where}.targets.{key}.generator", target.generator, mistakes
            )
    for key, model in experiment.models.items():
        for name in model.targets:
            if name not in targets:
                path = f"{where}.models.{key}.targets"
                mistakes.lines.append(_unknown(path, "target", name, targets))
    for key, generator in experiment.generators.items():
        path = f"{where}.generators.{key}"
        if generator.target not in targets:
            mistakes.lines.append(_unknown(f"{path}.target", "target", generator.target, targets))
        for name in generator.models:
            _check_decodes(experiment, f"{path}.models", name, generator.target, mistakes)
        if generator.models and generator.models[0] in models:
            refits = experiment.models[generator.models[0]].null_refits
            if generator.null_refits > refits:
                mistakes.lines.append(
                    f"{path}.null_refits: expected at most the {refits} null refits of model "
                    f"'{generator.models[0]}'. Found: {generator.null_refits}."
                )
    scored = [entry.get("name") for entry in experiment.evaluation.metrics]
    if experiment.generators and experiment.report.rank_by not in scored:
        mistakes.lines.append(
            f"{where}.report.rank_by: expected one of evaluation.metrics. "
            f"Found: '{experiment.report.rank_by}'."
        )
    curve = experiment.learning_curve
    if curve is not None:
        _check_decodes(
            experiment, f"{where}.learning_curve.model", curve.model, curve.target, mistakes
        )


def _check_latents(experiment: Experiment, path: str, name: str, mistakes: _Mistakes) -> None:
    known = list(experiment.generators)
    if name not in known:
        mistakes.lines.append(_unknown(path, "generator", name, known))
        return
    entry = experiment.generators[name].generator
    if entry and not registry.find_class("generator", entry["name"]).trained:
        mistakes.lines.append(f"{path}: expected a trained generator; '{name}' has no latents.")


def _check_decodes(
    experiment: Experiment, path: str, model: str, target: str, mistakes: _Mistakes
) -> None:
    """Check that a model exists, is a decoder, and has the target."""
    if model not in experiment.models:
        mistakes.lines.append(_unknown(path, "model", model, list(experiment.models)))
    elif experiment.models[model].seam != "decoder":
        mistakes.lines.append(f"{path}: expected a decoder; '{model}' is an encoder.")
    elif target in experiment.targets and target not in experiment.models[model].targets:
        mistakes.lines.append(f"{path}: model '{model}' does not decode the target '{target}'.")


def _subjects(
    experiment: Experiment, dataset: dict[str, Any], where: str, mistakes: _Mistakes
) -> tuple[list[str], bool]:
    if not dataset:
        return [], False
    adapter = registry.build("dataset", dataset)
    known = adapter.subjects()
    simulated = bool(getattr(adapter, "is_simulated", lambda: False)())
    if experiment.learning_curve is not None and not simulated:
        mistakes.lines.append(
            f"{where}.learning_curve: the best decoder is known for simulated data only."
        )
    if experiment.subjects == "all":
        return known, simulated
    for name in experiment.subjects:
        if name not in known:
            mistakes.lines.append(_unknown(f"{where}.subjects", "subject", name, known))
    return list(experiment.subjects), simulated
