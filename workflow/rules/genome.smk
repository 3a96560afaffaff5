GENOMES = f"<results>/genomes/{CROSS}"
BOWTIE2_PARTS = (".1.bt2", ".2.bt2", ".3.bt2", ".4.bt2", ".rev.1.bt2", ".rev.2.bt2")


if config["reference"]["gtf"]:

    include: "annotation.smk"


rule prepare_reference:
    input:
        script=script("prepare_reference.py"),
        library=library("genome"),
        fasta=config["reference"]["fasta"],
    output:
        fasta="<results>/genomes/reference.fa",
        fai="<results>/genomes/reference.fa.fai",
    log:
        "<logs>/prepare_reference.log",
    benchmark:
        "<benchmarks>/prepare_reference.tsv"
    conda:
        "../../envs/genome.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=runtime(60),
    shell:
        "python {input.script:q} --fasta {input.fasta:q} --out {output.fasta:q} > {log:q} 2>&1"


rule select_variants:
    input:
        script=script("select_variants.py"),
        library=library("genome"),
        reference="<results>/genomes/reference.fa",
        fai="<results>/genomes/reference.fa.fai",
        vcf=config["reference"]["vcf"],
        mask=config["reference"]["mask"] or [],
    output:
        variants=f"{GENOMES}/variants.bcf",
        index=f"{GENOMES}/variants.bcf.csi",
        skipped=f"{GENOMES}/variants.skipped.tsv",
        summary=f"{GENOMES}/variants.summary.json",
    log:
        "<logs>/select_variants.log",
    benchmark:
        "<benchmarks>/select_variants.tsv"
    conda:
        "../../envs/genome.yaml"
    threads: 1
    resources:
        mem_mb=memory(3000),
        runtime=runtime(240),
    params:
        cross=CROSS,
        mask="--mask" if config["reference"]["mask"] else "",
        haplotypes=json.dumps(config["cross"]["haplotypes"], sort_keys=True),
    shell:
        "python {input.script:q} --reference {input.reference:q} --vcf {input.vcf:q}"
        " {params.mask} {input.mask:q} --haplotypes {params.haplotypes:q} --cross {params.cross:q}"
        " --out {output.variants:q} --skipped {output.skipped:q} --summary {output.summary:q} > {log:q} 2>&1"


rule make_haplotype:
    input:
        script=script("make_haplotype.py"),
        library=library("genome"),
        reference="<results>/genomes/reference.fa",
        fai="<results>/genomes/reference.fa.fai",
        variants=f"{GENOMES}/variants.bcf",
        index=f"{GENOMES}/variants.bcf.csi",
        summary=f"{GENOMES}/variants.summary.json",
    output:
        fasta=f"{GENOMES}/{{haplotype}}.fa",
        fai=f"{GENOMES}/{{haplotype}}.fa.fai",
        chain=f"{GENOMES}/{{haplotype}}.chain",
    log:
        "<logs>/make_haplotype/{haplotype}.log",
    benchmark:
        "<benchmarks>/make_haplotype/{haplotype}.tsv"
    conda:
        "../../envs/genome.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=runtime(120),
    shell:
        "python {input.script:q} --reference {input.reference:q} --variants {input.variants:q}"
        " --summary {input.summary:q} --haplotype {wildcards.haplotype:q}"
        " --out {output.fasta:q} --chain {output.chain:q} > {log:q} 2>&1"


rule index_haplotype:
    input:
        fasta=f"{GENOMES}/{{haplotype}}.fa",
    output:
        parts=multiext(f"{GENOMES}/bowtie2/{{haplotype}}", *BOWTIE2_PARTS),
    log:
        "<logs>/index_haplotype/{haplotype}.log",
    benchmark:
        "<benchmarks>/index_haplotype/{haplotype}.tsv"
    conda:
        "../../envs/align.yaml"
    threads: 2
    resources:
        mem_mb=memory(1000, 6),
        runtime=runtime(240),
    params:
        prefix=subpath(output[0], strip_suffix=BOWTIE2_PARTS[0]),
    shell:
        "bowtie2-build --threads {threads} --seed 1 {input.fasta:q} {params.prefix:q} > {log:q} 2>&1"
