import atexit
import re
import signal
import sys
from pathlib import Path

from afterimage.contracts.code import code_of_module, code_of_script
from afterimage.contracts.config.load import load_configuration
from afterimage.contracts.config.plan import Plan
from afterimage.contracts.errors import UserError
from afterimage.contracts.failures import failure_lines, refuse_other_experiments
from afterimage.contracts.files import sha256_of
from afterimage.contracts.left_in_queue import (
    cancel_jobs_of_run,
    refuse_while_jobs_are_queued,
)
from afterimage.contracts.registry import module_of

BASE = Path(workflow.basedir)
SCRIPTS = BASE / "scripts"

try:
    CFG = load_configuration(
        config,
        BASE,
        workflow.overwrite_configfiles or [BASE / "config" / "config.yaml"],
    )
    # Before the raw files are downloaded, their folder need not exist; results need none.
    PLAN = Plan(
        CFG,
        Path.cwd(),
        fetching="fetch" in sys.argv[1:],
        restoring="restore" in sys.argv[1:],
    )
    refuse_other_experiments(sys.argv[1:], PLAN.experiment)
except UserError as error:
    sys.exit(f"error: {error}")

EXPERIMENT = PLAN.experiment
DATASET = PLAN.dataset
SUBJECTS = PLAN.subjects
EXTRACTORS = PLAN.extractors
TARGETS = PLAN.targets
MODELS = PLAN.models
GENERATORS = PLAN.generators
SEED = PLAN.seed
DATA_ROOT = PLAN.data_root
BLAS_THREADS = PLAN.execution["blas_threads"]
DEVICE = PLAN.execution["device"]
BATCH_SIZE = PLAN.execution["batch_size"]
LARGE_MB = PLAN.execution["max_mem_mb"]
# Libraries, and the three processes of Snakemake that a job on a cluster is wrapped in; CUDA's
# context lies in the host's memory too.
BASE_MB = 6000 if DEVICE == "cuda" else 2000
HOUR = 60  # in minutes, the unit of `runtime`

RAW = "derivatives/{dataset}/raw.json"
STIMULI = "derivatives/{dataset}/stimuli.parquet"
IMAGES = "derivatives/{dataset}/images.arrow"
ANNOTATIONS = "derivatives/{dataset}/annotations.parquet"
FEATURES = "derivatives/{dataset}/features/{extractor}.arrow"
RECORDED = "derivatives/{dataset}/{subject}"
RAW_RECORDING = f"{RECORDED}/raw.json"
RESULTS = "results/{experiment}"
CLUSTERS = f"{RESULTS}/clusters.parquet"
SPLITS = f"{RESULTS}/splits.parquet"
SPLIT_CARD = f"{RESULTS}/split.json"
AUDIT = f"{RESULTS}/audit.json"
FITTED = f"{RESULTS}/{{subject}}/{{model}}/{{target}}"
COMPARED = f"{RESULTS}/{{subject}}/{{model}}/compared"
TIME_RESOLVED = f"{RESULTS}/{{subject}}/time_resolved/{{analysis}}"
LOGS = "logs/{experiment}"
FIGURES = f"{RESULTS}/figures"


def one_of(names):
    """A wildcard constraint; no names give one that matches nothing."""
    return "|".join(re.escape(name) for name in names) or "(?!)"


def code_of(rule):
    """The modules that a rule's script reaches, each with a hash of what it does."""
    return code_of_script(SCRIPTS / f"{rule}.py")


def code_of_seam(seam, name):
    """The modules behind a name of the configuration."""
    return code_of_module(module_of(seam, name))


def templates_of(stage):
    """A stage's page templates, each with a hash: they are code that is not Python."""
    folder = BASE / "src" / "afterimage" / stage / "templates"
    return [f"{path.name} {sha256_of(path)}" for path in sorted(folder.iterdir())]


def start_cleanly():
    """Before the first job: look for jobs of a killed run, and let SIGTERM end this one."""
    try:
        refuse_while_jobs_are_queued(Path.cwd())
    except UserError as error:
        sys.exit(f"error: {error}")
    # Snakemake's own answer to SIGTERM is to wait for every job that it has submitted, queued ones
    # too, and it can block on a lock that it holds itself. As Ctrl-C does, cancel them and end.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def report_failures(log_path):
    """Repeat the two lines of each failed job at exit, after everything Snakemake prints."""
    cancel_jobs_of_run(Path(log_path[0]).read_text(encoding="utf-8"))
    text = "\n".join(failure_lines(log_path))
    atexit.register(print, text, file=sys.stderr, flush=True)


def recorded(name):
    """Every subject's file of one name under derivatives/."""
    return expand(f"derivatives/{DATASET}/{{subject}}/{name}", subject=SUBJECTS)


def parts_of(wildcards):
    """The parts in which a recording is read; none if it is read in one job."""
    folder = RECORDED.format(dataset=wildcards.dataset, subject=wildcards.subject)
    return [f"{folder}/parts/{part}.arrow" for part in PLAN.parts[wildcards.subject]]


def findings_of(wildcards):
    """What was learnt while each part was read, in the same order."""
    return [path.removesuffix(".arrow") + ".json" for path in parts_of(wildcards)]


def recording_entry(wildcards):
    """The settings of the data set on which one subject's recording depends."""
    return PLAN.subject_entries[wildcards.subject]


def features_of(extractor):
    return FEATURES.format(dataset=DATASET, extractor=extractor)


def annotations_of(wildcards):
    """The annotations of a data set, for an extractor that reads captions."""
    reads = PLAN.reads_captions(wildcards.extractor)
    return [ANNOTATIONS.format(dataset=wildcards.dataset)] if reads else []


def target_values(wildcards):
    """Where a target's values lie: features, fitted values, latents, or several of these."""
    files = PLAN.target_files(wildcards.target)
    return files[0] if len(files) == 1 else files


def values_of_targets(wildcards):
    """Where the values of all of a model's targets lie."""
    targets = PLAN.targets_of(wildcards.model)
    return [path for target in targets for path in PLAN.target_files(target)]


def subject_file(name):
    """An input function: one file of the wildcard subject."""
    return lambda wildcards: f"derivatives/{DATASET}/{wildcards.subject}/{name}"


def model_seam(wildcards):
    return code_of_seam(*PLAN.model_seam(wildcards.model))


def analysis_target(wildcards):
    """Where the values lie that an analysis over time decodes."""
    return PLAN.analysis_target_values(wildcards.analysis)


def other_subjects(model):
    """What a subject's model reads of those that it is fitted on instead; `model` names it."""

    def files(name):
        return lambda wildcards: expand(
            f"derivatives/{DATASET}/{{other}}/{name}",
            other=PLAN.others(model(wildcards), wildcards.subject),
        )

    return dict(
        other_trials=files("trials.parquet"),
        other_channels=files("channels.parquet"),
        other_responses=files("responses.arrow"),
    )


def generator_seam(wildcards):
    return code_of_seam(
        "generator", PLAN.generator(wildcards.generator)["generator"]["name"]
    )


def wants_gpu(wildcards):
    """A GPU for networks, if the experiment runs on one."""
    return 1 if DEVICE == "cuda" else 0


def each_try(amount):
    """As much again of a resource with each try: a job stopped at its limit gets further."""
    return lambda wildcards, attempt: attempt * amount


def inputs_times(factor):
    """Memory for so many copies of the inputs, at first at most what the configuration allows."""
    return lambda wildcards, input, attempt: attempt * min(
        LARGE_MB, BASE_MB + factor * input.size_mb
    )


METRIC_CODE = sorted(
    {
        line
        for entry in PLAN.section("evaluation")["metrics"]
        for line in code_of_seam("metric", entry["name"])
    }
)


def figure(stem, caption, category, **labels):
    """A figure's two files; the PNG goes into Snakemake's report."""
    return dict(
        png=report(
            f"{FIGURES}/{stem}.png",
            caption=f"../report/{caption}.rst",
            category=category,
            labels=labels,
        ),
        pdf=f"{FIGURES}/{stem}.pdf",
    )
