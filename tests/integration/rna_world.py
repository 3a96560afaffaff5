"""A small genome with spliced genes, its second haplotype, and RNA-seq pairs whose origin is known."""

import gzip
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from deepallele.simulate.reads import quality_templates

BASES = np.frombuffer(b"ACGT", dtype=np.uint8)
COMPLEMENT = np.zeros(256, dtype=np.uint8)
COMPLEMENT[BASES] = BASES[::-1]
READ, ERROR_RATE = 75, 0.005
GENES_PER_CONTIG = {"chr1": 18, "chr2": 12}
HIDDEN = 5  # genes of each contig that the GTF lacks
LONG = 21  # deletions from here on could pass for introns


@dataclass
class Contig:
    """One contig: both haplotypes, and for each base of B its base of the reference (-1: inserted)."""

    name: str
    reference: np.ndarray
    exons: list[list[tuple[int, int]]]
    reverse: list[bool]
    variants: list[tuple[int, str, str]]
    second: np.ndarray
    origin: np.ndarray
    exonic: np.ndarray  # int64, per base of B: number of the exon that holds it, or -1
    variable: np.ndarray  # int8, per base of B: 1 differs from A here or behind here, 2 by a long indel

    def junctions(self) -> tuple[set[tuple[int, int]], set[tuple[int, int]]]:
        """Introns (0-based half-open) of the GTF, and the others."""
        told, new = set(), set()
        for number, gene in enumerate(self.exons):
            chain = {(one[1], two[0]) for one, two in pairwise(gene)}
            (told if number < len(self.exons) - HIDDEN else new).update(chain)
            new.add((gene[0][1], gene[2][0]))
        return told, new


@dataclass
class Pairs:
    """Reads (n, 2, 75), where they come from, and what they cover."""

    bases: np.ndarray
    quality: np.ndarray
    haplotype: np.ndarray  # 0, 1; -1 for random sequence
    contig: np.ndarray
    gene: np.ndarray
    reference: np.ndarray  # int64 (n, 2, 75): base of the reference, -1 where there is none; mates from left
    left_first: np.ndarray  # bool: the left mate is mate 1
    crosses: np.ndarray  # bool: a mate spans a junction
    covers: np.ndarray  # bool: a mate holds a base that tells the haplotypes apart
    only_long: np.ndarray  # bool: and all such bases are those of long indels


def text(codes: np.ndarray) -> str:
    return codes.tobytes().decode()


def make_contig(name: str, genes: int, rng: np.random.Generator) -> Contig:
    exons, reverse, place = [], [], 400
    for _ in range(genes):
        number = int(rng.integers(3, 7))
        widths = rng.integers(60, 300, number)
        introns = np.exp(rng.uniform(np.log(100), np.log(3000), number)).astype(int)
        starts = place + np.concatenate([[0], np.cumsum(widths[:-1] + introns[:-1])])
        exons.append([(int(s), int(s + w)) for s, w in zip(starts, widths, strict=True)])
        reverse.append(bool(rng.random() < 0.5))
        place = exons[-1][-1][1] + 300
    reference = BASES[rng.integers(0, 4, place + 400)]
    protected = np.zeros(len(reference), dtype=bool)
    for gene, minus in zip(exons, reverse, strict=True):
        for (_, end), (start, _) in pairwise(gene):
            donor, acceptor = (b"CT", b"AC") if minus else (b"GT", b"AG")
            reference[end : end + 2] = np.frombuffer(donor, dtype=np.uint8)
            reference[start - 2 : start] = np.frombuffer(acceptor, dtype=np.uint8)
            protected[end - 1 : end + 2] = protected[start - 3 : start + 1] = True
    variants = draw_variants(reference, protected, rng)
    number = np.full(len(reference) + 1, -1)
    for index, (start, end) in enumerate(exon for gene in exons for exon in gene):
        number[start:end] = index
    return Contig(name, reference, exons, reverse, variants, *apply(reference, number, variants))


def draw_variants(
    reference: np.ndarray, protected: np.ndarray, rng: np.random.Generator
) -> list[tuple[int, str, str]]:
    """SNPs 1/150, indels 1/1000 up to 15 bases (some: 25 to 40), away from splice motifs and each other."""
    chosen, free = [], ~protected
    for _ in range(len(reference) // 150 + len(reference) // 1000):
        indel = rng.random() < 150 / 1150
        long = rng.random() < 0.3
        length = int(rng.integers(25, 41) if long else rng.integers(1, 16)) if indel else 0
        deletion = indel and rng.random() < 0.5
        span = 1 + length * deletion
        start = int(rng.integers(50, len(reference) - 70))
        if not free[start - 1 : start + span + 1].all():
            continue
        free[start - 1 : start + span + 1] = False
        ref = text(reference[start : start + span])
        if deletion:
            alt = ref[0]
        elif indel:
            alt = ref + text(BASES[rng.integers(0, 4, length)])
        else:
            alt = text(rng.choice(BASES[reference[start] != BASES], 1))
        chosen.append((start, ref, alt))
    return sorted(chosen)


def apply(reference: np.ndarray, number: np.ndarray, variants: list[tuple[int, str, str]]) -> tuple:
    """Make B base by base, with the origin, the exon and the variability of each base."""
    pieces, origins, variable, done = [], [], [], 0
    for start, ref, alt in variants:
        anchor = int(len(ref) != len(alt))
        begin, end, new = start + anchor, start + len(ref), alt[anchor:]
        pieces += [reference[done:begin], np.frombuffer(new.encode(), dtype=np.uint8)]
        same = len(new) == end - begin
        origins += [np.arange(done, begin), np.arange(begin, end) if same else np.full(len(new), -1)]
        kind = kind_of(ref, alt)
        before = np.zeros(begin - done, dtype=np.int8)
        before[-1:] = 0 if new else kind
        variable += [before, np.full(len(new), kind, dtype=np.int8)]
        done = end
    pieces.append(reference[done:])
    origins.append(np.arange(done, len(reference)))
    variable.append(np.zeros(len(reference) - done, dtype=np.int8))
    origin = np.concatenate(origins)
    # An inserted base is part of an exon where the bases on both sides are.
    known = origin >= 0
    before = origin[np.maximum.accumulate(np.where(known, np.arange(len(origin)), 0))]
    following = np.where(known, np.arange(len(origin)), len(origin) - 1)
    after = origin[np.minimum.accumulate(following[::-1])[::-1]]
    exonic = np.where(number[before] == number[after], number[before], -1)
    return np.concatenate(pieces), origin, exonic, np.concatenate(variable)


@dataclass
class Expression:
    """Expression of each gene (mean 1) and its log2(A/B), in the order of the contigs and their genes."""

    gene: list[str]
    level: np.ndarray
    log_ratio: np.ndarray


def draw_expression(contigs: list[Contig], rng: np.random.Generator) -> Expression:
    """Draw levels of a fourfold range; every third gene is balanced."""
    genes = [f"{contig.name}.g{number}" for contig in contigs for number in range(len(contig.exons))]
    level = np.exp2(rng.uniform(-1, 1, len(genes)))
    log_ratio = rng.normal(0, 1.2, len(genes))
    log_ratio[::3] = 0
    return Expression(genes, level / level.mean(), log_ratio)


def draw_pairs(
    contigs: list[Contig],
    number: int,
    rng: np.random.Generator,
    expression: Expression,
    skipping: float = 0.15,
) -> Pairs:
    """Draw pairs from both haplotypes of all genes; some transcripts skip the second exon."""
    parts = []
    templates = quality_templates(rng, READ, ERROR_RATE)
    genes = [(c, g) for c, contig in enumerate(contigs) for g in range(len(contig.exons))]
    for index, (c, g) in enumerate(genes):
        contig = contigs[c]
        share_of_a = 1 / (1 + np.exp2(-expression.log_ratio[index]))
        expected = number / len(genes) * expression.level[index] * np.array([share_of_a, 1 - share_of_a])
        first = sum(len(gene) for gene in contig.exons[:g])
        all_exons = np.arange(first, first + len(contig.exons[g]))
        for haplotype in (0, 1):
            for exons, share in ((all_exons, 1 - skipping), (np.delete(all_exons, 1), skipping)):
                count = rng.poisson(expected[haplotype] * share)
                parts.append(draw_from(contig, c, g, haplotype, exons, count, templates, rng))
    pairs = Pairs(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    order = rng.permutation(len(pairs.haplotype))
    return Pairs(*(value[order] for value in vars(pairs).values()))


def draw_from(
    contig: Contig,
    c: int,
    g: int,
    haplotype: int,
    exons: np.ndarray,
    count: int,
    templates: np.ndarray,
    rng: np.random.Generator,
) -> tuple:
    if haplotype:
        place = np.flatnonzero(np.isin(contig.exonic, exons))
        bases, reference, tells = contig.second[place], contig.origin[place], contig.variable[place]
    else:
        spans = [exon for gene in contig.exons for exon in gene]
        reference = np.concatenate([np.arange(*spans[exon]) for exon in exons])
        bases, tells = contig.reference[reference], told_by_a(contig)[reference]
    exon = np.concatenate([[0], np.cumsum(np.diff(reference[reference >= 0]) > 60)])
    exon_of = np.zeros(len(reference), dtype=np.int64)
    exon_of[reference >= 0] = exon
    exon_of = np.maximum.accumulate(exon_of)
    length = np.clip(rng.normal(180, 40, count).astype(int), READ, min(320, len(reference)))
    start = (rng.random(count) * (len(reference) - length + 1)).astype(int)
    left = start[:, None] + np.arange(READ)
    right = (start + length - READ)[:, None] + np.arange(READ)
    both = np.stack([left, right], axis=1)
    quality = templates[rng.integers(0, len(templates), (count, 2))]
    # The right mate is read from right to left.
    quality[:, 1] = quality[:, 1, ::-1]
    read = bases[both]
    wrong = rng.random(both.shape) < 10 ** (-quality.astype(float) / 10)
    code = np.searchsorted(BASES, read[wrong])
    read[wrong] = BASES[(code + rng.integers(1, 4, len(code))) % 4]
    crosses = (exon_of[both[..., 0]] != exon_of[both[..., -1]]).any(axis=1)
    return (
        read,
        quality,
        np.full(count, haplotype),
        np.full(count, c),
        np.full(count, g),
        reference[both],
        rng.random(count) < 0.5,
        crosses,
        (tells[both] > 0).any(axis=(1, 2)),
        (tells[both] == 2).any(axis=(1, 2)) & ~(tells[both] == 1).any(axis=(1, 2)),
    )


def told_by_a(contig: Contig) -> np.ndarray:
    """Kind of the variant at each base of A that B lacks, and at the base before an insertion; else 0."""
    tells = np.zeros(len(contig.reference), dtype=np.int8)
    for start, ref, alt in contig.variants:
        anchor = int(len(ref) > len(alt))
        tells[start + anchor : start + len(ref)] = kind_of(ref, alt)
    return tells


def kind_of(ref: str, alt: str) -> int:
    """2 for long indels, 1 for other variants."""
    return 2 if abs(len(ref) - len(alt)) >= LONG else 1


def add_junk(pairs: Pairs, share: float, rng: np.random.Generator) -> None:
    """Turn some mates (half of them: both mates) into random sequence."""
    hit = np.flatnonzero(rng.random(len(pairs.haplotype)) < share)
    for index in hit:
        mates = [0, 1] if rng.random() < 0.5 else [int(rng.integers(2))]
        pairs.bases[index, mates] = BASES[rng.integers(0, 4, (len(mates), READ))]
    pairs.haplotype[hit] = -1


def write_fastq(pairs: Pairs, paths: list[Path], lane: slice = slice(None)) -> None:
    """Write mates 1 and 2; only mate 1 where one path is given. Names are the indices."""
    quality = pairs.quality + np.uint8(33)
    texts: list[list[bytes]] = [[] for _ in paths]
    for index in range(len(pairs.haplotype))[lane]:
        mates = [
            (pairs.bases[index, 0].tobytes(), quality[index, 0].tobytes()),
            (COMPLEMENT[pairs.bases[index, 1]][::-1].tobytes(), quality[index, 1][::-1].tobytes()),
        ]
        if not pairs.left_first[index]:
            mates.reverse()
        for lines, (bases, calls) in zip(texts, mates, strict=False):
            lines.append(b"@r%d\n%s\n+\n%s\n" % (index, bases, calls))
    for path, lines in zip(paths, texts, strict=True):
        path.write_bytes(gzip.compress(b"".join(lines), compresslevel=1))


def write_inputs(contigs: list[Contig], folder: Path) -> None:
    """Write genome.fa, variants.vcf and genes.gtf.gz."""
    with (folder / "genome.fa").open("w") as file:
        for contig in contigs:
            file.write(f">{contig.name} made\n{text(contig.reference)}\n")
    lines = ["##fileformat=VCFv4.2", *(f"##contig=<ID={contig.name}>" for contig in contigs)]
    lines.append('##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">')
    lines.append("\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", "ALT"]))
    for contig in contigs:
        for start, ref, alt in contig.variants:
            lines.append(f"{contig.name}\t{start + 1}\t.\t{ref}\t{alt}\t.\tPASS\t.\tGT\t1/1")
    (folder / "variants.vcf").write_text("\n".join(lines) + "\n")
    rows = ["#!made for a test"]
    for contig in contigs:
        for number, exons in enumerate(contig.exons[:-HIDDEN]):
            strand = "-" if contig.reverse[number] else "+"
            gene = f'gene_id "{contig.name}.g{number}";'
            features = [("gene", exons[0][0], exons[-1][1], gene)]
            told = f'{gene} transcript_id "{contig.name}.g{number}.t1";'
            features += [("exon", start, end, told) for start, end in exons]
            for feature, start, end, told in features:
                rows.append(f"{contig.name}\tmade\t{feature}\t{start + 1}\t{end}\t.\t{strand}\t.\t{told}")
    rows.append('elsewhere\tmade\tgene\t1\t50\t.\t+\t.\tgene_id "g";')
    with gzip.open(folder / "genes.gtf.gz", "wt") as file:
        file.write("\n".join(rows) + "\n")
