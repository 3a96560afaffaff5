"""The simulated VCF: the variants of the strain, and records that must not be applied to its genome."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepallele.simulate.genome import Genome, decode
from deepallele.simulate.variants import Variants

# Records that leave the strain's genome as it is, each with its FILTER and the strain's genotype.
TRAPS = {
    "not_pass": ("LowQual", "1/1"),
    "heterozygous": ("PASS", "0/1"),
    "two_alternatives": ("PASS", "1/2"),
    "missing": ("PASS", "./."),
    "reference": ("PASS", "0/0"),
    "symbolic": ("PASS", "1/1"),
    "overlapping": ("PASS", "1/1"),
}
_TRAP_SPACING = 5000
_FREE = 30
_MULTIALLELIC_SHARE = 0.04
_PHASED_SHARE = 0.1


class Record(NamedTuple):
    """One VCF line: global 0-based position, alleles, FILTER, INFO, genotypes of both strains."""

    pos: int
    ref: str
    alt: str
    filter: str
    info: str
    strain: str
    other: str


def make_records(rng: np.random.Generator, genome: Genome, variants: Variants) -> list[Record]:
    """All lines of the VCF, sorted: every variant of the strain plus records of each trap."""
    return sorted(
        _applied(rng, genome, variants) + _traps(rng, genome, variants), key=lambda record: record.pos
    )


def _applied(rng: np.random.Generator, genome: Genome, variants: Variants) -> list[Record]:
    phased = rng.random(len(variants)) < _PHASED_SHARE
    several = rng.random(len(variants)) < _MULTIALLELIC_SHARE
    other = rng.choice(np.array(["0/0", "0/0", "1/1", "0/1", "./."]), len(variants))
    turn = rng.random(len(variants))
    records = []
    for row in range(len(variants)):
        pos, length = int(variants.pos[row]), int(variants.ref_length[row])
        ref, alt = decode(genome.codes[pos : pos + length]).decode(), decode(variants.allele(row)).decode()
        genotype, mate = ("1|1" if phased[row] else "1/1"), str(other[row])
        if several[row] and len(ref) == 1 and len(alt) == 1:
            extra = [base for base in "ACGT" if base not in (ref, alt)][int(turn[row] < 0.5)]
            if turn[row] < 0.6:
                alt, genotype, mate = f"{extra},{alt}", "2/2", "1/1"
            else:
                alt, mate = f"{alt},{extra}", "2/2"
        records.append(Record(pos, ref, alt, "PASS", ".", genotype, mate))
    return records


def _traps(rng: np.random.Generator, genome: Genome, variants: Variants) -> list[Record]:
    """Records that must not be applied, at free places; the overlapping ones lie inside applied deletions."""
    kinds = [kind for kind in TRAPS if kind != "overlapping"]
    free = _free_places(rng, genome, variants)
    records = []
    for index, pos in enumerate(free):
        turn, which = divmod(index, len(kinds))
        kind = kinds[which]
        label, genotype = TRAPS[kind]
        ref = decode(genome.codes[pos : pos + 1]).decode()
        first, second = rng.permutation([base for base in "ACGT" if base != ref])[:2]
        alt, info, other = str(first), ".", "1/1"
        if kind == "symbolic":
            alt, info = "<DEL>", f"SVTYPE=DEL;END={int(genome.local(np.array(pos))) + 1 + 15}"
        elif kind == "two_alternatives":
            alt = f"{first},{second}"
        elif kind == "reference" and turn % 2:
            alt, other = f"{first},{second}", "2/2"
        elif turn % 3 == 0:
            alt = ref + "".join(rng.choice(list("ACGT"), 3))
        records.append(Record(int(pos), ref, alt, label, info, genotype, other))
    return records + _inside_deletions(rng, genome, variants)


def _free_places(rng: np.random.Generator, genome: Genome, variants: Variants) -> NDArray[np.int64]:
    """Sorted places at least 30 bases from every variant, from N, and from each other."""
    blocked = np.zeros(len(genome.codes), dtype=bool)
    for shift in range(-_FREE, _FREE + 1):
        blocked[np.clip(variants.pos + shift, 0, len(blocked) - 1)] = True
        blocked[np.clip(variants.pos + variants.ref_length + shift, 0, len(blocked) - 1)] = True
    blocked[genome.codes == 4] = True
    blocked[genome.offset[-2] :] = True
    count = max(6 * len(TRAPS), int(genome.offset[-2]) // _TRAP_SPACING)
    places = np.unique(rng.integers(100, genome.offset[-2] - 100, 2 * count))
    places = places[~blocked[places]]
    apart = places[np.concatenate([[True], np.diff(places) > 2 * _FREE])]
    return np.sort(rng.permutation(apart)[:count])


def _inside_deletions(rng: np.random.Generator, genome: Genome, variants: Variants) -> list[Record]:
    """Single-base records in the second half of applied deletions of at least three bases."""
    rows = np.flatnonzero((variants.ref_length >= 4) & (variants.alt_length == 1))
    rows = np.sort(rng.permutation(rows)[: max(6, len(rows) // 20)])
    label, genotype = TRAPS["overlapping"]
    records = []
    for row in rows:
        pos = int(variants.pos[row] + variants.ref_length[row] - 1)
        ref = decode(genome.codes[pos : pos + 1]).decode()
        alt = str(rng.choice([base for base in "ACGT" if base != ref]))
        records.append(Record(pos, ref, alt, label, ".", genotype, "0/0"))
    return records


def vcf_text(genome: Genome, records: list[Record], strain: str, other: str) -> str:
    """The whole VCF."""
    header = ["##fileformat=VCFv4.2", '##FILTER=<ID=PASS,Description="All filters passed">']
    header.append('##FILTER=<ID=LowQual,Description="Low quality">')
    header.append('##INFO=<ID=SVTYPE,Number=1,Type=String,Description="Type of structural variant">')
    header.append('##INFO=<ID=END,Number=1,Type=Integer,Description="End of the variant">')
    header.append('##ALT=<ID=DEL,Description="Deletion">')
    header.append('##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">')
    lengths = np.diff(genome.offset)
    header += [
        f"##contig=<ID={name},length={size}>" for name, size in zip(genome.names, lengths, strict=True)
    ]
    header.append(
        "\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", strain, other])
    )
    places = np.array([record.pos for record in records], dtype=np.int64)
    contigs, local = genome.contig_of(places), genome.local(places) + 1
    body = [
        f"{genome.names[contig]}\t{pos}\t.\t{r.ref}\t{r.alt}\t.\t{r.filter}\t{r.info}\tGT\t{r.strain}\t{r.other}"
        for contig, pos, r in zip(contigs.tolist(), local.tolist(), records, strict=True)
    ]
    return "\n".join(header + body) + "\n"
