TABLES = f"{RESULTS}/tables"


rule draw_scores:
    input:
        metrics=f"{RESULTS}/metrics.parquet",
    output:
        **figure("scores_{scored}", "scores", "Scores", scores="{scored}"),
    log:
        "logs/{experiment}/figures/{scored}/draw_scores.log",
    benchmark:
        "logs/{experiment}/figures/{scored}/draw_scores.tsv"
    wildcard_constraints:
        scored="features|pictures|encoding",
    resources:
        mem_mb=each_try(1000),
        runtime=each_try(10),
    params:
        *code_of("draw_scores"),
    message:
        "drawing the scores of {wildcards.scored}"
    script:
        "../../scripts/draw_scores.py"


rule draw_regions:
    input:
        metrics=f"{RESULTS}/metrics.parquet",
    output:
        **figure("regions", "regions", "Encoding", figure="regions"),
    log:
        f"{LOGS}/figures/draw_regions.log",
    benchmark:
        f"{LOGS}/figures/draw_regions.tsv"
    resources:
        mem_mb=each_try(1000),
        runtime=each_try(10),
    params:
        *code_of("draw_regions"),
    message:
        "drawing the scores of regions"
    script:
        "../../scripts/draw_regions.py"


rule draw_grid:
    input:
        seen=IMAGES.format(dataset=DATASET),
        pictures=[
            f"{folder}/reconstructions.arrow" for folder in PLAN.picture_folders()
        ],
        per_item=f"{RESULTS}/{{subject}}/scores/items.parquet",
    output:
        **figure("grid_{subject}", "grid", "Reconstructions", subject="{subject}"),
    log:
        "logs/{experiment}/figures/{subject}/draw_grid.log",
    benchmark:
        "logs/{experiment}/figures/{subject}/draw_grid.tsv"
    resources:
        mem_mb=inputs_times(3),
        runtime=each_try(10),
    params:
        *code_of("draw_grid"),
        rows=PLAN.picture_rows(),
        report=PLAN.section("report"),
        space=PLAN.ranking_space(),
    message:
        "drawing reconstructions, {wildcards.subject}"
    script:
        "../../scripts/draw_grid.py"


rule draw_encoding:
    input:
        voxels=f"{FITTED}/voxels.parquet",
        channels=subject_file("channels.parquet"),
        card=subject_file("recording.json"),
    output:
        **figure(
            "encoding_{subject}_{model}_{target}",
            "encoding",
            "Encoding",
            subject="{subject}",
            model="{model}",
            features="{target}",
        ),
    log:
        "logs/{experiment}/figures/{subject}/{model}/{target}/draw_encoding.log",
    benchmark:
        "logs/{experiment}/figures/{subject}/{model}/{target}/draw_encoding.tsv"
    resources:
        mem_mb=each_try(1000),
        runtime=each_try(10),
    params:
        *code_of("draw_encoding"),
        fdr=PLAN.section("evaluation")["fdr"],
    message:
        "drawing maps, {wildcards.subject}"
    script:
        "../../scripts/draw_encoding.py"


rule draw_best_target:
    input:
        best=f"{COMPARED}/best.parquet",
        channels=subject_file("channels.parquet"),
        card=subject_file("recording.json"),
    output:
        **figure(
            "best_{subject}_{model}",
            "best_target",
            "Encoding",
            subject="{subject}",
            model="{model}",
        ),
    log:
        "logs/{experiment}/figures/{subject}/{model}/draw_best_target.log",
    benchmark:
        "logs/{experiment}/figures/{subject}/{model}/draw_best_target.tsv"
    resources:
        mem_mb=each_try(1000),
        runtime=each_try(10),
    params:
        *code_of("draw_best_target"),
        targets=lambda wildcards: PLAN.targets_of(wildcards.model),
        fdr=PLAN.section("evaluation")["fdr"],
    message:
        "drawing the best targets, {wildcards.subject}"
    script:
        "../../scripts/draw_best_target.py"


rule draw_ceilings:
    input:
        ceilings=expand(
            f"results/{EXPERIMENT}/{{subject}}/ceilings.parquet", subject=SUBJECTS
        ),
        truth=recorded("truth.safetensors") if PLAN.simulated else [],
        cards=recorded("recording.json"),
    output:
        **figure("ceilings", "ceilings", "Noise ceilings", figure="noise ceilings"),
    log:
        f"{LOGS}/figures/draw_ceilings.log",
    benchmark:
        f"{LOGS}/figures/draw_ceilings.tsv"
    resources:
        mem_mb=each_try(1000),
        runtime=each_try(10),
    params:
        *code_of("draw_ceilings"),
        subjects=SUBJECTS,
    message:
        "drawing noise ceilings"
    script:
        "../../scripts/draw_ceilings.py"


rule draw_evoked:
    input:
        ncsnr=subject_file("ncsnr.parquet"),
        channels=subject_file("channels.parquet"),
        card=subject_file("recording.json"),
    output:
        **figure("evoked_{subject}", "evoked", "Sensors", subject="{subject}"),
    log:
        "logs/{experiment}/figures/{subject}/draw_evoked.log",
    benchmark:
        "logs/{experiment}/figures/{subject}/draw_evoked.tsv"
    resources:
        mem_mb=each_try(1000),
        runtime=each_try(10),
    params:
        *code_of("draw_evoked"),
    message:
        "drawing mean responses, {wildcards.subject}"
    script:
        "../../scripts/draw_evoked.py"


rule draw_time_resolved:
    input:
        scores=expand(
            f"results/{EXPERIMENT}/{{subject}}/time_resolved/{{analysis}}/scores.parquet",
            subject=SUBJECTS,
            allow_missing=True,
        ),
    output:
        **figure("time_{analysis}", "time_resolved", "Time", analysis="{analysis}"),
    log:
        f"{LOGS}/figures/draw_time_resolved/{{analysis}}.log",
    benchmark:
        f"{LOGS}/figures/draw_time_resolved/{{analysis}}.tsv"
    resources:
        mem_mb=each_try(1000),
        runtime=each_try(10),
    params:
        *code_of("draw_time_resolved"),
    message:
        "drawing scores over time ({wildcards.analysis})"
    script:
        "../../scripts/draw_time_resolved.py"


rule draw_learning_curve:
    input:
        curves=expand(
            f"results/{EXPERIMENT}/{{subject}}/learning_curve.parquet",
            subject=SUBJECTS,
        ),
    output:
        **figure("learning_curve", "learning_curve", "Truth", figure="learning curve"),
    log:
        f"{LOGS}/figures/draw_learning_curve.log",
    benchmark:
        f"{LOGS}/figures/draw_learning_curve.tsv"
    resources:
        mem_mb=each_try(1000),
        runtime=each_try(10),
    params:
        *code_of("draw_learning_curve"),
    message:
        "drawing the learning curve"
    script:
        "../../scripts/draw_learning_curve.py"


rule write_tables:
    input:
        metrics=f"{RESULTS}/metrics.parquet",
    output:
        full=f"{TABLES}/metrics.csv",
        headline=report(
            f"{TABLES}/headline.csv",
            caption="../report/headline.rst",
            category="Scores",
        ),
        latex=f"{TABLES}/headline.tex",
    log:
        f"{LOGS}/write_tables.log",
    benchmark:
        f"{LOGS}/write_tables.tsv"
    resources:
        mem_mb=each_try(1000),
        runtime=each_try(10),
    params:
        *code_of("write_tables"),
        configuration=PLAN.result_parameters(),
    message:
        "writing tables"
    script:
        "../../scripts/write_tables.py"


rule build_report:
    input:
        metrics=f"{RESULTS}/metrics.parquet",
        audit=AUDIT,
        neighbours=NEIGHBOURS,
        cards=recorded("recording.json"),
        channels=recorded("channels.parquet"),
        ncsnr=recorded("ncsnr.parquet"),
        time_resolved=PLAN.analysis_files(),
        compared=PLAN.compared_files(),
        tables=rules.write_tables.output,
        figures=[f"{FIGURES}/{entry['stem']}.png" for entry in PLAN.figures()],
        printed=[f"{FIGURES}/{entry['stem']}.pdf" for entry in PLAN.figures()],
    output:
        page=report(
            f"{RESULTS}/report.html", caption="../report/report.rst", category="Report"
        ),
        configuration=f"{RESULTS}/configuration.yaml",
    log:
        f"{LOGS}/build_report.log",
    benchmark:
        f"{LOGS}/build_report.tsv"
    resources:
        mem_mb=each_try(1000),
        runtime=each_try(10),
    params:
        *code_of("build_report"),
        templates=templates_of("report"),
        configuration=PLAN.result_parameters(),
        figures=PLAN.figures(),
        simulated=PLAN.simulated,
        logs=PLAN.log_links(),
    message:
        "writing the report of {wildcards.experiment}"
    script:
        "../../scripts/build_report.py"
