"""Names within an experiment that refer to its other parts."""

from afterimage.contracts import registry
from afterimage.contracts.config.experiment import ReportSettings
from afterimage.contracts.config.mistakes import Mistakes
from afterimage.contracts.config.names import unknown_name
from afterimage.contracts.config.readable import Readable, named, texts
from afterimage.contracts.errors import ConfigError

# Where the comparison of a model's targets lies, beside a folder for each of them.
COMPARED = "compared"
# Which groups, left out of training, leave a normalisation without its mean; its own one last.
UNTRAINED = {"session_train": ("session",), "run_train": ("session", "run")}


def check_references(experiment: Readable, mistakes: Mistakes) -> None:
    """Report every name that is not defined where it should be.

    Parameters
    ----------
    experiment : Readable
        Read as far as it can be: a mistake elsewhere does not hide the ones found here.
    mistakes : Mistakes
        Those found are added.
    """
    _check_names(experiment, mistakes)
    _check_targets(experiment, mistakes)
    _check_models(experiment, mistakes)
    _check_generators(experiment, mistakes)
    _check_ranking(experiment, mistakes)
    _check_clusters(experiment, mistakes)
    _check_normalisation(experiment, mistakes)
    _check_curve(experiment, mistakes)
    _check_time_resolved(experiment, mistakes)
    curve = experiment.mapping("learning_curve")
    model, target = curve.get("model"), curve.get("target")
    if isinstance(model, str):
        _check_decodes(experiment, "learning_curve.model", model, target, mistakes)
    if isinstance(target, str):
        _check_known(experiment, "learning_curve.target", "target", target, mistakes)


def _check_known(experiment: Readable, path: str, kind: str, name: str, mistakes: Mistakes) -> bool:
    known = list(experiment.section(f"{kind}s"))
    if name not in known:
        mistakes.add(path, unknown_name(kind, name, known))
    return name in known


def _check_names(experiment: Readable, mistakes: Mistakes) -> None:
    """Check names that become folders and parts of file names."""
    for section in ("targets", "models", "generators", "time_resolved"):
        for key in experiment.section(section):
            if not key.replace("_", "").replace("-", "").isalnum():
                mistakes.add(f"{section}.{key}", "expected letters, digits, '_' and '-' in a name.")
    if COMPARED in experiment.section("targets"):
        mistakes.add(
            f"targets.{COMPARED}", "the folder of that name is taken: choose another name."
        )


def _check_targets(experiment: Readable, mistakes: Mistakes) -> None:
    _check_joins(experiment, mistakes)
    for key, target in experiment.section("targets").items():
        name = target.get("generator")
        path = f"targets.{key}.generator"
        if not isinstance(name, str):
            continue
        if not _check_known(experiment, path, "generator", name, mistakes):
            continue
        entry = named(experiment.section("generators")[name].get("generator"))
        if entry is not None and not _is_trained(entry.get("name", "")):
            mistakes.add(path, f"expected a trained generator; '{name}' has no latents.")


def _check_joins(experiment: Readable, mistakes: Mistakes) -> None:
    """Check that joined targets exist, and join no others themselves."""
    targets = experiment.section("targets")
    for key, target in targets.items():
        path = f"targets.{key}.join"
        for name in texts(target.get("join")):
            known = _check_known(experiment, path, "target", name, mistakes)
            if known and targets[name].get("join") is not None:
                mistakes.add(path, f"expected targets that join no others; '{name}' does.")


def _is_trained(name: str) -> bool:
    """Return whether a generator's class is trained; an unknown one is told elsewhere."""
    try:
        return bool(registry.find_class("generator", name).trained)
    except ConfigError:
        return True


def _check_models(experiment: Readable, mistakes: Mistakes) -> None:
    for key, model in experiment.section("models").items():
        for name in texts(model.get("targets")):
            path = f"models.{key}.targets"
            known = _check_known(experiment, path, "target", name, mistakes)
            joined = known and experiment.section("targets")[name].get("join") is not None
            if joined and model.get("decoder") is not None:
                mistakes.add(path, f"'{name}' joins feature spaces: expected an encoder.")


def _check_generators(experiment: Readable, mistakes: Mistakes) -> None:
    models = experiment.section("models")
    for key, generator in experiment.section("generators").items():
        path = f"generators.{key}"
        target = generator.get("target")
        if isinstance(target, str):
            _check_known(experiment, f"{path}.target", "target", target, mistakes)
        used = texts(generator.get("models"))
        for name in used:
            _check_decodes(experiment, f"{path}.models", name, target, mistakes)
        refits = models[used[0]].get("null_refits", 0) if used and used[0] in models else None
        asked = generator.get("null_refits", 0)
        if isinstance(refits, int) and isinstance(asked, int) and asked > refits:
            mistakes.add(
                f"{path}.null_refits",
                f"expected at most the {refits} null refits of model '{used[0]}'. Found: {asked}.",
            )


def _check_decodes(
    experiment: Readable, path: str, model: str, target: object, mistakes: Mistakes
) -> None:
    """Check that a model exists, is a decoder, and has the target."""
    if not _check_known(experiment, path, "model", model, mistakes):
        return
    entry = experiment.section("models")[model]
    if entry.get("encoder") is not None:
        mistakes.add(path, f"expected a decoder; '{model}' is an encoder.")
    elif target in list(experiment.section("targets")) and target not in texts(
        entry.get("targets")
    ):
        mistakes.add(path, f"model '{model}' does not decode the target '{target}'.")


def _check_ranking(experiment: Readable, mistakes: Mistakes) -> None:
    default = ReportSettings.model_fields["rank_by"].default
    rank_by = experiment.mapping("report").get("rank_by", default)
    metrics = [setting.entry for setting in experiment.seams() if setting.seam == "metric"]
    scored = [entry.get("name") for entry in metrics]
    # A misspelt metric is told by itself; it may be the one that is meant here.
    all_known = set(scored) <= set(registry.known("metric"))
    if experiment.section("generators") and scored and all_known and rank_by not in scored:
        mistakes.add("report.rank_by", f"expected one of evaluation.metrics. Found: '{rank_by}'.")


def _check_clusters(experiment: Readable, mistakes: Mistakes) -> None:
    """Check that clusters are described where, and only where, they are the split's groups."""
    split = experiment.mapping("split")
    if split.get("protocol") == "published":
        return
    asked, given = split.get("group") == "cluster", split.get("clusters") is not None
    if asked and not given:
        mistakes.add("split.clusters", "group 'cluster' needs it: {extractor: NAME, count: K}.")
    if given and not asked:
        mistakes.add("split.clusters", "only group 'cluster' uses it; add group: cluster.")


def _check_time_resolved(experiment: Readable, mistakes: Mistakes) -> None:
    """Check that analyses over time name a decoder, one of its targets and a metric."""
    metrics = [s.entry.get("name") for s in experiment.seams() if s.seam == "metric"]
    for key, analysis in experiment.section("time_resolved").items():
        path = f"time_resolved.{key}"
        model, target = analysis.get("model"), analysis.get("target")
        if isinstance(model, str):
            _check_decodes(experiment, f"{path}.model", model, target, mistakes)
        if isinstance(target, str):
            _check_known(experiment, f"{path}.target", "target", target, mistakes)
        metric = analysis.get("metric", "two_way")
        if isinstance(metric, str) and metric not in metrics:
            known = [str(name) for name in metrics]
            mistakes.add(f"{path}.metric", unknown_name("metric of the evaluation", metric, known))
        _check_not_rescaled(experiment, f"{path}.model", model, mistakes)


def _check_not_rescaled(experiment: Readable, path: str, model: object, mistakes: Mistakes) -> None:
    """Refuse a model whose predictions are rescaled where only its fit would be taken over."""
    if experiment.section("models").get(str(model), {}).get("rescale", "none") != "none":
        mistakes.add(
            path,
            f"'{model}' rescales its predictions over the test set, which is not done here: "
            "expected a model without 'rescale', if need be one more with the same decoder.",
        )


def _check_curve(experiment: Readable, mistakes: Mistakes) -> None:
    """Refuse what leaves no weights in the responses' own unit for the learning curve."""
    curve = experiment.mapping("learning_curve")
    if not curve:
        return
    model = experiment.section("models").get(str(curve.get("model")), {})
    if model.get("learn_from", "own") != "own":
        mistakes.add(
            "learning_curve.model",
            "its sizes are numbers of a subject's own trials: expected a model with learn_from: "
            "own.",
        )
    _check_not_rescaled(experiment, "learning_curve.model", curve.get("model"), mistakes)
    responses = experiment.mapping("responses")
    for key, plain in {"whiten": "none", "clamp": None}.items():
        if responses.get(key, plain) != plain:
            mistakes.add(
                f"responses.{key}",
                "the learning curve compares weights for responses in their own unit: leave "
                "'learning_curve' out, or this key.",
            )


def _check_normalisation(experiment: Readable, mistakes: Mistakes) -> None:
    """Refuse a mean of each session's training trials where test sessions have none."""
    asked = experiment.mapping("responses").get("normalise")
    split = experiment.mapping("split")
    group = split.get("group")
    if asked not in UNTRAINED or not (split.get("first_sessions") or group in UNTRAINED[asked]):
        return
    unit = UNTRAINED[asked][-1]
    narrowed = "first_sessions" if split.get("first_sessions") else f"group: {group}"
    mistakes.add(
        "responses.normalise",
        f"with split.{narrowed} some tested {unit}s have no training trials, and so no "
        "mean: expected 'train', or 'session_all' or 'run_all', which use test responses. "
        f"Found: '{asked}'.",
    )
