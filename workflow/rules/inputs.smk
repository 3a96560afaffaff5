# Functions that list the files and arguments of rules.


def of_reads(files):
    """Files that come of reads; none where the dataset was imported."""
    return [] if IMPORTED else files


def of_haplotypes(ending):
    """A file of both haplotypes' genomes, A's first; none where the dataset was imported."""
    return of_reads(
        expand(
            "<results>/genomes/{cross}/{haplotype}{ending}",
            cross=CROSS,
            haplotype=HAPLOTYPES,
            ending=ending,
        )
    )


def fastq_of(wildcards):
    """The FASTQ file of a lane, or its two files of mates."""
    unit = LANES[wildcards.lane]
    return [unit[key] for key in ("fastq_1", "fastq_2") if unit[key]]


def trimmed_of(mate):
    """Give a function that lists the trimmed files of a sample's lanes for one mate."""

    def files(wildcards):
        names = [
            name for name, unit in LANES.items() if unit["sample"] == wildcards.sample
        ]
        if mate == 2 and wildcards.sample not in PAIRED:
            return []
        return [f"<results>/trimmed/{name}_R{mate}.fq.gz" for name in names]

    return files


def reads_of(wildcards, input):
    """Arguments of bowtie2 for the reads: all lanes, in the same order for both mates."""
    if wildcards.sample in PAIRED:
        return ["-1", ",".join(input.reads_1), "-2", ",".join(input.reads_2)]
    return ["-U", ",".join(input.reads_1)]


def star_reads_of(wildcards, input):
    """Values of STAR's --readFilesIn: all lanes, in the same order for both mates."""
    return [",".join(files) for files in (input.reads_1, input.reads_2) if files]


def dataset_regions(wildcards):
    """The regions of the dataset; before any job, an error where its folds cannot be made."""
    if workflow.is_main_process:
        try:
            check_folds(config)
        except InputError as error:
            raise WorkflowError(str(error)) from None
    return REGIONS


def options_of_import(wildcards):
    """What the import is told; a function, as names of arrays have braces that are no wildcards."""
    return import_options(IMPORTED)


def model_config(wildcards):
    """Settings of one model as JSON; its seeds are left out, so that a new seed retrains no other."""
    section = {
        key: value for key, value in MODELS[wildcards.model].items() if key != "seeds"
    }
    return json.dumps(section, sort_keys=True)


def training_device(wildcards, resources):
    """Options of the training's device: as many GPUs as the resource `gpu` asks for, else what there is."""
    gpus = int(resources.get("gpu", 0))
    return f"--accelerator gpu --devices {gpus}" if gpus else "--accelerator auto"


def trainings(wildcards, file):
    """A file of every fold and seed of a model."""
    return expand(
        "<results>/models/{model}/fold{fold}/seed{seed}/{file}",
        model=wildcards.model,
        fold=range(FOLDS),
        seed=MODELS[wildcards.model]["seeds"],
        file=file,
    )


def checkpoints(wildcards):
    """Checkpoints of all folds and seeds of a model."""
    return trainings(wildcards, "model.ckpt")


def training_metrics(wildcards):
    """Metrics of all folds and seeds of a model."""
    return trainings(wildcards, "metrics.json")


def search_config(wildcards):
    """Settings of one model as JSON, with the epochs of the search where it has its own."""
    section = json.loads(model_config(wildcards))
    if config["search"]["epochs"] is not None:
        section["training"]["epochs"] = config["search"]["epochs"]
    return json.dumps(section, sort_keys=True)


def search_results(wildcards):
    """Results of the search; an error where the configuration has none."""
    if SEARCHED is None:
        raise WorkflowError(
            "key 'search.model' is null: there is nothing to search; set it to the name of a model"
        )
    return expand(
        "<results>/search/{model}{ending}",
        model=SEARCHED,
        ending=[".tsv", ".best.yaml", ".svg"],
    )


def compared_of(wildcards):
    """Arguments of a comparison: both conditions with their samples."""
    (first, its_samples), (second, others) = COMPARISONS[wildcards.comparison].items()
    return [
        *(f"--first={first}", "--first-samples", *its_samples),
        *(f"--second={second}", "--second-samples", *others),
    ]
