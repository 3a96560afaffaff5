# Genes of the annotation, and windows around their TSS.


rule list_genes:
    input:
        script=script("list_genes.py"),
        library=library("annotation", "allele", "genome"),
        gtf=config["reference"]["gtf"],
        fai="<results>/genomes/reference.fa.fai",
    output:
        genes="<results>/counts/genes.tsv",
        exons="<results>/counts/exons.saf",
        bed="<results>/counts/genes.bed",
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
        " --genes {output.genes:q} --exons {output.exons:q} --bed {output.bed:q} --summary {output.summary:q} > {log:q} 2>&1"


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
