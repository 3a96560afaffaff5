# Quality control of the allele assignment, per sample and over all samples, and one MultiQC page.

MAPPING_LOG = {"rna": "Log.final.out"}.get(config["assay"], "bowtie2.log")


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


rule multiqc:
    input:
        settings=WORKFLOW / "report" / "multiqc.yaml",
        content="<results>/multiqc/content",
        trimming=expand("<results>/trimmed/{lane}.fastp.json", lane=sorted(LANES)),
        mapping=expand(
            "<results>/align/{sample}/{haplotype}.{log}",
            sample=LIBRARIES,
            haplotype=HAPLOTYPES,
            log=MAPPING_LOG,
        ),
    output:
        page="<results>/multiqc/multiqc_report.html",
    log:
        "<logs>/multiqc.log",
    conda:
        "../../envs/multiqc.yaml"
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=runtime(30),
    shell:
        # MultiQC names a log after its file, and the haplotypes' logs are called alike in all samples.
        '(logs="$(mktemp -d)" && trap \'rm -r "$logs"\' EXIT && for file in {input.mapping:q};'
        ' do cp "$file" "$logs/$(basename "$(dirname "$file")").$(basename "$file")"; done'
        " && multiqc --force --strict --config {input.settings:q} --no-megaqc-upload --no-ansi"
        ' --filename "$(basename {output.page:q})" --outdir "$(dirname {output.page:q})"'
        ' {input.content:q} {input.trimming:q} "$logs") > {log:q} 2>&1'
