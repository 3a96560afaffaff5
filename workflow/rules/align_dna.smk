# Mapping of all reads to both haplotypes with bowtie2.


rule align:
    input:
        index=multiext(f"{GENOMES}/bowtie2/{{haplotype}}", *BOWTIE2_PARTS),
        reads_1=trimmed_of(1),
        reads_2=trimmed_of(2),
    output:
        bam=temp("<results>/align/{sample}/{haplotype}.bam"),
        summary="<results>/align/{sample}/{haplotype}.bowtie2.log",
    log:
        "<logs>/align/{sample}.{haplotype}.log",
    benchmark:
        "<benchmarks>/align/{sample}.{haplotype}.tsv"
    conda:
        "../../envs/align.yaml"
    threads: 2
    resources:
        mem_mb=memory(6000),
        runtime=runtime(720),
    params:
        prefix=subpath(input[0], strip_suffix=BOWTIE2_PARTS[0]),
        reads=reads_of,
        preset=(
            "--very-sensitive-local --no-mixed --no-discordant"
            if PUBLISHED
            else f"--{config['align']['preset']}"
        ),
        min_insert=INSERT_SIZES[0],
        max_insert=INSERT_SIZES[1],
        seed=config["seed"],
        comment="--sam-append-comment" if COMMENT_TAGS else "",
    shell:
        # --reorder keeps the reads in the FASTQ's order, so that the BAMs of both haplotypes run in step.
        "(bowtie2 {params.preset} --minins {params.min_insert} --maxins {params.max_insert}"
        " --seed {params.seed} {params.comment} --reorder --threads {threads} --rg-id {wildcards.sample:q}"
        " --rg SM:{wildcards.sample:q} --rg PL:ILLUMINA -x {params.prefix:q} {params.reads:q}"
        " | samtools view --no-PG --bam --output {output.bam:q} -) 2> {log:q}"
        " && cp {log:q} {output.summary:q}"
