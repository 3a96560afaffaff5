# One MultiQC page from the reports of the tools and our own content.

MAPPING_LOG = {"rna": "Log.final.out"}.get(config["assay"], "bowtie2.log")
PEAK_TABLES = [
    f"{peaks}.xls"
    for peaks in POOLED_PEAKS
    + expand(
        "<results>/peaks/{sample}_peaks.{kind}", sample=PEAK_SAMPLES, kind=PEAK_KIND
    )
]
if config["assay"] == "rna":
    PEAK_TABLES = []


rule picard_metrics:
    input:
        bam="<results>/allele/{sample}.bam",
        reference="<results>/genomes/reference.fa",
        fai="<results>/genomes/reference.fa.fai",
    output:
        metrics="<results>/picard/{sample}.alignment_summary_metrics",
    log:
        "<logs>/picard_metrics/{sample}.log",
    benchmark:
        "<benchmarks>/picard_metrics/{sample}.tsv"
    conda:
        "../../envs/picard.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=runtime(240),
    shell:
        # Bioconda's program is called picard, Debian's PicardCommandLine.
        "(picard=$(command -v picard || command -v PicardCommandLine)"
        " || {{ echo 'error: no Picard on PATH; install it, or set quality.picard: false'; exit 1; }}"
        ' && "$picard" CollectAlignmentSummaryMetrics --INPUT {input.bam:q}'
        " --REFERENCE_SEQUENCE {input.reference:q} --OUTPUT {output.metrics:q}) > {log:q} 2>&1"


rule multiqc:
    input:
        settings=WORKFLOW / "report" / "multiqc.yaml",
        content=["<results>/multiqc/content", "<results>/multiqc/libraries"],
        trimming=expand("<results>/trimmed/{lane}.fastp.json", lane=sorted(LANES)),
        mapping=expand(
            "<results>/align/{sample}/{haplotype}.{log}",
            sample=LIBRARIES,
            haplotype=HAPLOTYPES,
            log=MAPPING_LOG,
        ),
        genes=expand(
            "<results>/counts/{sample}.genes.summary",
            sample=SAMPLES if config["assay"] == "rna" else [],
        ),
        peaks=PEAK_TABLES,
        fingerprint=["<results>/deeptools/fingerprint.tsv"] if FINGERPRINT else [],
        correlation=["<results>/deeptools/correlation.tsv"] if COMPARED else [],
        picard=expand(
            "<results>/picard/{sample}.alignment_summary_metrics",
            sample=LIBRARIES if config["quality"]["picard"] else [],
        ),
    output:
        page="<results>/multiqc/multiqc_report.html",
    log:
        "<logs>/multiqc.log",
    conda:
        "../../envs/multiqc.yaml"
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=runtime(30),
    shell:
        # MultiQC names a log after its file, and the haplotypes' logs are called alike in all samples.
        '(logs="$(mktemp -d)" && trap \'rm -r "$logs"\' EXIT && for file in {input.mapping:q};'
        ' do cp "$file" "$logs/$(basename "$(dirname "$file")").$(basename "$file")"; done'
        " && multiqc --force --strict --config {input.settings:q} --no-megaqc-upload --no-ansi"
        ' --filename "$(basename {output.page:q})" --outdir "$(dirname {output.page:q})"'
        " {input.content:q} {input.trimming:q} {input.genes:q} {input.peaks:q} {input.fingerprint:q}"
        ' {input.correlation:q} {input.picard:q} "$logs") > {log:q} 2>&1'
