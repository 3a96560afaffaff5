rule explain_mechanism:
    input:
        script=script("explain_mechanism.py"),
        library=library("mechanism"),
        predictions="<results>/predictions/{model}.tsv.gz",
        variants="<results>/variants/{model}.tsv.gz",
        seqlets="<results>/motifs/{model}/seqlets.tsv.gz",
        clusters="<results>/motifs/{model}/clusters.tsv",
        tomtom="<results>/motifs/{model}/tomtom.tsv",
    output:
        mechanisms="<results>/mechanism/{model}/mechanisms.tsv",
        clusters="<results>/mechanism/{model}/clusters.tsv",
        tfs="<results>/mechanism/{model}/tfs.tsv",
    log:
        "<logs>/explain_mechanism/{model}.log",
    conda:
        "../../envs/motifs.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000, 20),
        runtime=runtime(20),
    shell:
        "python {input.script:q} --predictions {input.predictions:q} --variants {input.variants:q}"
        " --seqlets {input.seqlets:q} --clusters {input.clusters:q} --tomtom {input.tomtom:q}"
        " --out-mechanisms {output.mechanisms:q} --out-clusters {output.clusters:q}"
        " --out-tfs {output.tfs:q} > {log:q} 2>&1"
