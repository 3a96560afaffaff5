# Adapter trimming, and mapping of all reads to both haplotypes.


rule check_fastq:
    input:
        script=script("check_fastq.py"),
        library=library("reads"),
        reads=fastq_of,
    output:
        checked=touch("<results>/trimmed/{lane}.checked"),
    log:
        "<logs>/check_fastq/{lane}.log",
    benchmark:
        "<benchmarks>/check_fastq/{lane}.tsv"
    wildcard_constraints:
        lane=any_of(LANES),
    conda:
        "../../envs/genome.yaml"
    threads: 1
    resources:
        mem_mb=memory(500),
        runtime=runtime(120),
    shell:
        "python {input.script:q} --fastq {input.reads:q} > {log:q} 2>&1"


# Adapters only: bowtie2 weighs base qualities itself, for both haplotypes alike.
rule trim_pairs:
    input:
        reads=fastq_of,
        checked="<results>/trimmed/{lane}.checked",
    output:
        reads_1=temp("<results>/trimmed/{lane}_R1.fq.gz"),
        reads_2=temp("<results>/trimmed/{lane}_R2.fq.gz"),
        json="<results>/trimmed/{lane}.fastp.json",
    log:
        "<logs>/trim/{lane}.log",
    benchmark:
        "<benchmarks>/trim/{lane}.tsv"
    wildcard_constraints:
        lane=any_of(name for name, unit in LANES.items() if unit["fastq_2"]),
    conda:
        "../../envs/align.yaml"
    threads: 2
    resources:
        mem_mb=memory(2000),
        runtime=runtime(120),
    params:
        min_length=config["trim"]["min_length"],
    shell:
        "fastp --in1 {input.reads[0]:q} --in2 {input.reads[1]:q} --out1 {output.reads_1:q}"
        " --out2 {output.reads_2:q} --detect_adapter_for_pe"
        " --length_required {params.min_length} --disable_quality_filtering --dont_eval_duplication"
        " --compression 1 --thread {threads} --json {output.json:q} --html /dev/null > {log:q} 2>&1"


rule trim_single:
    input:
        reads=fastq_of,
        checked="<results>/trimmed/{lane}.checked",
    output:
        reads_1=temp("<results>/trimmed/{lane}_R1.fq.gz"),
        json="<results>/trimmed/{lane}.fastp.json",
    log:
        "<logs>/trim/{lane}.log",
    benchmark:
        "<benchmarks>/trim/{lane}.tsv"
    wildcard_constraints:
        lane=any_of(name for name, unit in LANES.items() if not unit["fastq_2"]),
    conda:
        "../../envs/align.yaml"
    threads: 2
    resources:
        mem_mb=memory(2000),
        runtime=runtime(120),
    params:
        min_length=config["trim"]["min_length"],
    shell:
        "fastp --in1 {input.reads[0]:q} --out1 {output.reads_1:q}"
        " --length_required {params.min_length} --disable_quality_filtering --dont_eval_duplication"
        " --compression 1 --thread {threads} --json {output.json:q} --html /dev/null > {log:q} 2>&1"


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
        preset=config["align"]["preset"],
        min_insert=config["align"]["min_insert"],
        max_insert=config["align"]["max_insert"],
        seed=config["seed"],
    shell:
        # --reorder keeps the reads in the FASTQ's order, so that the BAMs of both haplotypes run in step.
        "(bowtie2 --{params.preset} --minins {params.min_insert} --maxins {params.max_insert}"
        " --seed {params.seed} --reorder --threads {threads} --rg-id {wildcards.sample:q}"
        " --rg SM:{wildcards.sample:q} -x {params.prefix:q} {params.reads:q}"
        " | samtools view --no-PG --bam --output {output.bam:q} -) 2> {log:q}"
        " && cp {log:q} {output.summary:q}"
