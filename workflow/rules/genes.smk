# RNA-seq: allele counts per gene, which the rules of counts.smk combine and test, and windows around the TSS.


# Genes take the place of regions.
ruleorder: count_genes > count_alleles


rule list_genes:
    input:
        script=script("list_genes.py"),
        library=library("annotation", "allele", "genome"),
        gtf=config["reference"]["gtf"],
        fai="<results>/genomes/reference.fa.fai",
    output:
        genes="<results>/counts/genes.tsv",
        exons="<results>/counts/exons.saf",
        summary="<results>/counts/genes.json",
    log:
        "<logs>/list_genes.log",
    benchmark:
        "<benchmarks>/list_genes.tsv"
    conda:
        "../../envs/genes.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000, 1),
        runtime=runtime(60),
    params:
        exclude=config["reference"]["exclude_contigs"],
    shell:
        "python {input.script:q} --gtf {input.gtf:q} --fai {input.fai:q} --exclude {params.exclude:q}"
        " --genes {output.genes:q} --exons {output.exons:q} --summary {output.summary:q} > {log:q} 2>&1"


rule count_genes:
    input:
        script=script("count_genes.py"),
        library=library("annotation", "counts"),
        bam="<results>/allele/{sample}.bam",
        genes="<results>/counts/genes.tsv",
        exons="<results>/counts/exons.saf",
    output:
        counts=temp("<results>/counts/samples/{sample}.tsv.gz"),
        summary="<results>/counts/{sample}.genes.json",
    log:
        "<logs>/count_genes/{sample}.log",
    benchmark:
        "<benchmarks>/count_genes/{sample}.tsv"
    conda:
        "../../envs/genes.yaml"
    threads: 2
    resources:
        mem_mb=memory(2000, 0.2),
        runtime=runtime(120),
    params:
        strandness=config["rna"]["strandness"],
    shell:
        "python {input.script:q} --bam {input.bam:q} --genes {input.genes:q} --exons {input.exons:q}"
        " --strandness {params.strandness} --sample {wildcards.sample:q} --threads {threads}"
        " --out {output.counts:q} --summary {output.summary:q} > {log:q} 2>&1"


rule tss_windows:
    input:
        script=script("tss_windows.py"),
        library=library("annotation", "allele", "genome"),
        gtf=config["reference"]["gtf"],
        fai="<results>/genomes/reference.fa.fai",
    output:
        windows="<results>/counts/tss.bed",
        dropped="<results>/counts/tss.dropped.tsv",
        summary="<results>/counts/tss.json",
    log:
        "<logs>/tss_windows.log",
    benchmark:
        "<benchmarks>/tss_windows.tsv"
    conda:
        "../../envs/genes.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000, 1),
        runtime=runtime(60),
    params:
        exclude=config["reference"]["exclude_contigs"],
        biotypes=config["rna"]["gene_biotypes"],
        flank=config["rna"]["tss_flank"],
    shell:
        "python {input.script:q} --gtf {input.gtf:q} --fai {input.fai:q} --exclude {params.exclude:q}"
        " --biotypes {params.biotypes:q} --flank {params.flank} --out {output.windows:q}"
        " --dropped {output.dropped:q} --summary {output.summary:q} > {log:q} 2>&1"
