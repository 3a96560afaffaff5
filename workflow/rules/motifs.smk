DATABASE_FILE = config["motifs"]["database_file"]


rule extract_seqlets:
    input:
        script=script("extract_seqlets.py"),
        library=library("motifs", "dataset", "genome"),
        dataset="<results>/dataset/dataset.h5",
        attributions="<results>/attributions/{model}.h5",
        chains=of_haplotypes(".chain"),
    output:
        seqlets=temp("<results>/motifs/{model}/seqlets.unclustered.tsv.gz"),
    log:
        "<logs>/extract_seqlets/{model}.log",
    benchmark:
        "<benchmarks>/extract_seqlets/{model}.tsv"
    conda:
        "../../envs/motifs.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000, 4),
        runtime=runtime(30),
    params:
        min_z=config["motifs"]["seqlet_z"],
    shell:
        "python {input.script:q} --dataset {input.dataset:q} --attributions {input.attributions:q}"
        " --chains {input.chains:q} --min-z {params.min_z} --out {output.seqlets:q} > {log:q} 2>&1"


rule cluster_seqlets:
    input:
        script=script("cluster_seqlets.py"),
        library=library("motifs", "dataset"),
        dataset="<results>/dataset/dataset.h5",
        attributions="<results>/attributions/{model}.h5",
        seqlets="<results>/motifs/{model}/seqlets.unclustered.tsv.gz",
    output:
        seqlets="<results>/motifs/{model}/seqlets.tsv.gz",
        clusters="<results>/motifs/{model}/clusters.tsv",
        motifs="<results>/motifs/{model}/clusters.h5",
    log:
        "<logs>/cluster_seqlets/{model}.log",
    benchmark:
        "<benchmarks>/cluster_seqlets/{model}.tsv"
    conda:
        "../../envs/motifs.yaml"
    threads: 1
    resources:
        mem_mb=memory(2000, 4),
        runtime=runtime(60),
    params:
        max_seqlets=config["motifs"]["max_seqlets"],
        min_size=config["motifs"]["min_cluster_size"],
    shell:
        "OMP_NUM_THREADS={threads} python {input.script:q} --dataset {input.dataset:q}"
        " --attributions {input.attributions:q} --seqlets {input.seqlets:q}"
        " --max-seqlets {params.max_seqlets} --min-size {params.min_size}"
        " --out-seqlets {output.seqlets:q} --out-clusters {output.clusters:q}"
        " --out-motifs {output.motifs:q} > {log:q} 2>&1"


rule run_modisco:
    input:
        script=script("run_modisco.py"),
        library=library("motifs", "dataset"),
        dataset="<results>/dataset/dataset.h5",
        attributions="<results>/attributions/{model}.h5",
    output:
        modisco="<results>/motifs/{model}/modisco.h5",
    log:
        "<logs>/run_modisco/{model}.log",
    benchmark:
        "<benchmarks>/run_modisco/{model}.tsv"
    conda:
        "../../envs/motifs.yaml"
    threads: 1
    resources:
        mem_mb=memory(3000, 8),
        runtime=runtime(120),
    params:
        max_seqlets=config["motifs"]["max_seqlets"],
    # One numba thread unless more are given: the tool takes the whole machine otherwise.
    shell:
        "NUMBA_NUM_THREADS={threads} OMP_NUM_THREADS={threads} python {input.script:q}"
        " --dataset {input.dataset:q} --attributions {input.attributions:q}"
        " --max-seqlets {params.max_seqlets} --out {output.modisco:q} > {log:q} 2>&1"


rule motif_database:
    input:
        script=script("motif_database.py"),
        library=library("motifs"),
        file=DATABASE_FILE or [],
    output:
        meme="<results>/motifs/database.meme",
    log:
        "<logs>/motif_database.log",
    conda:
        "../../envs/motifs.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=runtime(10),
    params:
        release=config["motifs"]["database_release"],
        tax_group=config["motifs"]["tax_group"],
        file=["--file", DATABASE_FILE] if DATABASE_FILE else [],
    shell:
        "python {input.script:q} --release {params.release:q} --tax-group {params.tax_group:q}"
        " {params.file:q} --out {output.meme:q} > {log:q} 2>&1"


rule name_motifs:
    input:
        script=script("name_motifs.py"),
        library=library("motifs"),
        clusters="<results>/motifs/{model}/clusters.h5",
        modisco="<results>/motifs/{model}/modisco.h5",
        database="<results>/motifs/database.meme",
    output:
        meme="<results>/motifs/{model}/motifs.meme",
        cwms="<results>/motifs/{model}/cwms.h5",
        tomtom="<results>/motifs/{model}/tomtom.tsv",
    log:
        "<logs>/name_motifs/{model}.log",
    conda:
        "../../envs/motifs.yaml"
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=runtime(20),
    params:
        max_q=config["motifs"]["tomtom_q"],
        best=config["motifs"]["best"],
    shell:
        "NUMBA_NUM_THREADS={threads} python {input.script:q} --clusters {input.clusters:q}"
        " --modisco {input.modisco:q} --database {input.database:q} --max-q {params.max_q}"
        " --best {params.best} --threads {threads} --out-meme {output.meme:q}"
        " --out-cwms {output.cwms:q} --out-tomtom {output.tomtom:q} > {log:q} 2>&1"
