# Contribution of every base to the predicted log ratio, in chunks of regions.


rule attribute:
    input:
        script=script("attribute.py"),
        library=library("effects", "model", "dataset", "genome"),
        dataset="<results>/dataset/dataset.h5",
        checkpoints=checkpoints,
    output:
        attributions=temp("<results>/attributions/{model}/{scatteritem}.h5"),
    log:
        "<logs>/attribute/{model}.{scatteritem}.log",
    benchmark:
        "<benchmarks>/attribute/{model}.{scatteritem}.tsv"
    conda:
        "../../envs/model.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=runtime(240),
    params:
        method=config["attribute"]["method"],
    shell:
        "python {input.script:q} --dataset {input.dataset:q} --checkpoints {input.checkpoints:q}"
        " --model {wildcards.model:q} --method {params.method:q} --chunk {wildcards.scatteritem:q}"
        " --threads {threads} --out {output.attributions:q} > {log:q} 2>&1"


rule gather_attributions:
    input:
        script=script("gather_attributions.py"),
        library=library("effects", "model", "dataset", "genome"),
        dataset="<results>/dataset/dataset.h5",
        attributions=gather.chunk("<results>/attributions/{{model}}/{scatteritem}.h5"),
        variants="<results>/variants/{model}.tsv.gz",
    output:
        attributions="<results>/attributions/{model}.h5",
    log:
        "<logs>/gather_attributions/{model}.log",
    conda:
        "../../envs/model.yaml"
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=runtime(30),
    shell:
        "python {input.script:q} --dataset {input.dataset:q} --attributions {input.attributions:q}"
        " --variants {input.variants:q} --out {output.attributions:q} > {log:q} 2>&1"
