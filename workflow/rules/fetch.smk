# Fetch the public inputs that a configuration names: files, and runs of the Sequence Read Archive. A workflow of
# its own, because the main one checks its inputs before any job. Nothing here runs by default:
#
#   snakemake --snakefile workflow/rules/fetch.smk --configfile config/datasets/NAME.yaml --cores 4
from snakemake.utils import min_version

min_version("9.27")


include: "fetch_common.smk"


pathvars:
    logs=f"{config['results']}/logs",
    benchmarks=f"{config['results']}/benchmarks",


wildcard_constraints:
    file=any_of(FILES),
    folder=any_of({str(Path(name).parent) for name in RUNS}),
    run=ACCESSION.pattern,


rule fetch_inputs:
    default_target: True
    input:
        list(FILES),
        [name for names in RUNS.values() for name in names],
    localrule: True


# The code is older than anything fetched, or an edit of it would fetch gigabytes again.
rule fetch_file:
    input:
        script=ancient(script("fetch_file.py")),
        library=ancient(library("fetch")),
    output:
        file="{file}",
    log:
        "<logs>/fetch/{file}.log",
    benchmark:
        "<benchmarks>/fetch/{file}.tsv"
    retries: 2
    conda:
        "../../envs/fetch.yaml"
    threads: 1
    resources:
        mem_mb=memory(500),
        runtime=runtime(480),
    params:
        url=given("url"),
        checksum=given("checksum", "--checksum"),
    shell:
        "python {input.script:q} --url {params.url:q} {params.checksum:q} --out {output.file:q} > {log:q} 2>&1"


rule fetch_mates:
    input:
        script=ancient(script("fetch_run.py")),
        library=ancient(library("fetch")),
    output:
        reads_1="{folder}/{run}_1.fastq.gz",
        reads_2="{folder}/{run}_2.fastq.gz",
    log:
        "<logs>/fetch/{folder}/{run}.log",
    benchmark:
        "<benchmarks>/fetch/{folder}/{run}.tsv"
    retries: 2
    conda:
        "../../envs/fetch.yaml"
    threads: 4
    resources:
        mem_mb=memory(4000),
        runtime=runtime(720),
    shell:
        "python {input.script:q} --run {wildcards.run:q} --threads {threads}"
        " --out {output.reads_1:q} {output.reads_2:q} > {log:q} 2>&1"


rule fetch_single:
    input:
        script=ancient(script("fetch_run.py")),
        library=ancient(library("fetch")),
    output:
        reads="{folder}/{run}.fastq.gz",
    log:
        "<logs>/fetch/{folder}/{run}.single.log",
    benchmark:
        "<benchmarks>/fetch/{folder}/{run}.single.tsv"
    retries: 2
    conda:
        "../../envs/fetch.yaml"
    threads: 4
    resources:
        mem_mb=memory(4000),
        runtime=runtime(720),
    shell:
        "python {input.script:q} --run {wildcards.run:q} --threads {threads} --out {output.reads:q}"
        " > {log:q} 2>&1"
