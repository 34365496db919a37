rule extract_features:
    input:
        stimuli=STIMULI,
        images=IMAGES,
        annotations=annotations_of,
    output:
        features=FEATURES,
    log:
        "logs/{dataset}/features/{extractor}/extract_features.log",
    benchmark:
        "logs/{dataset}/features/{extractor}/extract_features.tsv"
    threads: BLAS_THREADS
    resources:
        mem_mb=each_try(LARGE_MB),
        runtime=each_try(8 * HOUR),
        gpu=wants_gpu,
        device=DEVICE,
        batch_size=BATCH_SIZE,
        blas_threads=BLAS_THREADS,
    params:
        *code_of("extract_features"),
        seam=lambda wildcards: code_of_seam(
            "extractor", PLAN.extractor_entries[wildcards.extractor]["name"]
        ),
        extractor=lookup("{extractor}", within=PLAN.extractor_entries),
    message:
        "describing the pictures of {wildcards.dataset} by {wildcards.extractor}"
    script:
        "../../scripts/extract_features.py"
