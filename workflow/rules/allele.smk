rule assign_alleles:
    input:
        script=script("assign_alleles.py"),
        library=library("genome", "allele"),
        bam=expand("<results>/align/{{sample}}/{haplotype}.bam", haplotype=HAPLOTYPES),
        chain=expand(
            f"<results>/genomes/{CROSS}/{{haplotype}}.chain", haplotype=HAPLOTYPES
        ),
        fai="<results>/genomes/reference.fa.fai",
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
        stats="<results>/allele/{sample}.allele_stats.json",
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
        blacklist="--blacklist" if config["reference"]["blacklist"] else "",
        min_posterior=config["allele"]["min_posterior"],
        min_mapq=config["allele"]["min_mapq"],
        min_insert=config["align"]["min_insert"],
        max_insert=config["align"]["max_insert"],
        duplicates=(
            "" if config["allele"]["remove_duplicates"] else "--keep-duplicates"
        ),
    shell:
        "python {input.script:q} --haplotypes {params.haplotypes:q}"
        " --bams {input.bam:q} --chains {input.chain:q} --fai {input.fai:q}"
        " {params.blacklist} {input.blacklist:q}"
        " --exclude-contigs {params.exclude_contigs:q}"
        " --min-posterior {params.min_posterior} --min-mapq {params.min_mapq}"
        " --min-insert {params.min_insert} --max-insert {params.max_insert}"
        " {params.duplicates} --threads {threads} --out {output.bam:q}"
        " --out-haplotypes {output.haplotype_bam:q} --stats {output.stats:q}"
        " > {log:q} 2>&1"
