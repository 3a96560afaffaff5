# Splice junctions of both haplotypes: those of the annotation, and new ones that any sample shows on either.


rule lift_gtf:
    input:
        script=script("lift_gtf.py"),
        library=library("annotation", "genome"),
        gtf=config["reference"]["gtf"],
        chain=f"{GENOMES}/{{haplotype}}.chain",
    output:
        gtf=f"{GENOMES}/{{haplotype}}.gtf",
        summary=f"{GENOMES}/{{haplotype}}.gtf.json",
    log:
        "<logs>/lift_gtf/{haplotype}.log",
    benchmark:
        "<benchmarks>/lift_gtf/{haplotype}.tsv"
    conda:
        "../../envs/genome.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=runtime(60),
    shell:
        "python {input.script:q} --gtf {input.gtf:q} --chain {input.chain:q} --out {output.gtf:q}"
        " --summary {output.summary:q} > {log:q} 2>&1"


rule find_junctions:
    input:
        index=multiext(f"{GENOMES}/star/{{haplotype}}/", *STAR_PARTS),
        reads_1=trimmed_of(1),
        reads_2=trimmed_of(2),
    output:
        junctions="<results>/junctions/{sample}.{haplotype}.SJ.out.tab",
    log:
        "<logs>/find_junctions/{sample}.{haplotype}.log",
    benchmark:
        "<benchmarks>/find_junctions/{sample}.{haplotype}.tsv"
    conda:
        "../../envs/rna.yaml"
    threads: 4
    resources:
        mem_mb=memory(4000, 1.2),
        runtime=runtime(480),
    params:
        index=subpath(input[0], parent=True),
        reads=star_reads_of,
        mapping=STAR_MAPPING,
    shell:
        "scratch=$(mktemp -d) && trap 'rm -rf \"$scratch\"' EXIT"
        " && STAR --runThreadN {threads} --genomeDir {params.index:q} --readFilesIn {params.reads:q}"
        " {params.mapping} --outSAMtype None"
        ' --outFileNamePrefix "$scratch/" --outTmpDir "$scratch/tmp" > {log:q} 2>&1'
        ' && cp "$scratch/SJ.out.tab" {output.junctions:q}'


rule merge_junctions:
    input:
        script=script("merge_junctions.py"),
        library=library("annotation", "genome"),
        junctions_a=expand(
            "<results>/junctions/{sample}.{haplotype}.SJ.out.tab",
            sample=SAMPLES,
            haplotype=HAPLOTYPES[0],
        ),
        junctions_b=expand(
            "<results>/junctions/{sample}.{haplotype}.SJ.out.tab",
            sample=SAMPLES,
            haplotype=HAPLOTYPES[1],
        ),
        chain=expand(f"{GENOMES}/{{haplotype}}.chain", haplotype=HAPLOTYPES),
    output:
        junctions=expand("<results>/junctions/{haplotype}.tab", haplotype=HAPLOTYPES),
        table="<results>/junctions/new.tsv",
        summary="<results>/junctions/new.json",
    log:
        "<logs>/merge_junctions.log",
    benchmark:
        "<benchmarks>/merge_junctions.tsv"
    conda:
        "../../envs/genome.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000, 10),
        runtime=runtime(60),
    params:
        min_reads=config["rna"]["min_junction_reads"],
    shell:
        "python {input.script:q} --junctions-a {input.junctions_a:q} --junctions-b {input.junctions_b:q}"
        " --chains {input.chain:q} --min-reads {params.min_reads} --out {output.junctions:q}"
        " --table {output.table:q} --summary {output.summary:q} > {log:q} 2>&1"
