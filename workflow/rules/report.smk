# One HTML file from the results of all stages; its figures again for `snakemake --report`.

INTERPRETED = config["interpret"]["model"]
# A search changes nothing that the report shows.
REPORTED = json.dumps(
    {key: value for key, value in config.items() if key != "search"}, sort_keys=True
)
ENVIRONMENTS = sorted((WORKFLOW.parent / "envs").glob("*.yaml"))


rule report:
    input:
        script=script("make_report.py"),
        library=library("report", "dataset"),
        template=SRC / "deepallele" / "report" / "report.html.j2",
        environments=ENVIRONMENTS,
        variant_summary=of_reads(
            expand("<results>/genomes/{cross}/variants.summary.json", cross=CROSS)
        ),
        allele_stats=expand(
            "<results>/allele/{sample}.allele_stats.json", sample=SAMPLES
        ),
        comparisons=expand(
            "<results>/counts/differential/{comparison}.json", comparison=COMPARISONS
        ),
        imbalance=of_reads("<results>/counts/imbalance.tsv"),
        imbalance_summary=of_reads("<results>/counts/imbalance.json"),
        dataset="<results>/dataset/dataset.h5",
        metrics=expand("<results>/metrics/{model}.json", model=MODELS),
        predictions=expand("<results>/predictions/{model}.tsv.gz", model=MODELS),
        variants=expand("<results>/variants/{model}.tsv.gz", model=INTERPRETED),
        attributions=expand("<results>/attributions/{model}.h5", model=INTERPRETED),
        motifs=expand(
            "<results>/motifs/{model}/{file}",
            model=INTERPRETED,
            file=["clusters.tsv", "cwms.h5", "tomtom.tsv"],
        ),
        mechanism=expand(
            "<results>/mechanism/{model}/{file}",
            model=INTERPRETED,
            file=["mechanisms.tsv", "clusters.tsv", "tfs.tsv"],
        ),
    output:
        page="<results>/report/index.html",
        allele_classes=of_reads(
            report(
                "<results>/report/figures/allele_classes.svg",
                caption="../report/allele_classes.rst",
                category="Allele assignment",
            )
        ),
        allele_balance=of_reads(
            report(
                "<results>/report/figures/allele_balance.svg",
                caption="../report/allele_balance.rst",
                category="Allele assignment",
            )
        ),
        log_ratio=report(
            "<results>/report/figures/log_ratio.svg",
            caption="../report/log_ratio.rst",
            category="Regions",
        ),
        model_r=report(
            "<results>/report/figures/model_r.svg",
            caption="../report/model_r.rst",
            category="Models",
        ),
        model_strata=report(
            "<results>/report/figures/model_strata.svg",
            caption="../report/model_strata.rst",
            category="Models",
        ),
        predicted_measured=report(
            "<results>/report/figures/predicted_measured.svg",
            caption="../report/predicted_measured.rst",
            category="Models",
        ),
        predicted_counts=report(
            "<results>/report/figures/predicted_counts.svg",
            caption="../report/predicted_counts.rst",
            category="Models",
        ),
        main_variants=report(
            "<results>/report/figures/main_variants.svg",
            caption="../report/main_variants.rst",
            category="Mechanisms",
        ),
        attributions=report(
            "<results>/report/figures/attributions.svg",
            caption="../report/attributions.rst",
            category="Mechanisms",
        ),
        mechanisms=report(
            "<results>/report/figures/mechanisms.svg",
            caption="../report/mechanisms.rst",
            category="Mechanisms",
        ),
    log:
        "<logs>/report.log",
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=memory(1500, 4),
        runtime=runtime(30),
    params:
        config=REPORTED,
        samples=SAMPLES,
    shell:
        'python {input.script:q} --results "$(dirname {output.page:q})/.." --config {params.config:q}'
        " --samples {params.samples:q} --comparisons {input.comparisons:q} --environments {input.environments:q}"
        ' --figures "$(dirname {output.model_r:q})" --out {output.page:q} > {log:q} 2>&1'
