rule build_dataset:
    input:
        script=script("build_dataset.py"),
        library=library("genome", "peaks", "counts", "dataset"),
        regions="<results>/peaks/regions.bed",
        counts="<results>/counts/counts.tsv.gz",
        variants=f"<results>/genomes/{CROSS}/variants.bcf",
        index=f"<results>/genomes/{CROSS}/variants.bcf.csi",
        reference=config["reference"]["fasta"],
        genomes=expand(
            f"<results>/genomes/{CROSS}/{{haplotype}}.fa", haplotype=HAPLOTYPES
        ),
        fai=expand(
            f"<results>/genomes/{CROSS}/{{haplotype}}.fa.fai", haplotype=HAPLOTYPES
        ),
        chains=expand(
            f"<results>/genomes/{CROSS}/{{haplotype}}.chain", haplotype=HAPLOTYPES
        ),
    output:
        dataset="<results>/dataset/dataset.h5",
        dropped="<results>/dataset/regions.dropped.tsv",
    log:
        "<logs>/build_dataset.log",
    benchmark:
        "<benchmarks>/build_dataset.tsv"
    conda:
        "../../envs/dataset.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000, 0.5),
        runtime=runtime(60),
    params:
        cross=CROSS,
        haplotypes=HAPLOTYPES,
        samples=COUNTED,
        length=config["dataset"]["length"],
        folds=config["dataset"]["folds"],
        split=config["dataset"]["split"],
        validation_fraction=config["dataset"]["validation_fraction"],
        pseudocount=config["dataset"]["pseudocount"],
    shell:
        "python {input.script:q} --regions {input.regions:q} --counts {input.counts:q}"
        " --variants {input.variants:q} --reference {input.reference:q} --genomes {input.genomes:q}"
        " --chains {input.chains:q} --cross {params.cross:q} --haplotypes {params.haplotypes:q}"
        " --samples {params.samples:q} --length {params.length} --folds {params.folds}"
        " --split {params.split} --validation-fraction {params.validation_fraction}"
        " --pseudocount {params.pseudocount} --out {output.dataset:q} --dropped {output.dropped:q}"
        " > {log:q} 2>&1"
