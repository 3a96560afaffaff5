# The dataset from a file made elsewhere, in place of all that comes before it.


ruleorder: import_dataset > combine_counts


rule import_dataset:
    input:
        script=script("import_dataset.py"),
        library=library("exchange", "counts", "dataset", "genome"),
        files=IMPORTED["files"],
    output:
        dataset="<results>/dataset/dataset.h5",
        dropped="<results>/dataset/regions.dropped.tsv",
        counts="<results>/counts/counts.tsv.gz",
    log:
        "<logs>/import_dataset.log",
    benchmark:
        "<benchmarks>/import_dataset.tsv"
    conda:
        "../../envs/import.yaml"
    threads: 4
    resources:
        mem_mb=memory(2000, 1),
        runtime=runtime(240),
    params:
        cross=CROSS,
        haplotypes=HAPLOTYPES,
        source=IMPORTED["format"],
        options=options_of_import,
        numbers=config["dataset"],
        test_groups=config["dataset"]["test_chromosomes"],
        validation_groups=config["dataset"]["validation_chromosomes"],
        min_informative=config["counts"]["min_informative"],
    shell:
        "python {input.script:q} --from {params.source} --input {input.files:q} {params.options:q}"
        " --cross {params.cross:q} --haplotypes {params.haplotypes:q} --folds {params.numbers[folds]}"
        " --test-groups {params.test_groups:q} --validation-groups {params.validation_groups:q}"
        " --validation-fraction {params.numbers[validation_fraction]}"
        " --pseudocount {params.numbers[pseudocount]} --targets {params.numbers[targets]}"
        " --min-informative {params.min_informative} --threads {threads}"
        " --out {output.dataset:q} --dropped {output.dropped:q} --counts {output.counts:q} > {log:q} 2>&1"
