# Your own regions stand in for the samples' peaks.
OWN_REGIONS = config["peaks"]["regions"]
PEAK_SAMPLES = [] if OWN_REGIONS else SAMPLES
# A weak peak that no sample shows by itself may stand out in all of them together.
POOLED_PEAKS = (
    ["<results>/peaks/pooled/pooled_peaks.narrowPeak"] if len(PEAK_SAMPLES) > 1 else []
)
# Without --call-summits a peak has one summit, the highest pile-up: one region per peak.
CALL_PEAKS = (
    "macs3 callpeak --treatment {input.cuts:q} --format BED --name {params.name:q}"
    ' --outdir "$(dirname {output.peaks:q})" --tempdir {resources.tmpdir:q}'
    " --gsize $(cat {input.genome_size:q}) --qvalue {params.qvalue} --nomodel"
    " --shift {params.shift} --extsize {params.extsize} --keep-dup all > {log:q} 2>&1"
)


rule cut_sites:
    input:
        script=script("bam_to_cuts.py"),
        library=library("peaks"),
        bam="<results>/allele/{sample}.bam",
        bai="<results>/allele/{sample}.bam.bai",
    output:
        cuts=temp("<results>/peaks/{sample}.cuts.bed.gz"),
        genome_size=temp("<results>/peaks/{sample}.genome_size.txt"),
    log:
        "<logs>/cut_sites/{sample}.log",
    benchmark:
        "<benchmarks>/cut_sites/{sample}.tsv"
    conda:
        "../../envs/peaks.yaml"
    threads: 2
    resources:
        mem_mb=memory(1000, 0.5),
        runtime=runtime(60),
    params:
        exclude=config["reference"]["exclude_contigs"],
    shell:
        "python {input.script:q} --bam {input.bam:q} --threads {threads} --exclude {params.exclude:q}"
        " --cuts {output.cuts:q} --genome-size {output.genome_size:q} > {log:q} 2>&1"


rule call_peaks:
    input:
        cuts="<results>/peaks/{sample}.cuts.bed.gz",
        genome_size="<results>/peaks/{sample}.genome_size.txt",
    output:
        peaks="<results>/peaks/{sample}_peaks.narrowPeak",
        summits=temp("<results>/peaks/{sample}_summits.bed"),
        table=temp("<results>/peaks/{sample}_peaks.xls"),
    log:
        "<logs>/call_peaks/{sample}.log",
    benchmark:
        "<benchmarks>/call_peaks/{sample}.tsv"
    conda:
        "../../envs/peaks.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000, 20),
        runtime=runtime(120),
    params:
        name="{sample}",
        qvalue=config["peaks"]["qvalue"],
        shift=config["peaks"]["shift"],
        extsize=config["peaks"]["extsize"],
    shell:
        CALL_PEAKS


rule call_pooled_peaks:
    input:
        cuts=expand("<results>/peaks/{sample}.cuts.bed.gz", sample=SAMPLES),
        genome_size=f"<results>/peaks/{SAMPLES[0]}.genome_size.txt",
    output:
        peaks="<results>/peaks/pooled/pooled_peaks.narrowPeak",
        summits=temp("<results>/peaks/pooled/pooled_summits.bed"),
        table=temp("<results>/peaks/pooled/pooled_peaks.xls"),
    log:
        "<logs>/call_pooled_peaks.log",
    benchmark:
        "<benchmarks>/call_pooled_peaks.tsv"
    conda:
        "../../envs/peaks.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000, 20),
        runtime=runtime(120),
    params:
        name="pooled",
        qvalue=config["peaks"]["qvalue"],
        shift=config["peaks"]["shift"],
        extsize=config["peaks"]["extsize"],
    shell:
        CALL_PEAKS


rule consensus_peaks:
    input:
        script=script("consensus_peaks.py"),
        library=library("peaks"),
        peaks=expand("<results>/peaks/{sample}_peaks.narrowPeak", sample=PEAK_SAMPLES),
        pooled=POOLED_PEAKS,
        regions=OWN_REGIONS or [],
        blacklist=config["reference"]["blacklist"] or [],
        bam=expand("<results>/allele/{sample}.bam", sample=SAMPLES[:1]),
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
        exclude=config["reference"]["exclude_contigs"],
        min_samples=config["peaks"]["min_samples"],
        width=config["peaks"]["width"],
    shell:
        "python {input.script:q} --peaks {input.peaks:q} --samples {params.samples:q}"
        " --pooled {input.pooled:q}"
        " --regions {input.regions:q} --bam {input.bam:q} --blacklist {input.blacklist:q}"
        " --exclude {params.exclude:q} --width {params.width} --min-samples {params.min_samples}"
        " --out {output.regions:q} --dropped {output.dropped:q} > {log:q} 2>&1"
