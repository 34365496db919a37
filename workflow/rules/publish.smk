# Local rules without outputs: whenever they are asked for, they look at what is there. Only the
# head's machine talks to DVC.
localrules:
    publish,
    restore,


rule publish:
    input:
        rules.all.input,
    log:
        f"logs/{EXPERIMENT}/publish.log",
    params:
        experiment=EXPERIMENT,
        parameters=PLAN.result_parameters(),
        settings=PLAN.section("publish"),
        licensed=not PLAN.simulated,
    message:
        f"publishing {EXPERIMENT}"
    script:
        "../../scripts/publish.py"


rule restore:
    log:
        f"logs/{EXPERIMENT}/restore.log",
    params:
        experiment=EXPERIMENT,
        parameters=PLAN.result_parameters(),
        settings=PLAN.section("publish"),
        snakefile=f"{BASE}/Snakefile",
        # As Snakemake merged it, with what --config says: the plan is asked for with the same.
        configuration=dict(config),
    message:
        f"restoring {EXPERIMENT}"
    script:
        "../../scripts/restore.py"
