# Quality control of all libraries by deepTools: fingerprint, correlation, PCA, profiles around start sites.

DEEPTOOLS = config["quality"]["deeptools"]
TRACK_NAMES = [
    name
    for sample in LIBRARIES
    for name in (sample, *(f"{sample} {haplotype}" for haplotype in HAPLOTYPES))
]
# A and B, as in the report.
TRACK_COLOURS = ["#0072B2", "#D55E00"]
# Widest bins, of at most 50 bp, that fill the windows around start sites.
PROFILE_BIN = max(
    size for size in range(1, 51) if config["rna"]["tss_flank"] % size == 0
)
# A single library has nothing to be compared with; expression is uneven by nature.
FINGERPRINT = DEEPTOOLS and config["assay"] != "rna"
COMPARED = DEEPTOOLS and bool(COVERAGE) and len(LIBRARIES) > 1
PROFILED = DEEPTOOLS and bool(COVERAGE) and config["reference"]["gtf"] is not None


rule fingerprint:
    input:
        bams=expand("<results>/allele/{sample}.bam", sample=LIBRARIES),
        indices=expand("<results>/allele/{sample}.bam.bai", sample=LIBRARIES),
        fai="<results>/genomes/reference.fa.fai",
    output:
        plot="<results>/deeptools/fingerprint.png",
        counts="<results>/deeptools/fingerprint.tsv",
    log:
        "<logs>/fingerprint.log",
    benchmark:
        "<benchmarks>/fingerprint.tsv"
    conda:
        "../../envs/deeptools.yaml"
    threads: 2
    resources:
        mem_mb=memory(4000),
        runtime=runtime(240),
    params:
        samples=LIBRARIES,
    shell:
        # Bins of 500 bp: with more of them than the genome has room for, deepTools would not come to an end.
        "bins=$(awk '{{n += $2}} END {{n = int(n / 5000) + 1; print n < 500000 ? n : 500000}}' {input.fai:q})"
        " && plotFingerprint --bamfiles {input.bams:q} --labels {params.samples:q}"
        ' --numberOfSamples "$bins" --numberOfProcessors {threads} --plotFile {output.plot:q}'
        " --outRawCounts {output.counts:q} > {log:q} 2>&1"


# The samples by all their pairs; the principal components by the haplotypes of each.
rule compare_tracks:
    input:
        pairs=expand("<results>/tracks/{sample}.bw", sample=LIBRARIES),
        haplotypes=expand(
            "<results>/tracks/{sample}.{haplotype}.bw",
            sample=LIBRARIES,
            haplotype=HAPLOTYPES,
        ),
    output:
        heatmap="<results>/deeptools/correlation.png",
        correlation="<results>/deeptools/correlation.tsv",
        plot="<results>/deeptools/pca.png",
        components="<results>/deeptools/pca.tsv",
    log:
        "<logs>/compare_tracks.log",
    benchmark:
        "<benchmarks>/compare_tracks.tsv"
    conda:
        "../../envs/deeptools.yaml"
    threads: 2
    resources:
        mem_mb=memory(4000, 2),
        runtime=runtime(240),
    params:
        samples=LIBRARIES,
        haplotypes=[name for name in TRACK_NAMES if name not in LIBRARIES],
        colours=TRACK_COLOURS * len(LIBRARIES),
    shell:
        '(made="$(mktemp -d -p {resources.tmpdir:q})" && trap \'rm -r "$made"\' EXIT'
        " && multiBigwigSummary bins --bwfiles {input.pairs:q} --labels {params.samples:q} --binSize 10000"
        ' --numberOfProcessors {threads} --outFileName "$made/all.npz"'
        ' && plotCorrelation --corData "$made/all.npz" --corMethod spearman --whatToPlot heatmap --skipZeros'
        " --plotNumbers --colorMap viridis --plotTitle 'Spearman correlation of coverage, bins of 10 kb'"
        " --plotFile {output.heatmap:q} --outFileCorMatrix {output.correlation:q}"
        " && multiBigwigSummary bins --bwfiles {input.haplotypes:q} --labels {params.haplotypes:q}"
        ' --binSize 10000 --numberOfProcessors {threads} --outFileName "$made/haplotypes.npz"'
        ' && plotPCA --corData "$made/haplotypes.npz" --transpose --colors {params.colours:q}'
        " --plotTitle 'Coverage of the haplotypes, bins of 10 kb' --plotFile {output.plot:q}"
        " --outFileNameData {output.components:q}) > {log:q} 2>&1"


rule profile_tss:
    input:
        tracks=COVERAGE,
        windows="<results>/counts/tss.bed",
    output:
        plot="<results>/deeptools/tss_profile.png",
        means="<results>/deeptools/tss_profile.tsv",
    log:
        "<logs>/profile_tss.log",
    benchmark:
        "<benchmarks>/profile_tss.tsv"
    conda:
        "../../envs/deeptools.yaml"
    threads: 2
    resources:
        mem_mb=memory(4000, 2),
        runtime=runtime(240),
    params:
        names=TRACK_NAMES,
        colours=["#787878", *TRACK_COLOURS] * len(LIBRARIES),
        # The TSS is base `flank` of the window, and so in its middle.
        flank=config["rna"]["tss_flank"],
        bin_size=PROFILE_BIN,
    shell:
        '(made="$(mktemp -d -p {resources.tmpdir:q})" && trap \'rm -r "$made"\' EXIT'
        " && computeMatrix reference-point --referencePoint center --scoreFileName {input.tracks:q}"
        " --samplesLabel {params.names:q} --regionsFileName {input.windows:q}"
        " --beforeRegionStartLength {params.flank} --afterRegionStartLength {params.flank}"
        " --binSize {params.bin_size} --missingDataAsZero --numberOfProcessors {threads}"
        ' --outFileName "$made/matrix.gz"'
        ' && plotProfile --matrixFile "$made/matrix.gz" --numPlotsPerRow 3'
        " --colors {params.colours:q}"
        " --refPointLabel TSS --regionsLabel genes --yAxisLabel 'coverage (CPM)' --outFileName {output.plot:q}"
        " --outFileNameData {output.means:q}) > {log:q} 2>&1"
