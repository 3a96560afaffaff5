CHIP = config["assay"] == "chip"
# Your own regions stand in for the samples' peaks.
OWN_REGIONS = config["peaks"]["regions"]
PEAK_SAMPLES = [] if OWN_REGIONS else SAMPLES
# Where peaks are to be reproducible: in any samples of the run, or in those of one condition.
PEAK_GROUPS = (
    [GROUPS[sample] for sample in PEAK_SAMPLES]
    if config["peaks"]["reproducible_within"] == "condition"
    else []
)
PEAK_KIND = "broadPeak" if config["peaks"]["broad"] else "narrowPeak"
# A weak peak that no sample shows by itself may stand out in all of them together.
POOLED_PEAKS = (
    [f"<results>/peaks/pooled/pooled_peaks.{PEAK_KIND}"]
    if len(PEAK_SAMPLES) > 1
    else []
)
PEAK_READS = f"<results>/peaks/{{sample}}.{'reads.bam' if CHIP else 'cuts.bed.gz'}"
GENOME_SIZE = f"{PEAK_READS}.genome_size"
if not CHIP:
    PEAK_FORMAT = "BED --nomodel --shift {shift} --extsize {extsize}"
elif SAMPLES[0] in PAIRED:
    PEAK_FORMAT = "BAMPE"
elif config["peaks"]["fragment_length"]:
    PEAK_FORMAT = "BAM --nomodel --extsize {fragment_length}"
else:
    # 200 is for reads in which MACS3 finds no fragment length.
    PEAK_FORMAT = "BAM --fix-bimodal --extsize 200"
BROAD = " --broad --broad-cutoff {broad_cutoff}" if config["peaks"]["broad"] else ""
# By sample; several samples may share a control.
CONTROLS = {
    unit["sample"]: expand(PEAK_READS, sample=unit["control"] or []) for unit in UNITS
}
# Without --call-summits a narrow peak has one summit, the highest pile-up: one region per peak.
CALL_PEAKS = (
    '(made="$(mktemp -d -p {resources.tmpdir:q})" && trap \'rm -r "$made"\' EXIT'
    " && macs3 callpeak --treatment {input.reads:q} {params.control} {input.control:q}"
    ' --format {params.format} --name {params.name:q} --outdir "$made" --tempdir "$made"'
    " --gsize $(cat {input.genome_size:q}) --qvalue {params.qvalue} --keep-dup all"
    # The command's line names temporary folders, and is in the log.
    ' && grep -v "^# Command line" "$made"/*_peaks.xls > {output.table:q}'
    ' && mv "$made"/*_peaks.{wildcards.kind} {output.peaks:q}) > {log:q} 2>&1'
)


include: "peak_reads.smk"


rule call_peaks:
    input:
        reads=PEAK_READS,
        control=lookup(dpath="{sample}", within=CONTROLS),
        genome_size=GENOME_SIZE,
    output:
        peaks="<results>/peaks/{sample}_peaks.{kind}",
        table="<results>/peaks/{sample}_peaks.{kind}.xls",
    log:
        "<logs>/call_peaks/{sample}.{kind}.log",
    benchmark:
        "<benchmarks>/call_peaks/{sample}.{kind}.tsv"
    wildcard_constraints:
        kind=PEAK_KIND,
    conda:
        "../../envs/peaks.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000, 20),
        runtime=runtime(120),
    params:
        name="{sample}",
        control=lookup(
            dpath="{sample}",
            within={
                name: "--control" * bool(files) for name, files in CONTROLS.items()
            },
        ),
        format=(PEAK_FORMAT + BROAD).format(**config["peaks"]),
        qvalue=config["peaks"]["qvalue"],
    shell:
        CALL_PEAKS


rule call_pooled_peaks:
    input:
        reads=expand(PEAK_READS, sample=SAMPLES),
        control=sorted({file for files in CONTROLS.values() for file in files}),
        genome_size=expand(GENOME_SIZE, sample=SAMPLES[0]),
    output:
        peaks="<results>/peaks/pooled/pooled_peaks.{kind}",
        table="<results>/peaks/pooled/pooled_peaks.{kind}.xls",
    log:
        "<logs>/call_pooled_peaks.{kind}.log",
    benchmark:
        "<benchmarks>/call_pooled_peaks.{kind}.tsv"
    wildcard_constraints:
        kind=PEAK_KIND,
    conda:
        "../../envs/peaks.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000, 20),
        runtime=runtime(120),
    params:
        name="pooled",
        control="--control" if any(CONTROLS.values()) else "",
        format=(PEAK_FORMAT + BROAD).format(**config["peaks"]),
        qvalue=config["peaks"]["qvalue"],
    shell:
        CALL_PEAKS


rule consensus_peaks:
    input:
        script=script("consensus_peaks.py"),
        library=library("peaks", "genome"),
        peaks=expand(
            f"<results>/peaks/{{sample}}_peaks.{PEAK_KIND}", sample=PEAK_SAMPLES
        ),
        pooled=POOLED_PEAKS,
        regions=OWN_REGIONS or [],
        blacklist=config["reference"]["blacklist"] or [],
        bam=expand("<results>/allele/{sample}.bam", sample=SAMPLES[:1]),
        genomes=expand(f"{GENOMES}/{{haplotype}}.fa", haplotype=HAPLOTYPES),
        fai=expand(f"{GENOMES}/{{haplotype}}.fa.fai", haplotype=HAPLOTYPES),
        chains=expand(f"{GENOMES}/{{haplotype}}.chain", haplotype=HAPLOTYPES),
    output:
        regions="<results>/peaks/regions.bed",
        dropped="<results>/peaks/regions.dropped.tsv",
    log:
        "<logs>/consensus_peaks.log",
    conda:
        "../../envs/peaks.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000, 10),
        runtime=runtime(30),
    params:
        samples=PEAK_SAMPLES,
        groups=PEAK_GROUPS,
        exclude=config["reference"]["exclude_contigs"],
        min_samples=config["peaks"]["min_samples"],
        width=config["peaks"]["width"],
        min_known=config["peaks"]["min_known"],
    shell:
        "python {input.script:q} --peaks {input.peaks:q} --samples {params.samples:q}"
        " --groups {params.groups:q} --pooled {input.pooled:q} --genomes {input.genomes:q}"
        " --chains {input.chains:q} --regions {input.regions:q} --bam {input.bam:q}"
        " --blacklist {input.blacklist:q}"
        " --exclude {params.exclude:q} --width {params.width} --min-samples {params.min_samples}"
        " --min-known {params.min_known} --out {output.regions:q} --dropped {output.dropped:q}"
        " > {log:q} 2>&1"
