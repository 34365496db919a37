PICTURES = f"{FITTED}/{{generator}}"


rule train_generator:
    input:
        audit=AUDIT,
        splits=SPLITS,
        trials=recorded("trials.parquet"),
        images=IMAGES.format(dataset=DATASET),
    output:
        model=f"{RESULTS}/generators/{{generator}}/model.safetensors",
        card=f"{RESULTS}/generators/{{generator}}/model.json",
        latents=f"{RESULTS}/generators/{{generator}}/latents.arrow",
    log:
        f"{LOGS}/generators/{{generator}}/train_generator.log",
    benchmark:
        f"{LOGS}/generators/{{generator}}/train_generator.tsv"
    # The longest job, and others wait for it.
    priority: 10
    threads: BLAS_THREADS
    resources:
        mem_mb=each_try(LARGE_MB),
        runtime=each_try(24 * HOUR),
        gpu=wants_gpu,
        device=DEVICE,
        blas_threads=BLAS_THREADS,
    params:
        *code_of("train_generator"),
        seam=generator_seam,
        generator=lambda wildcards: PLAN.generator(wildcards.generator)["generator"],
        seed=SEED,
    message:
        "training the generator {wildcards.generator}"
    script:
        "../../scripts/train_generator.py"


# What every generator needs beside the decoded values.
GENERATOR_INPUT = dict(
    audit=AUDIT,
    splits=SPLITS,
    trials=subject_file("trials.parquet"),
    images=IMAGES.format(dataset=DATASET),
    target=target_values,
    transform=lambda wildcards: PLAN.transform_file(wildcards.target),
    trained=lambda wildcards: PLAN.trained_file(wildcards.generator),
    held_out=lambda wildcards: PLAN.held_out_file(wildcards),
)


rule generate_pictures:
    input:
        **GENERATOR_INPUT,
        predictions=f"{FITTED}/predictions.arrow",
    output:
        pictures=f"{PICTURES}/reconstructions.arrow",
    log:
        "logs/{experiment}/{subject}/{model}/{target}/{generator}/generate_pictures.log",
    benchmark:
        "logs/{experiment}/{subject}/{model}/{target}/{generator}/generate_pictures.tsv"
    threads: BLAS_THREADS
    resources:
        mem_mb=each_try(LARGE_MB),
        runtime=each_try(12 * HOUR),
        gpu=wants_gpu,
        device=DEVICE,
        blas_threads=BLAS_THREADS,
    params:
        *code_of("generate_pictures"),
        seam=generator_seam,
        generator=lambda wildcards: PLAN.generator(wildcards.generator)["generator"],
        target=lambda wildcards: PLAN.target(wildcards.target),
        seed=SEED,
    message:
        "drawing by {wildcards.generator} what {wildcards.model} decodes, {wildcards.subject}"
    script:
        "../../scripts/generate_pictures.py"


rule generate_null:
    input:
        **GENERATOR_INPUT,
        predictions=f"{FITTED}/null.arrow",
    output:
        pictures=f"{PICTURES}/null.arrow",
    log:
        "logs/{experiment}/{subject}/{model}/{target}/{generator}/generate_null.log",
    benchmark:
        "logs/{experiment}/{subject}/{model}/{target}/{generator}/generate_null.tsv"
    threads: BLAS_THREADS
    resources:
        mem_mb=each_try(LARGE_MB),
        runtime=each_try(12 * HOUR),
        gpu=wants_gpu,
        device=DEVICE,
        blas_threads=BLAS_THREADS,
    params:
        *code_of("generate_null"),
        seam=generator_seam,
        generator=lambda wildcards: PLAN.generator(wildcards.generator),
        target=lambda wildcards: PLAN.target(wildcards.target),
        seed=SEED,
    message:
        "drawing the null of {wildcards.generator}, {wildcards.subject}"
    script:
        "../../scripts/generate_null.py"
