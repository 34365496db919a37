# Raw data are pinned by manifests, not watched: where they lie is an execution parameter, so that
# a clone without the licensed files plans the same jobs. One manifest per subject: the files of
# others need not be there, and one more subject reads nothing again.
if PLAN.simulated:

    rule simulate_raw:
        output:
            manifest=RAW,
            recordings=expand(
                RAW_RECORDING, subject=PLAN.all_subjects, allow_missing=True
            ),
        log:
            "logs/{dataset}/simulate_raw.log",
        benchmark:
            "logs/{dataset}/simulate_raw.tsv"
        resources:
            mem_mb=each_try(LARGE_MB),
            runtime=each_try(HOUR),
            data_root=DATA_ROOT,
            blas_threads=BLAS_THREADS,
        params:
            *code_of("simulate_raw"),
            seam=code_of_seam("simulator", PLAN.dataset_entry["name"]),
            dataset=PLAN.dataset_entry,
        message:
            "simulating the recordings of {wildcards.dataset}"
        script:
            "../../scripts/simulate_raw.py"

else:

    rule list_stimuli:
        output:
            manifest=RAW,
        log:
            "logs/{dataset}/list_stimuli.log",
        benchmark:
            "logs/{dataset}/list_stimuli.tsv"
        resources:
            mem_mb=each_try(1000),
            runtime=each_try(HOUR),
            data_root=DATA_ROOT,
        params:
            *code_of("list_stimuli"),
            seam=code_of_seam("dataset", PLAN.dataset_entry["name"]),
            dataset=PLAN.dataset_entry,
        message:
            "listing the raw files behind the stimuli of {wildcards.dataset}"
        script:
            "../../scripts/list_stimuli.py"

    rule list_recording:
        output:
            manifest=RAW_RECORDING,
        log:
            "logs/{dataset}/{subject}/list_recording.log",
        benchmark:
            "logs/{dataset}/{subject}/list_recording.tsv"
        resources:
            mem_mb=each_try(1000),
            runtime=each_try(HOUR),
            data_root=DATA_ROOT,
        params:
            *code_of("list_recording"),
            seam=code_of_seam("dataset", PLAN.dataset_entry["name"]),
            dataset=recording_entry,
        message:
            "listing the raw files of {wildcards.subject}"
        script:
            "../../scripts/list_recording.py"


rule ingest_stimuli:
    input:
        manifest=RAW,
    output:
        stimuli=STIMULI,
        images=IMAGES,
        annotations=ANNOTATIONS,
    log:
        "logs/{dataset}/ingest_stimuli.log",
    benchmark:
        "logs/{dataset}/ingest_stimuli.tsv"
    resources:
        mem_mb=each_try(2000),
        runtime=each_try(2 * HOUR),
        data_root=DATA_ROOT,
    params:
        *code_of("ingest_stimuli"),
        seam=code_of_seam("dataset", PLAN.dataset_entry["name"]),
        dataset=PLAN.dataset_entry,
    message:
        "reading the stimuli of {wildcards.dataset}"
    script:
        "../../scripts/ingest_stimuli.py"


# Sessions of a large recording are read side by side, and joined in the order of the trials.
rule ingest_part:
    input:
        manifest=RAW_RECORDING,
    output:
        responses=temp(f"{RECORDED}/parts/{{part}}.arrow"),
        findings=temp(f"{RECORDED}/parts/{{part}}.json"),
    log:
        "logs/{dataset}/{subject}/ingest_part/{part}.log",
    benchmark:
        "logs/{dataset}/{subject}/ingest_part/{part}.tsv"
    resources:
        mem_mb=each_try(3000),
        runtime=each_try(HOUR),
        data_root=DATA_ROOT,
    params:
        *code_of("ingest_part"),
        seam=code_of_seam("dataset", PLAN.dataset_entry["name"]),
        dataset=recording_entry,
    message:
        "reading {wildcards.part} of {wildcards.subject}"
    script:
        "../../scripts/ingest_part.py"


rule ingest_subject:
    input:
        manifest=RAW_RECORDING,
        parts=parts_of,
        findings=findings_of,
    output:
        trials=f"{RECORDED}/trials.parquet",
        responses=f"{RECORDED}/responses.arrow",
        channels=f"{RECORDED}/channels.parquet",
        published=f"{RECORDED}/published.parquet",
        behaviour=f"{RECORDED}/behaviour.parquet",
        card=f"{RECORDED}/recording.json",
    log:
        "logs/{dataset}/{subject}/ingest_subject.log",
    benchmark:
        "logs/{dataset}/{subject}/ingest_subject.tsv"
    resources:
        mem_mb=inputs_times(3),
        runtime=each_try(4 * HOUR),
        data_root=DATA_ROOT,
    params:
        *code_of("ingest_subject"),
        seam=code_of_seam("dataset", PLAN.dataset_entry["name"]),
        dataset=recording_entry,
    message:
        "reading the recording of {wildcards.subject}"
    script:
        "../../scripts/ingest_subject.py"


rule measure_ncsnr:
    input:
        manifest=RAW_RECORDING,
        trials=f"{RECORDED}/trials.parquet",
        responses=f"{RECORDED}/responses.arrow",
        channels=f"{RECORDED}/channels.parquet",
    output:
        ncsnr=f"{RECORDED}/ncsnr.parquet",
    log:
        "logs/{dataset}/{subject}/measure_ncsnr.log",
    benchmark:
        "logs/{dataset}/{subject}/measure_ncsnr.tsv"
    resources:
        mem_mb=inputs_times(3),
        runtime=each_try(HOUR),
        data_root=DATA_ROOT,
        blas_threads=1,
    params:
        *code_of("measure_ncsnr"),
        seam=code_of_seam("dataset", PLAN.dataset_entry["name"]),
        dataset=recording_entry,
    message:
        "measuring noise-ceiling ratios, {wildcards.subject}"
    script:
        "../../scripts/measure_ncsnr.py"


rule ingest_truth:
    input:
        manifest=RAW_RECORDING,
    output:
        truth=f"{RECORDED}/truth.safetensors",
    log:
        "logs/{dataset}/{subject}/ingest_truth.log",
    benchmark:
        "logs/{dataset}/{subject}/ingest_truth.tsv"
    resources:
        mem_mb=each_try(1000),
        runtime=each_try(10),
        data_root=DATA_ROOT,
    params:
        *code_of("ingest_truth"),
        seam=code_of_seam("dataset", PLAN.dataset_entry["name"]),
        dataset=recording_entry,
    message:
        "reading what the simulator knows of {wildcards.subject}"
    script:
        "../../scripts/ingest_truth.py"
