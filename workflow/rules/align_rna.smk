# Spliced mapping of RNA-seq reads to both haplotypes, which know the same junctions.
#
# STAR finds new junctions in each sample on each haplotype; all of them together are given to the mapping
# that counts (junctions.smk). End to end: a variant at the end of a read is a mismatch, not a soft clip.
STAR_PARTS = (
    *("Genome", "SA", "SAindex", "genomeParameters.txt", "Log.out"),
    *("chrLength.txt", "chrName.txt", "chrNameLength.txt", "chrStart.txt"),
    *("exonGeTrInfo.tab", "exonInfo.tab", "geneInfo.tab", "transcriptInfo.tab"),
    *("sjdbInfo.txt", "sjdbList.fromGTF.out.tab", "sjdbList.out.tab"),
)
STAR_MAPPING = (
    "--readFilesCommand gzip -dc --alignEndsType EndToEnd --alignSJDBoverhangMin 1"
    f" --alignIntronMax {config['rna']['max_intron']} --alignMatesGapMax {config['rna']['max_intron']}"
    f" --runRNGseed {config['seed']}"
)


rule star_index:
    input:
        fasta=f"{GENOMES}/{{haplotype}}.fa",
        fai=f"{GENOMES}/{{haplotype}}.fa.fai",
        gtf=f"{GENOMES}/{{haplotype}}.gtf",
    output:
        parts=multiext(f"{GENOMES}/star/{{haplotype}}/", *STAR_PARTS),
    log:
        "<logs>/star_index/{haplotype}.log",
    benchmark:
        "<benchmarks>/star_index/{haplotype}.tsv"
    conda:
        "../../envs/rna.yaml"
    threads: 4
    resources:
        mem_mb=memory(2000, 12),
        runtime=runtime(240),
    params:
        folder=subpath(output[0], parent=True),
        overhang=config["rna"]["overhang"],
    shell:
        # STAR's manual: the words of the index fit the length of the genome, its bins that of the contigs.
        "sizes=$(awk '{{n += $2}} END {{w = log(n) / log(2) / 2 - 1; b = log(n / NR) / log(2);"
        ' print "--genomeSAindexNbases", int(w < 14 ? w : 14), "--genomeChrBinNbits",'
        " int(b < 7 ? 7 : b < 18 ? b : 18)}}' {input.fai:q})"
        " && scratch=$(mktemp -d) && trap 'rm -rf \"$scratch\"' EXIT"
        " && STAR --runMode genomeGenerate --runThreadN {threads} --genomeDir {params.folder:q}"
        " --genomeFastaFiles {input.fasta:q} --sjdbGTFfile {input.gtf:q} --sjdbOverhang {params.overhang}"
        " $sizes --limitGenomeGenerateRAM {resources.mem_mb}000000"
        ' --outFileNamePrefix "$scratch/" --outTmpDir "$scratch/tmp" > {log:q} 2>&1'


rule align_rna:
    input:
        index=multiext(f"{GENOMES}/star/{{haplotype}}/", *STAR_PARTS),
        junctions="<results>/junctions/{haplotype}.tab",
        reads_1=trimmed_of(1),
        reads_2=trimmed_of(2),
    output:
        bam=temp("<results>/align/{sample}/{haplotype}.bam"),
        summary="<results>/align/{sample}/{haplotype}.Log.final.out",
    log:
        "<logs>/align/{sample}.{haplotype}.log",
    benchmark:
        "<benchmarks>/align/{sample}.{haplotype}.tsv"
    conda:
        "../../envs/rna.yaml"
    threads: 4
    resources:
        mem_mb=memory(6000, 1.2),
        runtime=runtime(720),
    params:
        index=subpath(input[0], parent=True),
        reads=star_reads_of,
        mapping=STAR_MAPPING,
    shell:
        # Only as SAM does STAR keep the reads in the FASTQ's order, so that the BAMs of both haplotypes run
        # in step. No read is long enough for a junction that is not listed (alignSJoverhangMin): both haplotypes
        # have the same ones, and no deletion of the other haplotype passes for an intron.
        "scratch=$(mktemp -d) && trap 'rm -rf \"$scratch\"' EXIT"
        " && (STAR --runThreadN {threads} --genomeDir {params.index:q} --readFilesIn {params.reads:q}"
        " {params.mapping} --sjdbFileChrStartEnd {input.junctions:q}"
        " --alignSJoverhangMin 100000"
        " --outSAMtype SAM --outStd SAM --outSAMorder PairedKeepInputOrder --outSAMunmapped Within"
        " --outSAMmultNmax 1 --outSAMattributes NH HI AS nM NM MD"
        " --outSAMattrRGline ID:{wildcards.sample:q} SM:{wildcards.sample:q} PL:ILLUMINA"
        ' --outFileNamePrefix "$scratch/" --outTmpDir "$scratch/tmp"'
        " | samtools view --no-PG --bam --output {output.bam:q} -) 2> {log:q}"
        ' && cp "$scratch/Log.final.out" {output.summary:q}'
