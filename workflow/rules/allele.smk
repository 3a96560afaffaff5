SPLIT = config["allele"]["split_ambiguous"]
SCREEN = config["allele"]["screen_variants"] and not PUBLISHED
BARCODE = (
    [
        f"--barcode={config['single_cell']['barcode']}",
        f"--barcode-regex={config['single_cell']['barcode_regex']}",
        f"--barcode-tag={config['single_cell']['barcode_tag']}",
    ]
    if config["assay"] == "scatac"
    else []
)
# By sample; males have one copy of their sex chromosomes.
HEMIZYGOUS = {
    unit["sample"]: (
        config["reference"]["hemizygous_contigs"] if unit["sex"] == "male" else []
    )
    for unit in UNITS
}


rule assign_alleles:
    input:
        script=script("assign_alleles.py"),
        library=library("genome", "allele"),
        bam=expand("<results>/align/{{sample}}/{haplotype}.bam", haplotype=HAPLOTYPES),
        chain=expand(
            f"<results>/genomes/{CROSS}/{{haplotype}}.chain", haplotype=HAPLOTYPES
        ),
        fai="<results>/genomes/reference.fa.fai",
        variants=f"<results>/genomes/{CROSS}/variants.bcf",
        blacklist=config["reference"]["blacklist"] or [],
    output:
        bam="<results>/allele/{sample}.bam",
        bai="<results>/allele/{sample}.bam.bai",
        haplotype_bam=expand(
            "<results>/allele/{{sample}}.{haplotype}.bam", haplotype=HAPLOTYPES
        ),
        haplotype_bai=expand(
            "<results>/allele/{{sample}}.{haplotype}.bam.bai", haplotype=HAPLOTYPES
        ),
        split_bam=expand(
            "<results>/allele/{{sample}}.{haplotype}.split.bam",
            haplotype=HAPLOTYPES if SPLIT else [],
        ),
        split_bai=expand(
            "<results>/allele/{{sample}}.{haplotype}.split.bam.bai",
            haplotype=HAPLOTYPES if SPLIT else [],
        ),
        set_aside=["<results>/allele/{sample}.set_aside.tsv"] if SCREEN else [],
        stats="<results>/allele/{sample}.assignment.json",
    log:
        "<logs>/assign_alleles/{sample}.log",
    benchmark:
        "<benchmarks>/assign_alleles/{sample}.tsv"
    conda:
        "../../envs/allele.yaml"
    threads: 2
    resources:
        mem_mb=memory(2000),
        runtime=runtime(120),
    params:
        haplotypes=HAPLOTYPES,
        exclude_contigs=config["reference"]["exclude_contigs"],
        hemizygous_contigs=lookup(dpath="{sample}", within=HEMIZYGOUS),
        blacklist="--blacklist" if config["reference"]["blacklist"] else "",
        min_posterior=config["allele"]["min_posterior"],
        min_mapq=config["allele"]["min_mapq"],
        min_insert=INSERT_SIZES[0],
        max_insert=INSERT_SIZES[1],
        mode=config["allele"]["mode"],
        umi=config["allele"]["umi"],
        umi_separators=config["allele"]["umi_separators"],
        barcode=BARCODE,
        split="--out-split" if SPLIT else "",
        screen="--set-aside" if SCREEN else "",
        duplicates=(
            "" if config["allele"]["remove_duplicates"] else "--keep-duplicates"
        ),
    shell:
        "python {input.script:q} --haplotypes {params.haplotypes:q}"
        " --bams {input.bam:q} --chains {input.chain:q} --fai {input.fai:q}"
        " --variants {input.variants:q} {params.blacklist} {input.blacklist:q}"
        " --exclude-contigs {params.exclude_contigs:q}"
        " --hemizygous-contigs {params.hemizygous_contigs:q}"
        " --mode {params.mode} --min-posterior {params.min_posterior} --min-mapq {params.min_mapq}"
        " --min-insert {params.min_insert} --max-insert {params.max_insert}"
        " --umi {params.umi} --umi-separators={params.umi_separators:q} {params.barcode:q} {params.duplicates}"
        " --threads {threads} --out {output.bam:q} --out-haplotypes {output.haplotype_bam:q}"
        " {params.split} {output.split_bam:q} {params.screen} {output.set_aside:q} --stats {output.stats:q} > {log:q} 2>&1"
