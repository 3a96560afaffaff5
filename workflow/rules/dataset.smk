rule build_dataset:
    input:
        script=script("build_dataset.py"),
        library=library("genome", "peaks", "counts", "dataset"),
        regions=dataset_regions,
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
        shared="<results>/dataset/shared_sequence.tsv",
        summary="<results>/dataset/summary.json",
    log:
        "<logs>/build_dataset.log",
    benchmark:
        "<benchmarks>/build_dataset.tsv"
    conda:
        "../../envs/dataset.yaml"
    threads: 1
    resources:
        mem_mb=memory(1500, 0.1),
        runtime=runtime(60),
    params:
        cross=CROSS,
        haplotypes=HAPLOTYPES,
        samples=COUNTED,
        conditions=CONDITIONS,
        numbers=config["dataset"],
        test_chromosomes=config["dataset"]["test_chromosomes"],
        validation_chromosomes=config["dataset"]["validation_chromosomes"],
        min_informative=config["counts"]["min_informative"],
    shell:
        "python {input.script:q} --regions {input.regions:q} --counts {input.counts:q}"
        " --variants {input.variants:q} --reference {input.reference:q} --genomes {input.genomes:q}"
        " --chains {input.chains:q} --cross {params.cross:q} --haplotypes {params.haplotypes:q}"
        " --samples {params.samples:q} --conditions {params.conditions:q}"
        " --length {params.numbers[length]} --pad {params.numbers[pad]} --folds {params.numbers[folds]}"
        " --split {params.numbers[split]} --test-chromosomes {params.test_chromosomes:q}"
        " --validation-chromosomes {params.validation_chromosomes:q}"
        " --validation-fraction {params.numbers[validation_fraction]}"
        " --shared-sequence {params.numbers[shared_sequence]}"
        " --pseudocount {params.numbers[pseudocount]} --targets {params.numbers[targets]}"
        " --min-informative {params.min_informative} --out {output.dataset:q}"
        " --dropped {output.dropped:q} --shared {output.shared:q} --summary {output.summary:q}"
        " > {log:q} 2>&1"
