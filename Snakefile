# Afterimage: from brain recordings of people looking at pictures to a report.
#
#   snakemake                                              the simulated demo
#   snakemake --configfile config/experiments/<x>.yaml     another experiment, which replaces it whole
#   snakemake fetch --configfile ... --config data_root=FOLDER   its public raw files, see docs/fetch.md
#   snakemake publish / restore                            to and from a DVC remote, see docs/share.md
from snakemake.utils import min_version

min_version("9.27")

# A chosen experiment replaces the default one: merged key by key, the demo's models would stay.
if not workflow.overwrite_configfiles:

    configfile: f"{workflow.basedir}/config/config.yaml"


# Used only if asked for by `--sdm apptainer`; how to build it: docs/cluster.md. From the working
# directory: Snakemake refuses a folder with a space, even where no container is asked for.
container: "envs/afterimage.sif"


include: "workflow/rules/common.smk"


report: "workflow/report/workflow.rst"


wildcard_constraints:
    experiment=one_of([EXPERIMENT]),
    dataset=one_of([DATASET]),
    subject=one_of(SUBJECTS),
    part=one_of({part for parts in PLAN.parts.values() for part in parts}),
    extractor=one_of(EXTRACTORS),
    target=one_of(TARGETS),
    model=one_of(MODELS),
    generator=one_of(GENERATORS),
    analysis=one_of(PLAN.analyses),


localrules:
    all,
    fetch,


rule all:
    default_target: True
    input:
        report=f"results/{EXPERIMENT}/report.html",
        metrics=f"results/{EXPERIMENT}/metrics.parquet",
        maps=PLAN.map_folders(),


# Without outputs: whenever it is asked for, it looks at the bucket and at what is there.
rule fetch:
    log:
        f"logs/{DATASET}/fetch.log",
    resources:
        data_root=DATA_ROOT,
    params:
        dataset=PLAN.dataset_entry,
        subjects=SUBJECTS,
        settings=PLAN.section("fetch"),
    message:
        f"downloading the raw files of {DATASET}"
    script:
        "scripts/fetch.py"


include: "workflow/rules/ingest.smk"
include: "workflow/rules/features.smk"
include: "workflow/rules/split.smk"
include: "workflow/rules/models.smk"
include: "workflow/rules/generate.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/publish.smk"


onstart:
    start_cleanly()


onerror:
    report_failures(log)
