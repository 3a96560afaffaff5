# Check of the FASTQ files, and adapter trimming.
#
# Where no adapter is given fastp guesses it from sequences that many reads share. In RNA these are those of
# strong genes: mates' overlap is enough there, and single reads get Illumina's.
GIVEN = [
    f"{option} {sequence}"
    for option, sequence in zip(
        ("--adapter_sequence", "--adapter_sequence_r2"), config["trim"]["adapters"]
    )
]
GUESSED = {
    "atac": {"paired": "--detect_adapter_for_pe", "single": ""},
    "scatac": {"paired": "--detect_adapter_for_pe", "single": ""},
    "chip": {"paired": "--detect_adapter_for_pe", "single": ""},
    "rna": {"paired": "", "single": "--adapter_sequence AGATCGGAAGAGC"},
}[config["assay"]]


rule check_fastq:
    input:
        script=script("check_fastq.py"),
        library=library("reads"),
        reads=fastq_of,
    output:
        checked=touch("<results>/trimmed/{lane}.checked"),
    log:
        "<logs>/check_fastq/{lane}.log",
    benchmark:
        "<benchmarks>/check_fastq/{lane}.tsv"
    wildcard_constraints:
        lane=any_of(LANES),
    conda:
        "../../envs/genome.yaml"
    threads: 1
    resources:
        mem_mb=memory(500),
        runtime=runtime(120),
    shell:
        "python {input.script:q} --fastq {input.reads:q} > {log:q} 2>&1"


# Adapters only: base qualities are weighed later, for both haplotypes alike.
rule trim_pairs:
    input:
        reads=fastq_of,
        checked="<results>/trimmed/{lane}.checked",
    output:
        reads_1=temp("<results>/trimmed/{lane}_R1.fq.gz"),
        reads_2=temp("<results>/trimmed/{lane}_R2.fq.gz"),
        json="<results>/trimmed/{lane}.fastp.json",
    log:
        "<logs>/trim/{lane}.log",
    benchmark:
        "<benchmarks>/trim/{lane}.tsv"
    wildcard_constraints:
        lane=any_of(name for name, unit in LANES.items() if unit["fastq_2"]),
    conda:
        "../../envs/align.yaml"
    threads: 2
    resources:
        mem_mb=memory(2000),
        runtime=runtime(120),
    params:
        min_length=config["trim"]["min_length"],
        adapters=" ".join(GIVEN) or GUESSED["paired"],
    shell:
        "fastp --in1 {input.reads[0]:q} --in2 {input.reads[1]:q} --out1 {output.reads_1:q}"
        " --out2 {output.reads_2:q} {params.adapters}"
        " --length_required {params.min_length} --disable_quality_filtering --dont_eval_duplication"
        " --compression 1 --thread {threads} --json {output.json:q} --html /dev/null > {log:q} 2>&1"


rule trim_single:
    input:
        reads=fastq_of,
        checked="<results>/trimmed/{lane}.checked",
    output:
        reads_1=temp("<results>/trimmed/{lane}_R1.fq.gz"),
        json="<results>/trimmed/{lane}.fastp.json",
    log:
        "<logs>/trim/{lane}.log",
    benchmark:
        "<benchmarks>/trim/{lane}.tsv"
    wildcard_constraints:
        lane=any_of(name for name, unit in LANES.items() if not unit["fastq_2"]),
    conda:
        "../../envs/align.yaml"
    threads: 2
    resources:
        mem_mb=memory(2000),
        runtime=runtime(120),
    params:
        min_length=config["trim"]["min_length"],
        adapters=" ".join(GIVEN[:1]) or GUESSED["single"],
    shell:
        "fastp --in1 {input.reads[0]:q} --out1 {output.reads_1:q} {params.adapters}"
        " --length_required {params.min_length} --disable_quality_filtering --dont_eval_duplication"
        " --compression 1 --thread {threads} --json {output.json:q} --html /dev/null > {log:q} 2>&1"
