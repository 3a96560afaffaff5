# Quality control of the allele assignment, per sample and over all samples, and of the libraries.


include: "deeptools.smk"
include: "multiqc.smk"


rule allele_qc:
    input:
        script=script("allele_qc.py"),
        library=library("genome", "allele", "quality", "peaks"),
        bam="<results>/allele/{sample}.bam",
        assignment="<results>/allele/{sample}.assignment.json",
        variants=f"<results>/genomes/{CROSS}/variants.bcf",
        index=f"<results>/genomes/{CROSS}/variants.bcf.csi",
        reference="<results>/genomes/reference.fa",
        fai="<results>/genomes/reference.fa.fai",
    output:
        counts="<results>/allele/{sample}.variant_counts.tsv.gz",
        suspects="<results>/allele/{sample}.suspect_variants.tsv.gz",
        stats="<results>/allele/{sample}.allele_stats.json",
    log:
        "<logs>/allele_qc/{sample}.log",
    benchmark:
        "<benchmarks>/allele_qc/{sample}.tsv"
    conda:
        "../../envs/allele.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=runtime(120),
    params:
        hemizygous_contigs=lookup(dpath="{sample}", within=HEMIZYGOUS),
    shell:
        "python {input.script:q} --bam {input.bam:q} --assignment {input.assignment:q}"
        " --variants {input.variants:q} --reference {input.reference:q}"
        " --hemizygous-contigs {params.hemizygous_contigs:q} --out-counts {output.counts:q}"
        " --out-suspects {output.suspects:q} --out {output.stats:q} > {log:q} 2>&1"


rule ase_table:
    input:
        script=script("ase_table.py"),
        library=library("quality"),
        counts="<results>/allele/{sample}.variant_counts.tsv.gz",
    output:
        table="<results>/allele/{sample}.ase.tsv",
    log:
        "<logs>/ase_table/{sample}.log",
    conda:
        "../../envs/allele.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000, 40),
        runtime=runtime(20),
    shell:
        "python {input.script:q} --counts {input.counts:q} --out {output.table:q} > {log:q} 2>&1"


rule combine_allele_qc:
    input:
        script=script("combine_allele_qc.py"),
        library=library("quality"),
        counts=expand(
            "<results>/allele/{sample}.variant_counts.tsv.gz", sample=LIBRARIES
        ),
        stats=expand("<results>/allele/{sample}.allele_stats.json", sample=LIBRARIES),
    output:
        extreme="<results>/allele/extreme_variants.tsv",
        mask="<results>/allele/mask.bed",
        content=directory("<results>/multiqc/content"),
    log:
        "<logs>/combine_allele_qc.log",
    benchmark:
        "<benchmarks>/combine_allele_qc.tsv"
    conda:
        "../../envs/allele.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000, 40),
        runtime=runtime(60),
    params:
        samples=LIBRARIES,
        haplotypes=HAPLOTYPES,
    shell:
        "python {input.script:q} --samples {params.samples:q} --counts {input.counts:q}"
        " --stats {input.stats:q} --haplotypes {params.haplotypes:q} --out-extreme {output.extreme:q}"
        " --out-mask {output.mask:q} --out-content {output.content:q} > {log:q} 2>&1"


# Library complexity, share of fragments in regions or genes, enrichment at start sites.
rule summarise_libraries:
    input:
        script=script("summarise_libraries.py"),
        library=library("quality", "counts", "tracks"),
        assignments=expand(
            "<results>/allele/{sample}.assignment.json", sample=LIBRARIES
        ),
        # Of single cells only groups of cells are counted, not the whole library.
        counts=[] if SINGLE_CELL else ["<results>/counts/counts.tsv.gz"],
        profiles=["<results>/deeptools/tss_profile.tsv"] if PROFILED else [],
        components=["<results>/deeptools/pca.tsv"] if COMPARED else [],
    output:
        table="<results>/multiqc/libraries.tsv",
        content=directory("<results>/multiqc/libraries"),
    log:
        "<logs>/summarise_libraries.log",
    conda:
        "../../envs/dataset.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000, 50),
        runtime=runtime(20),
    params:
        samples=LIBRARIES,
        haplotypes=HAPLOTYPES,
        counts="" if SINGLE_CELL else "--counts",
        places="genes" if config["assay"] == "rna" else "regions",
        profiles="--profiles" if PROFILED else "",
        components="--components" if COMPARED else "",
        bin_size=PROFILE_BIN,
    shell:
        "python {input.script:q} --samples {params.samples:q} --assignments {input.assignments:q}"
        " --haplotypes {params.haplotypes:q} {params.counts} {input.counts:q} --places {params.places}"
        " {params.profiles} {input.profiles:q} {params.components} {input.components:q} --bin-size {params.bin_size} --out {output.table:q}"
        " --out-content {output.content:q} > {log:q} 2>&1"
