# Random search of one model's settings, a job per trial: `snakemake search`. No part of `all`.

SEARCHED = config["search"]["model"]


rule search:
    input:
        search_results,


rule search_trial:
    input:
        script=script("search_trial.py"),
        library=library("search", "model", "dataset"),
        dataset="<results>/dataset/dataset.h5",
    output:
        trial="<results>/search/{model}/trial{trial}.json",
    log:
        "<logs>/search_trial/{model}.trial{trial}.log",
    benchmark:
        "<benchmarks>/search_trial/{model}.trial{trial}.tsv"
    wildcard_constraints:
        model=any_of([SEARCHED] if SEARCHED else []),
        trial=r"\d+",
    conda:
        "../../envs/model.yaml"
    threads: 1
    resources:
        mem_mb=memory(3000, 2),
        runtime=runtime(480),
    params:
        config=search_config,
        device=training_device,
        space=json.dumps(config["search"]["space"], sort_keys=True),
        fold=config["search"]["fold"],
        seed=config["search"]["seed"],
        min_informative=config["counts"]["min_informative"],
    shell:
        "python {input.script:q} --dataset {input.dataset:q} --model {wildcards.model:q}"
        " --config {params.config:q} --space {params.space:q} --trial {wildcards.trial}"
        " --fold {params.fold} --seed {params.seed} --min-informative {params.min_informative}"
        " --threads {threads} {params.device} --out {output.trial:q} > {log:q} 2>&1"


rule collect_search:
    input:
        script=script("collect_search.py"),
        library=library("search", "report"),
        trials=expand(
            "<results>/search/{{model}}/trial{trial}.json",
            trial=range(config["search"]["trials"]),
        ),
    output:
        table="<results>/search/{model}.tsv",
        best="<results>/search/{model}.best.yaml",
        figure="<results>/search/{model}.svg",
    log:
        "<logs>/collect_search/{model}.log",
    wildcard_constraints:
        model=any_of([SEARCHED] if SEARCHED else []),
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=runtime(10),
    params:
        config=model_config,
    shell:
        "python {input.script:q} --trials {input.trials:q} --config {params.config:q}"
        " --out-table {output.table:q} --out-best {output.best:q} --out-figure {output.figure:q}"
        " > {log:q} 2>&1"
