# What a model is fitted on, in every rule that fits or applies one.
MODEL_INPUT = dict(
    audit=AUDIT,
    splits=SPLITS,
    trials=subject_file("trials.parquet"),
    channels=subject_file("channels.parquet"),
    responses=subject_file("responses.arrow"),
    target=target_values,
    **other_subjects(lambda wildcards: wildcards.model),
)
# The model of the learning curve is fitted on the subject's own trials.
CURVE_INPUT = {
    **MODEL_INPUT,
    **other_subjects(lambda wildcards: PLAN.learning_curve()["model"]),
    "target": PLAN.curve_target_values(),
}


rule fit_target:
    input:
        audit=AUDIT,
        splits=SPLITS,
        trials=recorded("trials.parquet"),
        features=lambda wildcards: features_of(
            PLAN.target(wildcards.target)["extractor"]
        ),
    output:
        values=f"{RESULTS}/targets/{{target}}/values.arrow",
        transform=f"{RESULTS}/targets/{{target}}/transform.safetensors",
    log:
        f"{LOGS}/targets/{{target}}/fit_target.log",
    benchmark:
        f"{LOGS}/targets/{{target}}/fit_target.tsv"
    threads: BLAS_THREADS
    resources:
        mem_mb=inputs_times(6),
        runtime=each_try(2 * HOUR),
        blas_threads=BLAS_THREADS,
    params:
        *code_of("fit_target"),
        target=lambda wildcards: PLAN.target(wildcards.target),
    message:
        "fitting the target {wildcards.target} on training stimuli"
    script:
        "../../scripts/fit_target.py"


rule fit_model:
    input:
        **MODEL_INPUT,
    output:
        model=f"{FITTED}/model.safetensors",
        card=f"{FITTED}/model.json",
    log:
        "logs/{experiment}/{subject}/{model}/{target}/fit_model.log",
    benchmark:
        "logs/{experiment}/{subject}/{model}/{target}/fit_model.tsv"
    threads: BLAS_THREADS
    resources:
        mem_mb=inputs_times(6),
        runtime=each_try(12 * HOUR),
        gpu=wants_gpu,
        device=DEVICE,
        blas_threads=BLAS_THREADS,
    params:
        *code_of("fit_model"),
        seam=model_seam,
        model=lambda wildcards: PLAN.model(wildcards.model),
        responses=PLAN.section("responses"),
        seed=SEED,
    message:
        "fitting {wildcards.model} to {wildcards.target}, {wildcards.subject}"
    script:
        "../../scripts/fit_model.py"


rule predict_model:
    input:
        **MODEL_INPUT,
        model=f"{FITTED}/model.safetensors",
        card=f"{FITTED}/model.json",
    output:
        predictions=f"{FITTED}/predictions.arrow",
    log:
        "logs/{experiment}/{subject}/{model}/{target}/predict_model.log",
    benchmark:
        "logs/{experiment}/{subject}/{model}/{target}/predict_model.tsv"
    threads: BLAS_THREADS
    resources:
        mem_mb=inputs_times(3),
        runtime=each_try(4 * HOUR),
        gpu=wants_gpu,
        device=DEVICE,
        blas_threads=BLAS_THREADS,
    params:
        *code_of("predict_model"),
        seam=model_seam,
        model=lambda wildcards: PLAN.model(wildcards.model),
        responses=PLAN.section("responses"),
        seed=SEED,
    message:
        "predicting {wildcards.target} by {wildcards.model}, {wildcards.subject}"
    script:
        "../../scripts/predict_model.py"


rule predict_training:
    input:
        **MODEL_INPUT,
        model=f"{FITTED}/model.safetensors",
        card=f"{FITTED}/model.json",
    output:
        held_out=f"{FITTED}/held_out.arrow",
    log:
        "logs/{experiment}/{subject}/{model}/{target}/predict_training.log",
    benchmark:
        "logs/{experiment}/{subject}/{model}/{target}/predict_training.tsv"
    threads: BLAS_THREADS
    resources:
        mem_mb=inputs_times(3),
        runtime=each_try(4 * HOUR),
        gpu=wants_gpu,
        device=DEVICE,
        blas_threads=BLAS_THREADS,
    params:
        *code_of("predict_training"),
        seam=model_seam,
        model=lambda wildcards: PLAN.model(wildcards.model),
        responses=PLAN.section("responses"),
        seed=SEED,
    message:
        "predicting left-out training stimuli by {wildcards.model}, {wildcards.subject}"
    script:
        "../../scripts/predict_training.py"


rule fit_null:
    input:
        **MODEL_INPUT,
    output:
        null=f"{FITTED}/null.arrow",
    log:
        "logs/{experiment}/{subject}/{model}/{target}/fit_null.log",
    benchmark:
        "logs/{experiment}/{subject}/{model}/{target}/fit_null.tsv"
    threads: BLAS_THREADS
    resources:
        mem_mb=inputs_times(6),
        runtime=each_try(24 * HOUR),
        gpu=wants_gpu,
        device=DEVICE,
        blas_threads=BLAS_THREADS,
    params:
        *code_of("fit_null"),
        seam=model_seam,
        model=lambda wildcards: PLAN.model(wildcards.model),
        null=lambda wildcards: PLAN.null_model(wildcards.model),
        responses=PLAN.section("responses"),
        seed=SEED,
    message:
        "refitting {wildcards.model} on shuffled pairs of {wildcards.target}, {wildcards.subject}"
    script:
        "../../scripts/fit_null.py"


rule fit_learning_curve:
    input:
        **CURVE_INPUT,
    output:
        curve=f"{RESULTS}/{{subject}}/learning_curve.safetensors",
    log:
        f"{LOGS}/{{subject}}/fit_learning_curve.log",
    benchmark:
        f"{LOGS}/{{subject}}/fit_learning_curve.tsv"
    threads: BLAS_THREADS
    resources:
        mem_mb=inputs_times(6),
        runtime=each_try(4 * HOUR),
        blas_threads=BLAS_THREADS,
    params:
        *code_of("fit_learning_curve"),
        curve=PLAN.learning_curve(),
        responses=PLAN.section("responses"),
        seed=SEED,
    message:
        "fitting on the first trials only, {wildcards.subject}"
    script:
        "../../scripts/fit_learning_curve.py"


rule fit_time_resolved:
    input:
        **{
            **MODEL_INPUT,
            **other_subjects(
                lambda wildcards: PLAN.analysis(wildcards.analysis)["model"]
            ),
            "target": analysis_target,
        },
        card=subject_file("recording.json"),
    output:
        predictions=f"{TIME_RESOLVED}/predictions.arrow",
    log:
        f"{LOGS}/{{subject}}/time_resolved/{{analysis}}/fit_time_resolved.log",
    benchmark:
        f"{LOGS}/{{subject}}/time_resolved/{{analysis}}/fit_time_resolved.tsv"
    threads: BLAS_THREADS
    resources:
        mem_mb=inputs_times(6),
        runtime=each_try(24 * HOUR),
        gpu=wants_gpu,
        device=DEVICE,
        blas_threads=BLAS_THREADS,
    params:
        *code_of("fit_time_resolved"),
        seam=lambda wildcards: code_of_seam(
            *PLAN.model_seam(PLAN.analysis(wildcards.analysis)["model"])
        ),
        analysis=lambda wildcards: PLAN.analysis(wildcards.analysis),
        responses=PLAN.section("responses"),
        seed=SEED,
    message:
        "decoding over time ({wildcards.analysis}), {wildcards.subject}"
    script:
        "../../scripts/fit_time_resolved.py"
