# One training per model, fold and seed.


rule train_model:
    input:
        script=script("train_model.py"),
        library=library("model", "dataset"),
        dataset="<results>/dataset/dataset.h5",
    output:
        checkpoint="<results>/models/{model}/fold{fold}/seed{seed}/model.ckpt",
        metrics="<results>/models/{model}/fold{fold}/seed{seed}/metrics.json",
        logs=directory("<results>/models/{model}/fold{fold}/seed{seed}/logs"),
    log:
        "<logs>/train_model/{model}.fold{fold}.seed{seed}.log",
    benchmark:
        "<benchmarks>/train_model/{model}.fold{fold}.seed{seed}.tsv"
    conda:
        "../../envs/model.yaml"
    threads: 1
    resources:
        mem_mb=memory(3000, 2),
        runtime=runtime(480),
    params:
        config=model_config,
        device=training_device,
        min_informative=config["counts"]["min_informative"],
    shell:
        "python {input.script:q} --dataset {input.dataset:q} --model {wildcards.model:q}"
        " --config {params.config:q} --fold {wildcards.fold} --seed {wildcards.seed}"
        " --min-informative {params.min_informative} --threads {threads} {params.device}"
        " --out-checkpoint {output.checkpoint:q} --out-metrics {output.metrics:q}"
        " --out-logs {output.logs:q} > {log:q} 2>&1"
