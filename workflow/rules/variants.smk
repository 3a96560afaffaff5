# Effects of the variants between the haplotypes, in chunks of regions.


rule score_variants:
    input:
        script=script("score_variants.py"),
        library=library("effects", "model", "dataset", "genome"),
        dataset="<results>/dataset/dataset.h5",
        checkpoints=checkpoints,
        genomes=of_haplotypes(".fa"),
        indices=of_haplotypes(".fa.fai"),
    output:
        table=temp("<results>/variants/{model}/{scatteritem}.tsv.gz"),
    log:
        "<logs>/score_variants/{model}.{scatteritem}.log",
    benchmark:
        "<benchmarks>/score_variants/{model}.{scatteritem}.tsv"
    conda:
        "../../envs/model.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=runtime(120),
    shell:
        "python {input.script:q} --dataset {input.dataset:q} --checkpoints {input.checkpoints:q}"
        " --genomes {input.genomes:q} --chunk {wildcards.scatteritem:q} --threads {threads}"
        " --out {output.table:q} > {log:q} 2>&1"


rule gather_variants:
    input:
        script=script("gather_tables.py"),
        library=library("effects"),
        tables=gather.chunk("<results>/variants/{{model}}/{scatteritem}.tsv.gz"),
    output:
        table="<results>/variants/{model}.tsv.gz",
    log:
        "<logs>/gather_variants/{model}.log",
    conda:
        "../../envs/model.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=runtime(10),
    shell:
        "python {input.script:q} --tables {input.tables:q} --out {output.table:q} > {log:q} 2>&1"
