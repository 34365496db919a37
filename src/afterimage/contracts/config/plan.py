"""What the workflow asks of a configuration: names, paths and plain dictionaries."""

from pathlib import Path
from typing import Any

from afterimage.contracts import registry
from afterimage.contracts.config.load import Configuration
from afterimage.contracts.errors import ConfigError


class Plan:
    """A configuration in the words of the rules.

    Parameters
    ----------
    configuration : Configuration
    folder : Path
        Where Snakemake runs: relative paths start there.

    Raises
    ------
    ConfigError
        If raw files are needed and their folder is not known.
    """

    def __init__(self, configuration: Configuration, folder: Path) -> None:
        self._configuration = configuration
        self._values: dict[str, Any] = configuration.experiment.model_dump(mode="json")
        self.experiment: str = self._values["experiment"]
        self.dataset: str = self._values["dataset"]
        self.subjects = configuration.subjects
        self.simulated = configuration.simulated
        self.dataset_entry = configuration.dataset
        self.extractor_entries = configuration.extractors
        self.extractors = sorted(configuration.extractors)
        self.targets: list[str] = list(self._values["targets"])
        self.models: list[str] = list(self._values["models"])
        self.generators: list[str] = list(self._values["generators"])
        self.seed: int = self._values["seed"]
        self.execution: dict[str, Any] = self._values["execution"]
        self.data_root = self._find_data_root(folder)

    def _find_data_root(self, folder: Path) -> str:
        """Return the folder of the raw files; needed only until they are listed and read."""
        given = self._values["data_root"]
        if given is None and self.simulated:
            return f"raw/{self.dataset}"
        if (folder / f"derivatives/{self.dataset}/raw.json").is_file():
            return str(given or "")
        if given is None:
            raise ConfigError(
                f"data_root: expected the folder of the raw files of data set '{self.dataset}'. "
                "Found: nothing.",
                "Give it with --config data_root=FOLDER; nothing was run.",
            )
        if not self.simulated and not (folder / given).is_dir():
            raise ConfigError(
                f"data_root: expected a folder. Found: '{given}', which does not exist.",
                "Correct --config data_root=FOLDER; nothing was run.",
            )
        return str(given)

    def section(self, name: str) -> Any:
        """Return a section of the experiment as plain values."""
        return self._values[name]

    def result_parameters(self) -> dict[str, Any]:
        """Return the whole resolved configuration without what changes speed only."""
        shown = {k: v for k, v in self._values.items() if k not in {"execution", "data_root"}}
        return {
            **shown,
            "subjects": self.subjects,
            "dataset_entry": {self.dataset: self.dataset_entry},
            "extractor_entries": self.extractor_entries,
        }

    def model(self, name: str) -> dict[str, Any]:
        """Return a model's class settings and number of null refits."""
        entry = self._values["models"][name]
        seam = self.model_seam(name)[0]
        return {"seam": seam, "entry": entry[seam], "null_refits": entry["null_refits"]}

    def model_seam(self, name: str) -> tuple[str, str]:
        """Return a model's seam ("decoder" or "encoder") and the name of its class."""
        model = self._configuration.experiment.models[name]
        return model.seam, model.entry["name"]

    def models_of(self, seam: str) -> list[tuple[str, str]]:
        """Return all (model, target) pairs of one seam."""
        return [
            (name, target)
            for name in self.models
            if self.model_seam(name)[0] == seam
            for target in self._values["models"][name]["targets"]
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

    def spaces(self) -> list[str]:
        """Return the extractors in whose spaces reconstructions are identified."""
        chosen: list[str] = self._values["evaluation"]["spaces"]
        if chosen:
            return chosen
        used = {self.target(name)["extractor"] for name in self.targets} - {None}
        return sorted(name for name in used if self.extractor_entries[name]["name"] != "category")

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
        return [f"{folder}/null.arrow"] if self.model(wildcards.model)["null_refits"] else []

    def null_pictures(self, wildcards: Any) -> list[str]:
        """Return the pictures of the null refits, if the generator draws any."""
        folder = self.fitted(wildcards.subject, wildcards.model, wildcards.target)
        drawn = self.null_refits(wildcards.model, wildcards.generator)
        return [f"{folder}/{wildcards.generator}/null.arrow"] if drawn else []

    def learning_curve(self) -> dict[str, Any] | None:
        """Return the section `learning_curve` with its model's settings."""
        curve: dict[str, Any] | None = self._values["learning_curve"]
        return None if curve is None else {**curve, "entry": self.model(curve["model"])["entry"]}

    def curve_target_values(self) -> list[str]:
        """Return the values of the learning curve's target."""
        curve = self._values["learning_curve"]
        return [] if curve is None else [self.target_values(curve["target"])]

    def metric_files(self) -> list[str]:
        """Return every table of scores that the experiment makes."""
        files = []
        for subject in self.subjects:
            for model, target in self.models_of("decoder"):
                files.append(f"{self.fitted(subject, model, target)}/metrics.parquet")
            for model, target, generator in self.generated():
                files.append(f"{self.fitted(subject, model, target)}/{generator}/metrics.parquet")
            for model, target in self.models_of("encoder"):
                files.append(f"{self.fitted(subject, model, target)}/encoding.parquet")
            if self._values["learning_curve"] is not None:
                files.append(f"results/{self.experiment}/{subject}/truth.parquet")
        return files
