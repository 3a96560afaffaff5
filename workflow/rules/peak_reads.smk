# What MACS3 reads: of ATAC-seq the cut sites, of ChIP-seq fragments or, of single ends, extended reads.


rule cut_sites:
    input:
        script=script("bam_to_cuts.py"),
        library=library("peaks", "allele"),
        bam="<results>/allele/{sample}.bam",
    output:
        cuts=temp("<results>/peaks/{sample}.cuts.bed.gz"),
        genome_size=temp("<results>/peaks/{sample}.cuts.bed.gz.genome_size"),
    log:
        "<logs>/cut_sites/{sample}.log",
    benchmark:
        "<benchmarks>/cut_sites/{sample}.tsv"
    conda:
        "../../envs/peaks.yaml"
    threads: 2
    resources:
        mem_mb=memory(1000, 0.5),
        runtime=runtime(60),
    params:
        exclude=config["reference"]["exclude_contigs"],
    shell:
        "python {input.script:q} --bam {input.bam:q} --threads {threads} --exclude {params.exclude:q}"
        " --cuts {output.cuts:q} --genome-size {output.genome_size:q} > {log:q} 2>&1"


rule peak_reads:
    input:
        script=script("peak_reads.py"),
        library=library("peaks", "allele"),
        bam="<results>/allele/{sample}.bam",
    output:
        reads=temp("<results>/peaks/{sample}.reads.bam"),
        genome_size=temp("<results>/peaks/{sample}.reads.bam.genome_size"),
    log:
        "<logs>/peak_reads/{sample}.log",
    conda:
        "../../envs/peaks.yaml"
    threads: 2
    resources:
        mem_mb=memory(1000),
        runtime=runtime(60),
    params:
        exclude=config["reference"]["exclude_contigs"],
    shell:
        "python {input.script:q} --bam {input.bam:q} --threads {threads} --exclude {params.exclude:q}"
        " --out {output.reads:q} --genome-size {output.genome_size:q} > {log:q} 2>&1"
