NEIGHBOURS = f"{RESULTS}/neighbours.parquet"


# One job per subject: starting a process for each score would take longer than the scoring.
rule score_predictions:
    input:
        splits=SPLITS,
        trials=recorded("trials.parquet"),
        stimuli=STIMULI.format(dataset=DATASET),
        targets=[PLAN.target_values(target) for _, target in PLAN.models_of("decoder")],
        predictions=[f"{folder}/predictions.arrow" for folder in PLAN.decoder_folders()],
        nulls=[
            f"{folder}/null.arrow" for folder in PLAN.decoder_folders(with_null=True)
        ],
    output:
        metrics=f"{RESULTS}/{{subject}}/scores/features.parquet",
    log:
        f"{LOGS}/{{subject}}/score_predictions.log",
    benchmark:
        f"{LOGS}/{{subject}}/score_predictions.tsv"
    threads: BLAS_THREADS
    resources:
        mem_mb=inputs_times(3),
        runtime=each_try(4 * HOUR),
        blas_threads=BLAS_THREADS,
    params:
        *code_of("score_predictions"),
        seam=METRIC_CODE,
        evaluation=PLAN.section("evaluation"),
        decoders=PLAN.decoders(),
        roi=PLAN.section("responses")["roi"],
        seed=SEED,
    message:
        "scoring what was decoded, {wildcards.subject}"
    script:
        "../../scripts/score_predictions.py"


rule score_pictures:
    input:
        splits=SPLITS,
        trials=recorded("trials.parquet"),
        stimuli=STIMULI.format(dataset=DATASET),
        images=IMAGES.format(dataset=DATASET),
        features=[features_of(space) for space in PLAN.spaces()],
        pictures=[
            f"{folder}/reconstructions.arrow" for folder in PLAN.picture_folders()
        ],
        nulls=[
            f"{folder}/null.arrow" for folder in PLAN.picture_folders(with_null=True)
        ],
    output:
        metrics=f"{RESULTS}/{{subject}}/scores/pictures.parquet",
        per_item=f"{RESULTS}/{{subject}}/scores/items.parquet",
    log:
        f"{LOGS}/{{subject}}/score_pictures.log",
    benchmark:
        f"{LOGS}/{{subject}}/score_pictures.tsv"
    threads: BLAS_THREADS
    resources:
        mem_mb=each_try(LARGE_MB),
        runtime=each_try(4 * HOUR),
        gpu=wants_gpu,
        device=DEVICE,
        blas_threads=BLAS_THREADS,
    params:
        *code_of("score_pictures"),
        seam=METRIC_CODE,
        evaluation=PLAN.section("evaluation"),
        spaces={space: PLAN.extractor_entries[space] for space in PLAN.spaces()},
        spaces_code=[
            code_of_seam("extractor", PLAN.extractor_entries[space]["name"])
            for space in PLAN.spaces()
        ],
        rows=PLAN.picture_rows(),
        roi=PLAN.section("responses")["roi"],
        seed=SEED,
    message:
        "scoring pictures, {wildcards.subject}"
    script:
        "../../scripts/score_pictures.py"


rule estimate_ceilings:
    input:
        splits=SPLITS,
        trials=subject_file("trials.parquet"),
        ncsnr=subject_file("ncsnr.parquet"),
    output:
        ceilings=f"{RESULTS}/{{subject}}/ceilings.parquet",
    log:
        f"{LOGS}/{{subject}}/estimate_ceilings.log",
    benchmark:
        f"{LOGS}/{{subject}}/estimate_ceilings.tsv"
    resources:
        mem_mb=inputs_times(3),
        runtime=each_try(2 * HOUR),
        blas_threads=1,
    params:
        *code_of("estimate_ceilings"),
        responses=PLAN.section("responses"),
    message:
        "estimating noise ceilings, {wildcards.subject}"
    script:
        "../../scripts/estimate_ceilings.py"


rule score_encoding:
    input:
        **MODEL_INPUT,
        ceilings=f"{RESULTS}/{{subject}}/ceilings.parquet",
        predictions=f"{FITTED}/predictions.arrow",
        null=lambda wildcards: PLAN.null_file(wildcards),
        card=f"{FITTED}/model.json",
        model=f"{FITTED}/model.safetensors",
    output:
        metrics=f"{FITTED}/encoding.parquet",
        voxels=f"{FITTED}/voxels.parquet",
    log:
        "logs/{experiment}/{subject}/{model}/{target}/score_encoding.log",
    benchmark:
        "logs/{experiment}/{subject}/{model}/{target}/score_encoding.tsv"
    threads: BLAS_THREADS
    resources:
        mem_mb=inputs_times(3),
        runtime=each_try(4 * HOUR),
        blas_threads=BLAS_THREADS,
    params:
        *code_of("score_encoding"),
        seam=METRIC_CODE,
        evaluation=PLAN.section("evaluation"),
        responses=PLAN.section("responses"),
        seed=SEED,
    message:
        "scoring what {wildcards.model} predicts from {wildcards.target}, {wildcards.subject}"
    script:
        "../../scripts/score_encoding.py"


# Of encoders with several targets.
rule compare_targets:
    input:
        **{**MODEL_INPUT, "target": values_of_targets},
        recording=subject_file("recording.json"),
        predictions=lambda wildcards: PLAN.of_targets(wildcards, "predictions.arrow"),
        models=lambda wildcards: PLAN.of_targets(wildcards, "model.safetensors"),
    output:
        differences=f"{COMPARED}/differences.parquet",
        compared=f"{COMPARED}/compared.parquet",
        best=f"{COMPARED}/best.parquet",
        maps=directory(f"{COMPARED}/maps"),
    log:
        "logs/{experiment}/{subject}/{model}/compare_targets.log",
    benchmark:
        "logs/{experiment}/{subject}/{model}/compare_targets.tsv"
    threads: BLAS_THREADS
    resources:
        mem_mb=inputs_times(3),
        runtime=each_try(4 * HOUR),
        blas_threads=BLAS_THREADS,
    params:
        *code_of("compare_targets"),
        targets=lambda wildcards: PLAN.targets_of(wildcards.model),
        evaluation=PLAN.section("evaluation"),
        responses=PLAN.section("responses"),
        seed=SEED,
    message:
        "comparing the targets of {wildcards.model}, {wildcards.subject}"
    script:
        "../../scripts/compare_targets.py"


# Volumes or surfaces in the space of the recording; none where it has no geometry.
rule write_maps:
    input:
        voxels=f"{FITTED}/voxels.parquet",
        channels=subject_file("channels.parquet"),
        card=subject_file("recording.json"),
    output:
        maps=directory(f"{FITTED}/maps"),
    log:
        "logs/{experiment}/{subject}/{model}/{target}/write_maps.log",
    benchmark:
        "logs/{experiment}/{subject}/{model}/{target}/write_maps.tsv"
    resources:
        mem_mb=each_try(1000),
        runtime=each_try(30),
    params:
        *code_of("write_maps"),
    message:
        "writing maps of {wildcards.model}, {wildcards.subject}"
    script:
        "../../scripts/write_maps.py"


rule score_truth:
    input:
        **CURVE_INPUT,
        truth=subject_file("truth.safetensors"),
        ceilings=f"{RESULTS}/{{subject}}/ceilings.parquet",
        curve=f"{RESULTS}/{{subject}}/learning_curve.safetensors",
    output:
        metrics=f"{RESULTS}/{{subject}}/truth.parquet",
        curve=f"{RESULTS}/{{subject}}/learning_curve.parquet",
    log:
        f"{LOGS}/{{subject}}/score_truth.log",
    benchmark:
        f"{LOGS}/{{subject}}/score_truth.tsv"
    threads: BLAS_THREADS
    resources:
        mem_mb=inputs_times(3),
        runtime=each_try(HOUR),
        blas_threads=BLAS_THREADS,
    params:
        *code_of("score_truth"),
        curve=PLAN.learning_curve(),
        responses=PLAN.section("responses"),
        evaluation=PLAN.section("evaluation"),
        seed=SEED,
    message:
        "comparing with the truth, {wildcards.subject}"
    script:
        "../../scripts/score_truth.py"


rule score_time_resolved:
    input:
        splits=SPLITS,
        trials=recorded("trials.parquet"),
        stimuli=STIMULI.format(dataset=DATASET),
        target=analysis_target,
        predictions=f"{TIME_RESOLVED}/predictions.arrow",
    output:
        scores=f"{TIME_RESOLVED}/scores.parquet",
    log:
        f"{LOGS}/{{subject}}/time_resolved/{{analysis}}/score_time_resolved.log",
    benchmark:
        f"{LOGS}/{{subject}}/time_resolved/{{analysis}}/score_time_resolved.tsv"
    threads: BLAS_THREADS
    resources:
        mem_mb=inputs_times(3),
        runtime=each_try(4 * HOUR),
        blas_threads=BLAS_THREADS,
    params:
        *code_of("score_time_resolved"),
        seam=METRIC_CODE,
        analysis=lambda wildcards: PLAN.scored_analysis(wildcards.analysis),
        evaluation=PLAN.section("evaluation"),
        seed=SEED,
    message:
        "scoring over time ({wildcards.analysis}), {wildcards.subject}"
    script:
        "../../scripts/score_time_resolved.py"


# All subjects at once, as in the audit: what is learnt is learnt from all their training stimuli.
rule measure_neighbours:
    input:
        splits=SPLITS,
        trials=recorded("trials.parquet"),
        features=[features_of(space) for space in PLAN.spaces()],
    output:
        neighbours=NEIGHBOURS,
    log:
        f"{LOGS}/measure_neighbours.log",
    benchmark:
        f"{LOGS}/measure_neighbours.tsv"
    threads: BLAS_THREADS
    resources:
        mem_mb=inputs_times(3),
        runtime=each_try(2 * HOUR),
        blas_threads=BLAS_THREADS,
    params:
        *code_of("measure_neighbours"),
        spaces=PLAN.spaces(),
    message:
        "measuring how close test stimuli come to training stimuli"
    script:
        "../../scripts/measure_neighbours.py"


rule collect_metrics:
    input:
        metrics=PLAN.metric_files(),
    output:
        metrics=f"{RESULTS}/metrics.parquet",
    log:
        f"{LOGS}/collect_metrics.log",
    benchmark:
        f"{LOGS}/collect_metrics.tsv"
    resources:
        mem_mb=each_try(1000),
        runtime=each_try(10),
    params:
        *code_of("collect_metrics"),
    message:
        "collecting the scores of {wildcards.experiment}"
    script:
        "../../scripts/collect_metrics.py"
