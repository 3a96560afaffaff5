# Out-of-fold predictions of each model, and what they are worth.


rule predict:
    input:
        script=script("predict.py"),
        library=library("evaluation", "model", "effects", "dataset"),
        dataset="<results>/dataset/dataset.h5",
        checkpoints=checkpoints,
    output:
        predictions="<results>/predictions/{model}.tsv.gz",
        tasks="<results>/predictions/{model}.tasks.tsv.gz",
        checks="<results>/predictions/{model}.checks.json",
    log:
        "<logs>/predict/{model}.log",
    benchmark:
        "<benchmarks>/predict/{model}.tsv"
    conda:
        "../../envs/model.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000, 2),
        runtime=runtime(60),
    params:
        min_informative=config["counts"]["min_informative"],
        min_abs_log_ratio=config["interpret"]["min_abs_log_ratio"],
        min_abs_z=config["interpret"]["min_abs_z"],
    shell:
        "python {input.script:q} --dataset {input.dataset:q} --checkpoints {input.checkpoints:q}"
        " --min-informative {params.min_informative} --min-abs-log-ratio {params.min_abs_log_ratio}"
        " --min-abs-z {params.min_abs_z} --threads {threads} --out {output.predictions:q}"
        " --tasks {output.tasks:q} --checks {output.checks:q} > {log:q} 2>&1"


rule collect_metrics:
    input:
        script=script("collect_metrics.py"),
        library=library("evaluation", "model", "effects", "dataset", "quality"),
        dataset="<results>/dataset/dataset.h5",
        predictions="<results>/predictions/{model}.tsv.gz",
        checks="<results>/predictions/{model}.checks.json",
        imbalance=of_reads("<results>/counts/imbalance.tsv"),
        metrics=training_metrics,
    output:
        metrics="<results>/metrics/{model}.json",
    log:
        "<logs>/collect_metrics/{model}.log",
    conda:
        "../../envs/model.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000, 2),
        runtime=runtime(20),
    params:
        min_informative=config["counts"]["min_informative"],
        min_abs_log_ratio=config["interpret"]["min_abs_log_ratio"],
    shell:
        "python {input.script:q} --dataset {input.dataset:q} --predictions {input.predictions:q}"
        " --metrics {input.metrics:q} --checks {input.checks:q} --imbalance {input.imbalance:q}"
        " --min-informative {params.min_informative} --min-abs-log-ratio {params.min_abs_log_ratio}"
        " --out {output.metrics:q} > {log:q} 2>&1"
