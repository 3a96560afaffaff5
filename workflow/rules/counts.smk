rule count_alleles:
    input:
        script=script("count_alleles.py"),
        library=library("allele", "counts", "peaks"),
        bam="<results>/allele/{sample}.bam",
        bai="<results>/allele/{sample}.bam.bai",
        regions="<results>/peaks/regions.bed",
    output:
        counts=temp("<results>/counts/samples/{sample}.tsv.gz"),
    log:
        "<logs>/count_alleles/{sample}.log",
    benchmark:
        "<benchmarks>/count_alleles/{sample}.tsv"
    conda:
        "../../envs/allele.yaml"
    threads: 2
    resources:
        mem_mb=memory(1000),
        runtime=runtime(60),
    shell:
        "python {input.script:q} --bam {input.bam:q} --regions {input.regions:q}"
        " --sample {wildcards.sample:q} --threads {threads} --out {output.counts:q} > {log:q} 2>&1"


rule combine_counts:
    input:
        script=script("combine_counts.py"),
        library=library("counts"),
        counts=expand("<results>/counts/samples/{sample}.tsv.gz", sample=SAMPLES),
    output:
        counts="<results>/counts/counts.tsv.gz",
    log:
        "<logs>/combine_counts.log",
    conda:
        "../../envs/dataset.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000, 50),
        runtime=runtime(20),
    shell:
        "python {input.script:q} --counts {input.counts:q} --out {output.counts:q} > {log:q} 2>&1"


rule imbalance:
    input:
        script=script("imbalance.py"),
        library=library("counts", "dataset"),
        counts="<results>/counts/counts.tsv.gz",
    output:
        table="<results>/counts/imbalance.tsv",
        summary="<results>/counts/imbalance.json",
    log:
        "<logs>/imbalance.log",
    conda:
        "../../envs/dataset.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000, 50),
        runtime=runtime(30),
    params:
        samples=list(COUNTED_GROUPS),
        groups=list(COUNTED_GROUPS.values()),
        pseudocount=config["dataset"]["pseudocount"],
        min_informative=config["counts"]["min_informative"],
    shell:
        "python {input.script:q} --counts {input.counts:q} --samples {params.samples:q}"
        " --groups {params.groups:q} --pseudocount {params.pseudocount}"
        " --min-informative {params.min_informative} --out {output.table:q}"
        " --summary {output.summary:q} > {log:q} 2>&1"


rule differential_imbalance:
    input:
        script=script("differential_imbalance.py"),
        library=library("counts", "dataset"),
        counts="<results>/counts/counts.tsv.gz",
    output:
        table="<results>/counts/differential/{comparison}.tsv",
        summary="<results>/counts/differential/{comparison}.json",
    log:
        "<logs>/differential_imbalance/{comparison}.log",
    wildcard_constraints:
        comparison=any_of(COMPARISONS),
    conda:
        "../../envs/dataset.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000, 50),
        runtime=runtime(30),
    params:
        compared=compared_of,
        pseudocount=config["dataset"]["pseudocount"],
        min_informative=config["counts"]["min_informative"],
    shell:
        "python {input.script:q} --counts {input.counts:q} {params.compared:q}"
        " --pseudocount {params.pseudocount} --min-informative {params.min_informative}"
        " --out {output.table:q} --summary {output.summary:q} > {log:q} 2>&1"
