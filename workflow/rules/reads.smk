# From the reads to the dataset.


include: "genome.smk"
include: "trim.smk"


if config["assay"] == "rna":

    include: "align_rna.smk"
    include: "junctions.smk"
    include: "genes.smk"

else:

    include: "align_dna.smk"


include: "allele.smk"
include: "peaks.smk"
include: "tracks.smk"
include: "quality.smk"


if config["assay"] == "scatac":

    include: "single_cell.smk"


include: "dataset.smk"
