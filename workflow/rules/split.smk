if PLAN.clusters():

    rule cluster_stimuli:
        input:
            features=features_of(PLAN.clusters()["extractor"]),
        output:
            clusters=CLUSTERS,
        log:
            f"{LOGS}/cluster_stimuli.log",
        benchmark:
            f"{LOGS}/cluster_stimuli.tsv"
        resources:
            mem_mb=inputs_times(6),
            runtime=each_try(4 * HOUR),
            # Several threads of k-means add up in the order in which they finish.
            blas_threads=1,
        params:
            *code_of("cluster_stimuli"),
            clusters=PLAN.clusters(),
            seed=SEED,
        message:
            "clustering the pictures of {wildcards.experiment}"
        script:
            "../../scripts/cluster_stimuli.py"


rule split_trials:
    input:
        trials=recorded("trials.parquet"),
        published=recorded("published.parquet"),
        stimuli=STIMULI.format(dataset=DATASET),
        clusters=CLUSTERS if PLAN.clusters() else [],
    output:
        splits=SPLITS,
        card=SPLIT_CARD,
    log:
        f"{LOGS}/split_trials.log",
    benchmark:
        f"{LOGS}/split_trials.tsv"
    resources:
        mem_mb=each_try(2000),
        runtime=each_try(30),
    params:
        *code_of("split_trials"),
        split=PLAN.section("split"),
        seed=SEED,
    message:
        "splitting the trials of {wildcards.experiment}"
    script:
        "../../scripts/split_trials.py"


rule audit_splits:
    input:
        splits=SPLITS,
        trials=recorded("trials.parquet"),
        stimuli=STIMULI.format(dataset=DATASET),
    output:
        audit=AUDIT,
    log:
        f"{LOGS}/audit_splits.log",
    benchmark:
        f"{LOGS}/audit_splits.tsv"
    resources:
        mem_mb=each_try(2000),
        runtime=each_try(30),
    params:
        *code_of("audit_splits"),
        audit=PLAN.audit(),
    message:
        "looking for test stimuli that the training side knows"
    script:
        "../../scripts/audit_splits.py"
