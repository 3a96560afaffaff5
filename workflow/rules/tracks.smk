# Coverage of every library as bigWig, and what opens it in genome browsers.

# Of one library: all pairs, then each haplotype.
BIGWIGS = ["<results>/tracks/{sample}.bw"] + expand(
    "<results>/tracks/{{sample}}.{haplotype}.bw", haplotype=HAPLOTYPES
)
ALLELE_BAMS = ["<results>/allele/{sample}.bam"] + expand(
    "<results>/allele/{{sample}}.{haplotype}.bam", haplotype=HAPLOTYPES
)
COVERAGE = [
    path
    for sample in LIBRARIES
    if config["tracks"]["bigwig"]
    for path in expand(BIGWIGS, sample=sample)
]
# RNA has genes in their place.
TRACK_REGIONS = [] if config["assay"] == "rna" else ["<results>/peaks/regions.bed"]
GENES = ["<results>/counts/genes.bed"] if config["reference"]["gtf"] else []


rule make_tracks:
    input:
        script=script("make_tracks.py"),
        library=library("tracks"),
        bams=ALLELE_BAMS,
        indices=expand("{bam}.bai", bam=ALLELE_BAMS),
        assignment="<results>/allele/{sample}.assignment.json",
    output:
        pairs="<results>/tracks/{sample}.bw",
        haplotypes=expand(
            "<results>/tracks/{{sample}}.{haplotype}.bw", haplotype=HAPLOTYPES
        ),
    log:
        "<logs>/make_tracks/{sample}.log",
    benchmark:
        "<benchmarks>/make_tracks/{sample}.tsv"
    conda:
        "../../envs/deeptools.yaml"
    threads: 2
    resources:
        mem_mb=memory(3000),
        runtime=runtime(240),
    params:
        bin_size=config["tracks"]["bin_size"],
        max_insert=INSERT_SIZES[1],
        # Whole fragments of DNA; reads of RNA, whose splices must stay open.
        fragments="" if config["assay"] == "rna" else "--extend",
        fragment_length=(
            f"--fragment-length {config['peaks']['fragment_length']}"
            if config["peaks"]["fragment_length"]
            else ""
        ),
    shell:
        "python {input.script:q} --bams {input.bams:q} --assignment {input.assignment:q}"
        " --bin-size {params.bin_size} {params.fragments} --max-insert {params.max_insert}"
        " {params.fragment_length} --threads {threads} --out {output.pairs:q} {output.haplotypes:q}"
        " > {log:q} 2>&1"


# Browsers read VCF with a tabix index, not BCF.
rule browser_variants:
    input:
        variants=f"{GENOMES}/variants.bcf",
        index=f"{GENOMES}/variants.bcf.csi",
    output:
        variants="<results>/tracks/variants.vcf.gz",
        index="<results>/tracks/variants.vcf.gz.tbi",
    log:
        "<logs>/browser_variants.log",
    conda:
        "../../envs/genome.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=runtime(60),
    shell:
        "(bcftools view --no-version --output-type z --output {output.variants:q} {input.variants:q}"
        " && tabix --force --preset vcf {output.variants:q}) > {log:q} 2>&1"


rule igv_session:
    input:
        script=script("make_igv_session.py"),
        library=library("tracks"),
        bams=expand("<results>/allele/{sample}.bam", sample=LIBRARIES),
        coverage=COVERAGE,
        genome="<results>/genomes/reference.fa",
        fai="<results>/genomes/reference.fa.fai",
        regions=TRACK_REGIONS,
        genes=GENES,
        variants="<results>/tracks/variants.vcf.gz",
    output:
        session="<results>/igv_session.xml",
    log:
        "<logs>/igv_session.log",
    conda:
        "../../envs/deeptools.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=runtime(10),
    params:
        samples=LIBRARIES,
        haplotypes=HAPLOTYPES,
    shell:
        "python {input.script:q} --samples {params.samples:q} --haplotypes {params.haplotypes:q}"
        " --bams {input.bams:q} --coverage {input.coverage:q} --genome {input.genome:q}"
        " --regions {input.regions:q} --genes {input.genes:q} --variants {input.variants:q}"
        " --out {output.session:q} > {log:q} 2>&1"


rule track_hub:
    input:
        script=script("make_track_hub.py"),
        library=library("tracks"),
        coverage=COVERAGE,
        genome="<results>/genomes/reference.fa",
        fai="<results>/genomes/reference.fa.fai",
        regions=TRACK_REGIONS,
        variants="<results>/tracks/variants.vcf.gz",
    output:
        hub="<results>/tracks/hub.txt",
        genomes="<results>/tracks/genomes.txt",
        tracks="<results>/tracks/trackDb.txt",
        regions=["<results>/tracks/regions.bb"] if TRACK_REGIONS else [],
    log:
        "<logs>/track_hub.log",
    conda:
        "../../envs/deeptools.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=runtime(30),
    params:
        cross=CROSS,
        assembly=config["tracks"]["assembly"],
        email=config["tracks"]["email"],
        samples=LIBRARIES,
        haplotypes=HAPLOTYPES,
        regions="--regions" if TRACK_REGIONS else "",
        out_regions="--out-regions" if TRACK_REGIONS else "",
    shell:
        "python {input.script:q} --cross {params.cross:q} --assembly {params.assembly:q}"
        " --email {params.email:q} --samples {params.samples:q} --haplotypes {params.haplotypes:q}"
        " --coverage {input.coverage:q} --genome {input.genome:q} {params.regions} {input.regions:q}"
        " --variants {input.variants:q} --out-hub {output.hub:q} --out-genomes {output.genomes:q}"
        " --out-tracks {output.tracks:q} {params.out_regions} {output.regions:q} > {log:q} 2>&1"
