"""What the workflow asks of a configuration: names, paths and plain dictionaries."""

from pathlib import Path
from typing import Any

from afterimage.contracts import registry
from afterimage.contracts.config.load import Configuration
from afterimage.contracts.errors import ConfigError

# Sections that change speed or place, never a result.
SPEED_ONLY = {"execution", "data_root", "fetch", "publish"}


class Plan:
    """A configuration in the words of the rules.

    Parameters
    ----------
    configuration : Configuration
    folder : Path
        Where Snakemake runs: relative paths start there.
    fetching : bool, optional
        Whether raw files are going to be downloaded: their folder may be absent.
    restoring : bool, optional
        Whether results are going to be restored: no raw file is needed.

    Raises
    ------
    ConfigError
        If raw files are needed and their folder is not known.
    """

    def __init__(
        self,
        configuration: Configuration,
        folder: Path,
        fetching: bool = False,
        restoring: bool = False,
    ) -> None:
        self._configuration = configuration
        self._values: dict[str, Any] = configuration.experiment.model_dump(mode="json")
        self.experiment: str = self._values["experiment"]
        recordings = configuration.recordings
        self.dataset = recordings.name
        self.dataset_entry = recordings.entry
        self.subjects = recordings.subjects
        self.all_subjects = recordings.all_subjects
        self.subject_entries = recordings.subject_entries
        self.parts = recordings.parts
        self.simulated = recordings.simulated
        self.timed = recordings.timed
        self.extractor_entries = configuration.extractors
        self.extractors = sorted(configuration.extractors)
        self.targets: list[str] = list(self._values["targets"])
        self.models: list[str] = list(self._values["models"])
        self.generators: list[str] = list(self._values["generators"])
        self.analyses: list[str] = list(self._values["time_resolved"])
        self.seed: int = self._values["seed"]
        self.execution: dict[str, Any] = self._values["execution"]
        self.data_root = "" if restoring else self._find_data_root(folder, fetching)

    def _find_data_root(self, folder: Path, fetching: bool) -> str:
        """Return the folder of the raw files; needed only until they are listed and read."""
        given = self._values["data_root"]
        if given is None and self.simulated:
            return f"raw/{self.dataset}"
        derivatives = folder / "derivatives" / self.dataset
        manifests = [derivatives / part / "raw.json" for part in ("", *self.subjects)]
        listed = all(manifest.is_file() for manifest in manifests)
        if listed and not (fetching and given is None):
            return str(given or "")
        if given is None:
            raise ConfigError(
                f"data_root: expected the folder of the raw files of data set '{self.dataset}'. "
                "Found: nothing.",
                "Give it with --config data_root=FOLDER; nothing was run.",
            )
        if not (self.simulated or fetching) and not (folder / given).is_dir():
            download = ", or download into it with `snakemake fetch`"
            raise ConfigError(
                f"data_root: expected a folder. Found: '{given}', which does not exist.",
                "Correct --config data_root=FOLDER"
                f"{download if self._configuration.recordings.fetchable else ''}; nothing was run.",
            )
        return str(given)

    def section(self, name: str) -> Any:
        """Return a section of the experiment as plain values."""
        return self._values[name]

    def result_parameters(self) -> dict[str, Any]:
        """Return the whole resolved configuration without what changes speed only."""
        shown = {k: v for k, v in self._values.items() if k not in SPEED_ONLY}
        return {
            **shown,
            "subjects": self.subjects,
            "dataset_entry": {self.dataset: self.dataset_entry},
            "extractor_entries": self.extractor_entries,
        }

    def model(self, name: str) -> dict[str, Any]:
        """Return a model's seam, the settings of its class, and what becomes of predictions."""
        seam = self.model_seam(name)[0]
        model = self._values["models"][name]
        return {"seam": seam, "entry": model[seam], "rescale": model["rescale"]}

    def null_model(self, name: str) -> dict[str, Any]:
        """Return how often a model is refitted on shuffled pairs; the model itself is not."""
        return {"null_refits": self._values["models"][name]["null_refits"]}

    def model_seam(self, name: str) -> tuple[str, str]:
        """Return a model's seam ("decoder" or "encoder") and the name of its class."""
        model = self._configuration.experiment.models[name]
        return model.seam, model.entry["name"]

    def others(self, model: str, subject: str) -> list[str]:
        """Return the subjects that a subject's model is fitted on instead of the subject."""
        if self._values["models"][model]["learn_from"] == "own":
            return []
        return [other for other in self.subjects if other != subject]

    def models_of(self, seam: str) -> list[tuple[str, str]]:
        """Return all (model, target) pairs of one seam."""
        return [
            (name, target)
            for name in self.models
            if self.model_seam(name)[0] == seam
            for target in self._values["models"][name]["targets"]
        ]

    def targets_of(self, model: str) -> list[str]:
        """Return the targets of a model, in order."""
        return list(self._values["models"][model]["targets"])

    def compared(self) -> list[str]:
        """Return the encoders whose targets are compared: those with several."""
        encoders = dict.fromkeys(model for model, _ in self.models_of("encoder"))
        return [model for model in encoders if len(self.targets_of(model)) > 1]

    def of_targets(self, wildcards: Any, file: str) -> list[str]:
        """Return a file of one name for each target of a subject's model."""
        return [
            f"{self.fitted(wildcards.subject, wildcards.model, target)}/{file}"
            for target in self.targets_of(wildcards.model)
        ]

    def compared_files(self) -> list[str]:
        """Return the tables of regions in which targets are compared."""
        return [
            f"results/{self.experiment}/{subject}/{model}/compared/compared.parquet"
            for subject in self.subjects
            for model in self.compared()
        ]

    def generator(self, name: str) -> dict[str, Any]:
        """Return a generator's entry."""
        entry: dict[str, Any] = self._values["generators"][name]
        return entry

    def generated(self) -> list[tuple[str, str, str]]:
        """Return all (model, target, generator) triples."""
        return [
            (model, entry["target"], name)
            for name, entry in self._values["generators"].items()
            for model in entry["models"]
        ]

    def null_refits(self, model: str, generator: str) -> int:
        """Return how many null refits of a model a generator turns into pictures."""
        entry = self.generator(generator)
        return entry["null_refits"] if model == entry["models"][0] else 0

    def target(self, name: str) -> dict[str, Any]:
        """Return a target's entry."""
        entry: dict[str, Any] = self._values["targets"][name]
        return entry

    def is_fitted(self, target: str) -> bool:
        """Return whether a target has a transform of its own, fitted after the split."""
        return bool(self.target(target)["transform"]["name"] != "none")

    def target_values(self, name: str) -> str:
        """Return the array file that holds a target's values."""
        entry = self.target(name)
        if entry["generator"] is not None:
            return f"results/{self.experiment}/generators/{entry['generator']}/latents.arrow"
        if self.is_fitted(name):
            return f"results/{self.experiment}/targets/{name}/values.arrow"
        return f"derivatives/{self.dataset}/features/{entry['extractor']}.arrow"

    def target_files(self, name: str) -> list[str]:
        """Return the array files of a target's values: its own, or one of each it joins."""
        return [self.target_values(one) for one in self.target(name)["join"] or [name]]

    def spaces(self) -> list[str]:
        """Return the extractors in whose spaces reconstructions are identified."""
        chosen: list[str] = self._values["evaluation"]["spaces"]
        if chosen:
            return chosen
        used = {self.target(name)["extractor"] for name in self.targets} - {None}
        return sorted(name for name in used if self._needs(name) == "image")

    def reads_captions(self, extractor: str) -> bool:
        """Return whether an extractor reads captions, which are annotations of a data set."""
        return self._needs(extractor) == "captions"

    def _needs(self, extractor: str) -> str:
        """Return what a class reads; one that decides by its settings counts as one of pictures."""
        chosen = registry.find_class("extractor", self.extractor_entries[extractor]["name"])
        return str(getattr(chosen, "needs", "image"))

    def target_kind(self, name: str) -> dict[str, Any]:
        """Return what decides how a target is scored: labels or features, fitted or not."""
        entry = self.target(name)
        extractor = self.extractor_entries.get(entry["extractor"] or "", {})
        per_fold = self.is_fitted(name) or entry["generator"] is not None
        return {"labels": extractor.get("name") == "category", "space_per_fold": per_fold}

    def transform_file(self, target: str) -> list[str]:
        """Return the file of a target's fitted transform, if it has one."""
        if not self.is_fitted(target):
            return []
        return [f"results/{self.experiment}/targets/{target}/transform.safetensors"]

    def trained_file(self, generator: str) -> list[str]:
        """Return the weights of a generator that is trained."""
        name = self.generator(generator)["generator"]["name"]
        if not registry.find_class("generator", name).trained:
            return []
        return [f"results/{self.experiment}/generators/{generator}/model.safetensors"]

    def fitted(self, subject: str, model: str, target: str) -> str:
        """Return the folder of one fitted model."""
        return f"results/{self.experiment}/{subject}/{model}/{target}"

    def null_file(self, wildcards: Any) -> list[str]:
        """Return the predictions of a model's null refits, if it has any."""
        folder = self.fitted(wildcards.subject, wildcards.model, wildcards.target)
        return [f"{folder}/null.arrow"] if self.has_null(wildcards.model) else []

    def has_null(self, model: str) -> bool:
        """Return whether a model is refitted on shuffled pairs."""
        return bool(self.null_model(model)["null_refits"])

    def held_out_file(self, wildcards: Any) -> list[str]:
        """Return the predictions of left-out training stimuli, where a generator uses them."""
        generator = self.generator(wildcards.generator)["generator"]
        uses = getattr(registry.find_class("generator", generator["name"]), "uses_held_out", False)
        offers = hasattr(registry.find_class(*self.model_seam(wildcards.model)), "held_out")
        folder = self.fitted(wildcards.subject, wildcards.model, wildcards.target)
        return [f"{folder}/held_out.arrow"] if uses and offers else []

    def audit(self) -> dict[str, Any]:
        """Return the section `audit`, and the protocol that lets sources be on both sides.

        `source` is then false, unless the experiment asks for the check all the same.
        """
        settings: dict[str, Any] = self._values["audit"]
        if settings["source"] != "protocol":
            return {**settings, "known_sources": ""}
        known = self._configuration.recordings.known_sources
        return {**settings, "source": not known, "known_sources": known}

    def clusters(self) -> dict[str, Any] | None:
        """Return how the split's clusters are made, if it asks for them."""
        clusters: dict[str, Any] | None = self._values["split"].get("clusters")
        return clusters

    def learning_curve(self) -> dict[str, Any] | None:
        """Return the section `learning_curve` with its model's settings."""
        curve: dict[str, Any] | None = self._values["learning_curve"]
        return None if curve is None else {**curve, "entry": self.model(curve["model"])["entry"]}

    def analysis(self, name: str) -> dict[str, Any]:
        """Return an analysis over time with its model's settings."""
        analysis: dict[str, Any] = self._values["time_resolved"][name]
        return {**analysis, "entry": self.model(analysis["model"])["entry"]}

    def scored_analysis(self, name: str) -> dict[str, Any]:
        """Return how an analysis over time is scored: the metric's entry, and the target's kind."""
        analysis = self._values["time_resolved"][name]
        entries = self._values["evaluation"]["metrics"]
        (metric,) = [entry for entry in entries if entry["name"] == analysis["metric"]]
        kind = self.target_kind(analysis["target"])
        return {"metric": metric, "space_per_fold": kind["space_per_fold"]}

    def analysis_target_values(self, name: str) -> str:
        """Return the values of what an analysis over time decodes."""
        return self.target_values(self._values["time_resolved"][name]["target"])

    def analysis_files(self) -> list[str]:
        """Return the scores of all analyses over time."""
        return [
            f"results/{self.experiment}/{subject}/time_resolved/{name}/scores.parquet"
            for subject in self.subjects
            for name in self.analyses
        ]

    def curve_target_values(self) -> list[str]:
        """Return the values of the learning curve's target."""
        curve = self._values["learning_curve"]
        return [] if curve is None else [self.target_values(curve["target"])]

    def metric_files(self) -> list[str]:
        """Return every table of scores that the experiment makes."""
        files = []
        for subject in self.subjects:
            folder = f"results/{self.experiment}/{subject}"
            if self.models_of("decoder"):
                files.append(f"{folder}/scores/features.parquet")
            if self.generators:
                files.append(f"{folder}/scores/pictures.parquet")
            for model, target in self.models_of("encoder"):
                files.append(f"{self.fitted(subject, model, target)}/encoding.parquet")
            if self._values["learning_curve"] is not None:
                files.append(f"{folder}/truth.parquet")
        return files

    def map_folders(self) -> list[str]:
        """Return where each encoder's scores lie in the space of the recording."""
        return [
            f"{self.fitted(subject, model, target)}/maps"
            for subject in self.subjects
            for model, target in self.models_of("encoder")
        ]

    def grid_rows(self) -> list[tuple[str, str, str]]:
        """Return the (model, target, generator) of each row of a grid, priors last."""
        rows = self.generated()
        return sorted(rows, key=lambda row: self.model_seam(row[0])[1] == "mean")

    def picture_rows(self) -> list[dict[str, Any]]:
        """Return model, target and generator of each kind of reconstruction, priors last."""
        return [
            {
                "model": model,
                "target": target,
                "generator": generator,
                "null": bool(self.null_refits(model, generator)),
            }
            for model, target, generator in self.grid_rows()
        ]

    def picture_folders(self, with_null: bool = False) -> list[str]:
        """Return the folders of the picture rows, with the wildcards experiment and subject."""
        return [
            f"{_model_folder(row['model'], row['target'])}/{row['generator']}"
            for row in self.picture_rows()
            if row["null"] or not with_null
        ]

    def decoders(self) -> list[dict[str, Any]]:
        """Return model and target of each decoder, and how it is scored."""
        return [
            {
                "model": model,
                "target": target,
                "null": self.has_null(model),
                **self.target_kind(target),
            }
            for model, target in self.models_of("decoder")
        ]

    def decoder_folders(self, with_null: bool = False) -> list[str]:
        """Return the folders of the decoders, with the wildcards experiment and subject."""
        return [
            _model_folder(row["model"], row["target"])
            for row in self.decoders()
            if row["null"] or not with_null
        ]

    def ranking_space(self) -> str:
        """Return the space in which a grid's columns are ranked."""
        return "" if not self.spaces() else self.spaces()[0]

    def log_links(self) -> list[tuple[str, str]]:
        """Return what the report links to beside itself: label and path relative to it."""
        return [
            ("logs and benchmarks of this experiment", f"../../logs/{self.experiment}/"),
            ("logs and benchmarks of the data set", f"../../logs/{self.dataset}/"),
            ("resolved configuration", "configuration.yaml"),
            ("all scores (CSV)", "tables/metrics.csv"),
            ("headline scores (CSV)", "tables/headline.csv"),
            ("headline scores (LaTeX)", "tables/headline.tex"),
            ("figures (PDF and PNG)", "figures/"),
        ]

    def figures(self) -> list[dict[str, str]]:
        """Return the report's figures in order: kind, subject, model, target and file stem."""
        found = []
        decodes = bool(self.models_of("decoder"))
        encoders = self.models_of("encoder")
        for subject in self.subjects if self.generators else []:
            found.append(_figure("grid", f"grid_{subject}", subject))
        if self.generators:
            found.append(_figure("picture_scores", "scores_pictures"))
        if decodes:
            found.append(_figure("feature_scores", "scores_features"))
        found += [_figure("time_resolved", f"time_{n}", model=n) for n in self.analyses]
        if encoders:
            found.append(_figure("encoding_scores", "scores_encoding"))
            found.append(_figure("regions", "regions"))
        for model, target in encoders:
            for subject in self.subjects:
                stem = f"encoding_{subject}_{model}_{target}"
                found.append(_figure("encoding", stem, subject, model, target))
        for model in self.compared():
            found += [_figure("best_target", f"best_{s}_{model}", s, model) for s in self.subjects]
        found.append(_figure("ceilings", "ceilings"))
        if self._configuration.recordings.timed:
            found += [_figure("evoked", f"evoked_{s}", s) for s in self.subjects]
        if self._values["learning_curve"] is not None:
            found.append(_figure("learning_curve", "learning_curve"))
        return found


def _model_folder(model: str, target: str) -> str:
    return f"results/{{experiment}}/{{subject}}/{model}/{target}"


def _figure(
    kind: str, stem: str, subject: str = "", model: str = "", target: str = ""
) -> dict[str, str]:
    return {"kind": kind, "stem": stem, "subject": subject, "model": model, "target": target}
