"""Everything a simulation can be told, with defaults and help texts in one place."""

import argparse
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any

from deepallele.errors import InputError


def _option(default: Any, text: str) -> Any:
    return field(default=default, metadata={"help": text})


ASSAYS = ("atac", "chip")
LAYOUTS = ("paired", "single")
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

    assay: str = _option("atac", "kind of reads: atac or chip (with an input control)")
    layout: str = _option(
        "paired", "paired or single: ends of the fragments that are read (single: chip only)"
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

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises
        ------
        InputError
            If a value is out of its range.
        """
        _check(self.assay in ASSAYS, "assay", self.assay, f"give {' or '.join(ASSAYS)}")
        layouts = LAYOUTS if self.assay == "chip" else LAYOUTS[:1]
        _check(self.layout in layouts, "layout", self.layout, f"with this assay give {' or '.join(layouts)}")
        _check(self.control_pairs >= 0, "control_pairs", self.control_pairs, "give 0 or more")
        for name in ("chromosomes", "regions_per_chromosome", "samples", "pairs"):
            _check(getattr(self, name) >= 1, name, getattr(self, name), "give at least 1")
        _check(
            self.spacing >= 1200, "spacing", self.spacing, "give at least 1200, so that regions stay apart"
        )
        _check(30 <= self.read_length <= 300, "read_length", self.read_length, "give 30 to 300")
        _check(1e-4 <= self.error_rate <= 0.1, "error_rate", self.error_rate, "give 0.0001 to 0.1")
        _check(self.blacklist_loci >= 0, "blacklist_loci", self.blacklist_loci, "give 0 or more")
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

    def sample_names(self) -> list[str]:
        """Names of the samples: rep1, rep2, ..."""
        return [f"rep{i + 1}" for i in range(self.samples)]


def _check(good: bool, name: str, value: Any, mend: str) -> None:
    if not good:
        raise InputError(f"--{name.replace('_', '-')} {value}: out of range; {mend}")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add one command line option per field of `Settings`."""
    for option in fields(Settings):
        _add(parser, option)


def _add(parser: argparse.ArgumentParser, option: Field[Any]) -> None:
    shown = f"{option.default:.4g}" if isinstance(option.default, float) else str(option.default)
    parser.add_argument(
        "--" + option.name.replace("_", "-"),
        type=type(option.default),
        default=option.default,
        help=f"{option.metadata['help']} (default: {shown})",
    )


def settings_from(arguments: argparse.Namespace) -> Settings:
    """Settings from parsed command line arguments.

    Raises
    ------
    InputError
        If a value is out of its range.
    """
    return Settings(**{option.name: getattr(arguments, option.name) for option in fields(Settings)})


class Paths:
    """Files of a simulation under one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.fasta = folder / "genome.fa"
        self.vcf = folder / "variants.vcf.gz"
        self.blacklist = folder / "blacklist.bed"
        self.samples = folder / "samples.tsv"
        self.reads = folder / "truth" / "reads.tsv.gz"
        self.regions = folder / "truth" / "regions.tsv"
        self.variants = folder / "truth" / "variants.tsv"
        self.motifs = folder / "truth" / "motifs.tsv"
        self.motif_summary = folder / "truth" / "motif_summary.tsv"
        self.settings = folder / "truth" / "settings.json"

    def fastq(self, sample: str, unit: int, mate: int) -> Path:
        """FASTQ of one sample, unit (1 or 2) and mate (1 or 2)."""
        lane = "" if unit == 1 else f"_lane{unit}"
        return self.folder / "reads" / f"{sample}{lane}_R{mate}.fq.gz"
