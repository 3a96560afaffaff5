# Single-cell ATAC: fragment files, cells, counts of each cell; groups of cells take the place of samples.
WHITELIST = config["single_cell"]["whitelist"]


# Groups of cells take the place of the sample.
ruleorder: count_cells > count_alleles


rule cell_fragments:
    input:
        script=script("cell_fragments.py"),
        library=library("allele", "peaks", "quality", "counts", "single_cell"),
        bam="<results>/allele/{sample}.bam",
        whitelist=WHITELIST or [],
    output:
        haplotype=expand(
            "<results>/single_cell/{{sample}}.{haplotype}.fragments.tsv.gz",
            haplotype=HAPLOTYPES,
        ),
        haplotype_index=expand(
            "<results>/single_cell/{{sample}}.{haplotype}.fragments.tsv.gz.tbi",
            haplotype=HAPLOTYPES,
        ),
        ambiguous="<results>/single_cell/{sample}.ambiguous.fragments.tsv.gz",
        ambiguous_index="<results>/single_cell/{sample}.ambiguous.fragments.tsv.gz.tbi",
        split=expand(
            "<results>/single_cell/{{sample}}.{haplotype}.split.fragments.tsv.gz",
            haplotype=HAPLOTYPES,
        ),
        split_index=expand(
            "<results>/single_cell/{{sample}}.{haplotype}.split.fragments.tsv.gz.tbi",
            haplotype=HAPLOTYPES,
        ),
        summary="<results>/single_cell/{sample}.fragments.json",
    log:
        "<logs>/cell_fragments/{sample}.log",
    benchmark:
        "<benchmarks>/cell_fragments/{sample}.tsv"
    conda:
        "../../envs/single_cell.yaml"
    threads: 2
    resources:
        mem_mb=memory(2000),
        runtime=runtime(120),
    params:
        haplotypes=HAPLOTYPES,
        hemizygous_contigs=lookup(dpath="{sample}", within=HEMIZYGOUS),
        whitelist="--whitelist" if WHITELIST else "",
    shell:
        "python {input.script:q} --bam {input.bam:q} --haplotypes {params.haplotypes:q}"
        " --hemizygous-contigs {params.hemizygous_contigs:q} {params.whitelist} {input.whitelist:q}"
        " --threads {threads} --out-haplotypes {output.haplotype:q} --out-ambiguous {output.ambiguous:q}"
        " --out-split {output.split:q} --summary {output.summary:q} > {log:q} 2>&1"


rule call_cells:
    input:
        script=script("call_cells.py"),
        library=library("allele", "peaks", "quality", "counts", "single_cell"),
        bam="<results>/allele/{sample}.bam",
        regions="<results>/peaks/regions.bed",
        whitelist=WHITELIST or [],
        groups=GROUP_TABLE or [],
    output:
        cells="<results>/single_cell/{sample}.cells.tsv",
        summary="<results>/single_cell/{sample}.cells.json",
    log:
        "<logs>/call_cells/{sample}.log",
    benchmark:
        "<benchmarks>/call_cells/{sample}.tsv"
    conda:
        "../../envs/single_cell.yaml"
    threads: 2
    resources:
        mem_mb=memory(3000),
        runtime=runtime(120),
    params:
        samples=SAMPLES,
        whitelist="--whitelist" if WHITELIST else "",
        groups="--groups" if GROUP_TABLE else "",
        min_fragments=config["single_cell"]["min_fragments"],
    shell:
        "python {input.script:q} --bam {input.bam:q} --regions {input.regions:q}"
        " --sample {wildcards.sample:q} --samples {params.samples:q} {params.whitelist} {input.whitelist:q}"
        " {params.groups} {input.groups:q} --min-fragments {params.min_fragments} --threads {threads}"
        " --out {output.cells:q} --summary {output.summary:q} > {log:q} 2>&1"


rule count_cells:
    input:
        script=script("count_cells.py"),
        library=library("allele", "peaks", "quality", "counts", "single_cell"),
        bam="<results>/allele/{sample}.bam",
        regions="<results>/peaks/regions.bed",
        cells="<results>/single_cell/{sample}.cells.tsv",
    output:
        matrix="<results>/single_cell/{sample}.h5ad",
        counts=temp("<results>/counts/samples/{sample}.tsv.gz"),
    log:
        "<logs>/count_cells/{sample}.log",
    benchmark:
        "<benchmarks>/count_cells/{sample}.tsv"
    conda:
        "../../envs/single_cell.yaml"
    threads: 2
    resources:
        mem_mb=memory(4000, 0.5),
        runtime=runtime(120),
    params:
        haplotypes=HAPLOTYPES,
        groups=lookup(dpath="{sample}", within=CELL_GROUPS),
    shell:
        "python {input.script:q} --bam {input.bam:q} --regions {input.regions:q} --cells {input.cells:q}"
        " --sample {wildcards.sample:q} --haplotypes {params.haplotypes:q} --groups {params.groups:q}"
        " --threads {threads} --out {output.matrix:q} --out-counts {output.counts:q} > {log:q} 2>&1"
