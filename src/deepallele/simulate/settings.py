"""Everything a simulation can be told, with defaults and help texts in one place."""

import re
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from deepallele.errors import InputError


def _option(default: Any, text: str, assay: str = "") -> Any:
    """One option; `assay` names the only assay that has it."""
    return field(default=default, metadata={"help": text, "assay": assay})


ASSAYS = ("atac", "chip", "rna", "scatac")
LAYOUTS = ("paired", "single")
_SINGLE_END = ("chip", "rna")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
# Neighbouring genes must not meet.
_MIN_SPACING = {"rna": 2000}
# JASPAR matrix = log2 activity that one fully bound site adds. The matrices are unlike each other and have
# few look-alikes in JASPAR 2020, so that a motif search can name them; GFI1 is a repressor.
DEFAULT_MOTIFS = (
    "MA0139.1=1.6,MA0080.5=1.4,MA0002.2=1.2,MA0506.1=1.4,MA0095.2=1.5,"
    "MA0060.3=1.6,MA0809.2=1.6,MA0046.2=1.3,MA0154.4=1.3,MA0038.2=-1.5"
)


@dataclass(frozen=True)
class Settings:
    """Options of one simulation; each field is the command line option of the same name.

    Lengths are in base pairs, rates per base pair, shares between 0 and 1, strengths in log2 activity.
    """

    assay: str = _option(
        "atac", "kind of reads: atac, chip (with an input control), rna or scatac (single-cell ATAC-seq)"
    )
    layout: str = _option(
        "paired", "paired or single: ends of the fragments that are read (single: chip and rna only)"
    )
    seed: int = _option(1, "seed of every random choice: the same seed and options give the same bytes")
    reference_name: str = _option("REF", "name of haplotype A, whose genome is the reference FASTA")
    strain: str = _option("ALT", "name of haplotype B: the VCF sample whose variants make the second genome")
    other_strain: str = _option("OTHER", "name of the unrelated second sample of the VCF")
    chromosomes: int = _option(12, "number of chromosomes (chr1, chr2, ...; chrM comes on top)")
    regions_per_chromosome: int = _option(300, "regulatory regions on each chromosome")
    spacing: int = _option(4000, "mean distance between neighbouring regions in base pairs")
    snp_rate: float = _option(1 / 150, "random single-base variants per base pair")
    indel_rate: float = _option(1 / 1500, "random insertions and deletions (1 to 20 bases) per base pair")
    site_variant_share: float = _option(0.2, "share of planted sites that a variant breaks or makes")
    motifs: str = _option(
        DEFAULT_MOTIFS, "JASPAR 2020 matrices and log2 strengths: ID=STRENGTH,ID=STRENGTH,..."
    )
    cooperative: str = _option(
        "MA0080.5,MA0002.2=0.8",
        "two of the motifs, and the log2 activity a neighbouring pair adds: ID,ID=STRENGTH",
    )
    shared_sd: float = _option(
        1.0, "standard deviation (log2) of the regional level that sequence does not explain"
    )
    samples: int = _option(2, "number of samples (replicates)")
    pairs: int = _option(800_000, "read pairs over all samples but the control, duplicates included")
    control_pairs: int = _option(0, "read pairs of the control of chip samples; 0: as many as a sample has")
    read_length: int = _option(50, "length of each mate in bases")
    error_rate: float = _option(0.005, "mean probability of a base error; the qualities follow it")
    duplicate_share: float = _option(0.08, "share of the pairs that are PCR duplicates")
    background_share: float = _option(0.10, "share of the fragments that lie anywhere in the genome")
    mito_share: float = _option(0.02, "share of the fragments that come from chrM")
    blacklist_loci: int = _option(
        4, "loci of very high coverage, listed in blacklist.bed (at most one per chromosome)"
    )
    blacklist_share: float = _option(0.03, "share of the fragments that pile up in these loci")
    min_expected: float = _option(60.0, "smallest number of pairs expected in a region, summed over samples")
    overdispersion: float = _option(
        0.02, "squared coefficient of variation of a region's level between samples"
    )
    second_lane_share: float = _option(
        0.1, "share of the first sample's pairs in a second lane (unit); 0: one lane"
    )
    strandness: int = _option(
        0, "strand of the library: 0 none, 1 mate 1 has the gene's strand, 2 mate 2 has it (dUTP)", "rna"
    )
    overlap_share: float = _option(
        0.3, "share of the pairs of genes that face each other whose last exons overlap", "rna"
    )
    isoform_share: float = _option(
        0.3, "share of the genes of three or more exons with a second transcript, which skips an exon", "rna"
    )
    unlisted_share: float = _option(0.5, "share of the second transcripts that the GTF lacks", "rna")
    unspliced_share: float = _option(
        0.05, "share of a gene's fragments that come from its unspliced transcript", "rna"
    )
    cell_types: str = _option("lymphoid,myeloid", "names of the cell types: NAME,NAME,...", "scatac")
    type_motif_share: float = _option(
        0.5, "share of the motifs that act in one cell type only; the others act in all", "scatac"
    )
    cells: int = _option(400, "cells over all samples, the same number of each type", "scatac")
    cell_sd: float = _option(
        0.5, "standard deviation of the natural logarithm of a cell's number of fragments", "scatac"
    )
    empty_droplets: int = _option(1000, "droplets over all samples that hold no cell", "scatac")
    ambient_share: float = _option(0.03, "share of the fragments that lie in empty droplets", "scatac")
    unused_barcodes: int = _option(1000, "barcodes of the whitelist that no read has", "scatac")

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises
        ------
        InputError
            If a value is out of its range.
        """
        _check(self.assay in ASSAYS, "assay", self.assay, f"give {' or '.join(ASSAYS)}")
        self._check_others()
        layouts = LAYOUTS if self.assay in _SINGLE_END else LAYOUTS[:1]
        _check(self.layout in layouts, "layout", self.layout, f"with this assay give {' or '.join(layouts)}")
        for name in ("control_pairs", "blacklist_loci", "empty_droplets", "unused_barcodes", "cell_sd"):
            _check(getattr(self, name) >= 0, name, getattr(self, name), "give 0 or more")
        for name in ("chromosomes", "regions_per_chromosome", "samples", "pairs"):
            _check(getattr(self, name) >= 1, name, getattr(self, name), "give at least 1")
        least = _MIN_SPACING.get(self.assay, 1200)
        _check(
            self.spacing >= least,
            "spacing",
            self.spacing,
            f"give at least {least}, so that regions stay apart",
        )
        _check(30 <= self.read_length <= 300, "read_length", self.read_length, "give 30 to 300")
        _check(1e-4 <= self.error_rate <= 0.1, "error_rate", self.error_rate, "give 0.0001 to 0.1")
        for name in (f.name for f in fields(self) if f.name.endswith("share")):
            _check(0 <= getattr(self, name) < 1, name, getattr(self, name), "give a share from 0 to below 1")
        spent = self.background_share + self.mito_share + self.blacklist_share
        _check(
            spent <= 0.9, "background_share", spent, "leave at least a tenth of the fragments for the regions"
        )
        for name in ("snp_rate", "indel_rate"):
            _check(0 <= getattr(self, name) <= 0.05, name, getattr(self, name), "give at most 0.05")
        _check(
            len({self.reference_name, self.strain, self.other_strain}) == 3,
            "strain",
            self.strain,
            "the three strain names must differ",
        )
        for name in ("reference_name", "strain", "other_strain"):
            value = getattr(self, name)
            _check(
                bool(value) and not set(value) & set(" \t:@/"),
                name,
                value,
                "leave out spaces and the signs : @ /",
            )
        _check(self.strandness in (0, 1, 2), "strandness", self.strandness, "give 0, 1 or 2")
        if self.assay == "scatac":
            self._check_cells()

    def _check_others(self) -> None:
        """Refuse options of another assay."""
        for option in fields(self):
            name, assay = option.name, option.metadata["assay"]
            if assay not in ("", self.assay) and getattr(self, name) != option.default:
                raise InputError(
                    f"--{name.replace('_', '-')} {getattr(self, name)}: an option of --assay {assay}, "
                    f"not of {self.assay}; leave it out"
                )

    def _check_cells(self) -> None:
        names = self.type_names()
        good = len(names) > 1 and len(set(names)) == len(names) and all(map(_NAME.fullmatch, names))
        _check(
            good,
            "cell_types",
            self.cell_types,
            "give two or more different names of letters, digits, _ and -",
        )
        least = self.samples * len(names)
        _check(
            self.cells >= least, "cells", self.cells, f"give at least {least}, one of each type per sample"
        )
        few = self.ambient_share > 0 and self.empty_droplets < self.samples
        _check(not few, "empty_droplets", self.empty_droplets, "give one per sample, or --ambient-share 0")

    def type_names(self) -> list[str]:
        """Names of the cell types."""
        return [name.strip() for name in self.cell_types.split(",")]

    @property
    def mates(self) -> int:
        """Number of ends of each fragment that are read."""
        return 1 if self.layout == "single" else 2

    def written(self) -> dict[str, Any]:
        """The options that this assay has."""
        return {
            option.name: getattr(self, option.name)
            for option in fields(self)
            if option.metadata["assay"] in ("", self.assay)
        }

    def sample_names(self) -> list[str]:
        """Names of the samples: rep1, rep2, ..."""
        return [f"rep{i + 1}" for i in range(self.samples)]


def _check(good: bool, name: str, value: Any, mend: str) -> None:
    if not good:
        raise InputError(f"--{name.replace('_', '-')} {value}: out of range; {mend}")


class Paths:
    """Files of a simulation under one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.fasta = folder / "genome.fa"
        self.vcf = folder / "variants.vcf.gz"
        self.blacklist = folder / "blacklist.bed"
        self.samples = folder / "samples.tsv"
        self.gtf = folder / "genes.gtf.gz"
        self.whitelist = folder / "whitelist.txt"
        self.cell_types = folder / "cell_types.tsv"
        self.reads = folder / "truth" / "reads.tsv.gz"
        self.regions = folder / "truth" / "regions.tsv"
        self.variants = folder / "truth" / "variants.tsv"
        self.motifs = folder / "truth" / "motifs.tsv"
        self.motif_summary = folder / "truth" / "motif_summary.tsv"
        self.settings = folder / "truth" / "settings.json"
        self.genes = folder / "truth" / "genes.tsv"
        self.junctions = folder / "truth" / "junctions.tsv"
        self.cells = folder / "truth" / "cells.tsv"

    def fastq(self, sample: str, unit: int, mate: int) -> Path:
        """FASTQ of one sample, unit (1 or 2) and mate (1 or 2)."""
        lane = "" if unit == 1 else f"_lane{unit}"
        return self.folder / "reads" / f"{sample}{lane}_R{mate}.fq.gz"
