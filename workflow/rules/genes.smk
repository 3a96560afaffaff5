# RNA-seq: allele counts per gene, which the rules of counts.smk combine and test.


# Genes take the place of regions.
ruleorder: count_genes > count_alleles


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
        statuses="<results>/counts/{sample}.genes.summary",
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
        haplotypes=HAPLOTYPES,
    shell:
        "python {input.script:q} --bam {input.bam:q} --genes {input.genes:q} --exons {input.exons:q}"
        " --strandness {params.strandness} --sample {wildcards.sample:q} --threads {threads}"
        " --haplotypes {params.haplotypes:q} --out {output.counts:q} --summary {output.summary:q}"
        " --statuses {output.statuses:q} > {log:q} 2>&1"
